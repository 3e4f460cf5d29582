"""The history as a page: on its own as one file, and in a report, with links between runs and verdicts."""

import re

import pytest

from evalkit.errors import RunError
from evalkit.gating import history as store
from evalkit.report.build import Options
from evalkit.report.collect import collect
from evalkit.report.history import history_page, judged_of, write_history
from evalkit.report.write import write_report
from tests.report.conftest import write_history_of
from tests.report.test_write import EVIL, Page, build, received

JUMP = [1.0, 1.01, 0.99, 1.0, 2.0, 2.01, 1.99]


@pytest.fixture
def run(make_run):
    return make_run("plain")


@pytest.fixture
def file(run, tmp_path):
    """Seven checkpoints; of the first and the fourth the numbers are those of `run`."""
    return write_history_of(tmp_path / "gate.jsonl", run, JUMP)


def test_the_page_on_its_own_is_one_file(file, tmp_path):
    path = write_history(store.read(file), file.name, tmp_path / "new" / "page")
    assert list(path.parent.iterdir()) == [path] and path.name == "index.html"
    page, text = Page(path), path.read_text()
    assert page.scripts and set(page.scripts) == {None} and page.handlers == []
    assert all(address.startswith(("#", "data:")) for address in page.addresses)
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/)", text)
    ids = set(re.findall(r' id="([^"]+)"', text))
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= ids


def test_tables_are_in_the_page_itself(file, tmp_path):
    text = write_history(store.read(file), file.name, tmp_path / "page").read_text()
    for part in (
        "gate.jsonl",
        "<b>7</b> checkpoints",
        "<b>2</b> level changes",
        "c000000004",
        ">regression<",
        "0.6025",
    ):
        assert part in text, part


def test_level_changes_are_told_newest_first(run, tmp_path):
    path = write_history_of(tmp_path / "h.jsonl", run, [1.0, 1.01, 0.99, 1.0, 2.0, 2.01, 1.99, 2.0, 0.5, 0.51, 0.49])
    changes = history_page(store.read(path), "h").context["changes"]
    l1 = [(row["name"], row["word"]) for row in changes if row["metric"] == "L1"]
    assert l1 == [("c000000008", "better"), ("c000000004", "worse")]
    csim = [row["word"] for row in changes if row["metric"] == "CSIM (dlib)"]
    assert csim == ["worse", "better"], "higher is better"


def test_data_of_a_chart(file):
    data = history_page(store.read(file), "h").data
    first = data["series"][0]
    assert (first["metric"], first["better"], len(first["points"])) == ("L1", "lower", 7)
    assert first["points"][4] == {
        "line": 4,
        "value": pytest.approx(1.205),
        "status": "worse",
        "change": [0.01, -0.02, 0.04],
    }
    assert first["changes"] == [{"index": 4, "worse": True}] and [level[:2] for level in first["levels"]] == [
        [0, 4],
        [4, 7],
    ]
    assert data["lines"][4]["outcome"] == "regression" and data["lines"][4]["run"] is None


def test_names_are_only_ever_text(run, tmp_path):
    path = write_history_of(tmp_path / "h.jsonl", run, [1.0, 1.0], title=EVIL, protocol=EVIL, commit=EVIL, time=EVIL)
    text = write_history(store.read(path), EVIL, tmp_path / "page").read_text()
    assert "<script>window" not in text and "<img" not in text and Page(tmp_path / "page" / "index.html").handlers == []
    assert text.count("</script>") == len(Page(tmp_path / "page" / "index.html").scripts)


def test_a_history_without_values_or_lines(run, tmp_path):
    path = write_history_of(tmp_path / "h.jsonl", run, [1.0], metrics={}, outcome="incomplete", pairs=None, commit=None)
    text = write_history(store.read(path), "h", tmp_path / "page").read_text()
    assert "No checkpoint has a value" in text and ">incomplete<" in text
    assert "The history is empty" in write_history([], "h", tmp_path / "page").read_text()


def test_a_file_of_any_name_is_written(file, tmp_path):
    path = write_history(store.read(file), file.name, tmp_path / "new" / "gate.html")
    assert path == tmp_path / "new" / "gate.html" and "<h1>" in path.read_text()


def test_a_report_is_not_written_over_and_a_folder_must_be_writable(file, run, tmp_path):
    build([run], tmp_path / "site", media="none")
    with pytest.raises(RunError, match=r"holds a report.*evalkit report RUN\.\.\. --history"):
        write_history(store.read(file), file.name, tmp_path / "site")
    with pytest.raises(RunError, match="cannot write the history there"):
        write_history(store.read(file), file.name, file)


def test_a_report_has_it_as_a_page_and_runs_lead_to_verdicts(file, run, make_run, tmp_path):
    other = make_run("second", level=130, quality=0.2)
    write_history_of(file, other, [1.0], protocol="elsewhere")
    build([other, run], tmp_path / "site", media="none", history=file)
    page = Page(tmp_path / "site" / "history.html")
    assert page.inline == [] and page.handlers == [] and {"assets/history.js", "data/history.js"} <= set(page.scripts)
    for html in (tmp_path / "site").rglob("*.html"):
        addresses = Page(html).addresses
        assert any(address.endswith("history.html") for address in addresses), html
        for address in addresses:
            if not address.startswith(("#", "data:")):
                assert (html.parent / address.partition("#")[0]).resolve().is_file(), (html, address)
    data = received(tmp_path / "site" / "data" / "history.js")
    assert [line["run"] for line in data["lines"]] == [1, None, None, 1, None, None, None]
    assert page.addresses.count("index.html#run-1") == 2
    assert "1 checkpoint of other protocols is not shown" in (tmp_path / "site" / "history.html").read_text()
    overview = Page(tmp_path / "site" / "index.html").addresses
    assert [a for a in overview if a.startswith("history.html#")] == ["history.html#line-0", "history.html#line-3"]


@pytest.mark.parametrize("change", [{"checkpoint_sha256": "c" * 64}, {"data_hash": "d"}, {"method": "m"}])
def test_another_checkpoint_with_the_same_numbers_is_not_the_run(run, tmp_path, change):
    path = write_history_of(tmp_path / "h.jsonl", run, [1.0], **change)
    assert history_page(store.read(path), "h", judged_of(collect([run]))).data["lines"][0]["run"] is None


def test_a_history_of_other_protocols_is_refused_before_anything_is_written(run, tmp_path):
    path = write_history_of(tmp_path / "h.jsonl", run, [1.0], protocol="elsewhere")
    with pytest.raises(RunError, match=r"no checkpoint of .*; it has elsewhere\. Leave out --history"):
        write_report(collect([run]), tmp_path / "site", Options(history=path), lambda pair, became: None)
    assert not (tmp_path / "site").exists()


def test_without_a_history_nothing_of_it_is_left(file, run, tmp_path):
    build([run], tmp_path / "site", media="none", history=file)
    build([run], tmp_path / "site", media="none")
    assert (
        not (tmp_path / "site" / "history.html").exists() and not (tmp_path / "site" / "data" / "history.js").exists()
    )
    assert "history.html" not in (tmp_path / "site" / "index.html").read_text()
