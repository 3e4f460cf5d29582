"""The whole site: what is in it, what it says when something is missing, its size, and that names stay names."""

import json
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evalkit.report.build import Options
from evalkit.report.collect import collect, slug
from evalkit.report.write import write_report
from evalkit.types import Clip, Pair
from tests.fakes import edit_record
from tests.report.conftest import PEOPLE, small_protocol, synthetic_pairs, write_run

EVIL = '"><script>window.pwned = 1</script><img src=x onerror="window.pwned = 2">'


def build(runs, out, **options):
    told = []
    written = write_report(collect(runs), out, Options(**options), lambda pair, became: told.append((pair, became)))
    return written, told


def received(path: Path):
    """The content of a data file."""
    return json.loads(path.read_text().partition(",")[2].removesuffix(");\n"))


def pair_data(site: Path, name: str):
    return received(site / "data" / "pair" / f"{slug(name)}.js")


class Page(HTMLParser):
    """Scripts with code of their own, event handlers, and every address a page mentions."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.inline, self.handlers, self.scripts, self.addresses, self.text = [], [], [], [], []
        self._open = None
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self._open = tag
        self.handlers += [name for name in found if name.startswith("on")]
        self.addresses += [found[name] for name in ("src", "href") if found.get(name)]
        if tag == "script":
            self.scripts.append(found.get("src"))

    def handle_data(self, data):
        (self.inline if self._open == "script" and data.strip() else self.text).append(data)

    def handle_endtag(self, tag):
        self._open = None


@pytest.fixture
def runs(make_run):
    return [
        make_run("plain"),
        make_run("second", level=130, quality=0.2, failed={"anna_take": "raised: no"}, faceless={"bert_take": [2, 3]}),
    ]


def test_every_pair_has_a_page_and_data_and_pages_lead_to_each_other(runs, tmp_path):
    written, told = build(runs, tmp_path / "site")
    assert (written.methods, written.pairs, written.without_video) == (2, 3, {})
    assert sorted(told) == [(f"{person}_take", "done") for person in PEOPLE]
    names = {
        path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*") if path.is_file()
    }
    assert {"index.html", "pairs.html", "worst.html", "failures.html", "report.json"} <= names
    for name in sorted(name for name in names if name.endswith(".html")):
        page = Page(tmp_path / "site" / name)
        for address in page.addresses:
            if not address.startswith(("#", "data:")):
                assert (tmp_path / "site" / name).parent.joinpath(address).resolve().is_file(), (name, address)


def test_the_page_of_a_pair_knows_clips_scores_and_gaps(runs, tmp_path):
    build(runs, tmp_path / "site")
    data = pair_data(tmp_path / "site", "bert_take")
    assert data["media"]["tiles"] == ["source", "driving", "0", "1"] and data["absent"] is None
    assert data["gaps"][1] == [[], [[2, 3, "no_face_generated"]]]
    assert data["values"][0][0] == pytest.approx([0.6, 0.601, 0.602, 0.603, 0.604, 0.605])
    assert data["values"][1][1][1:4] == [pytest.approx(0.301), None, None]
    failed = pair_data(tmp_path / "site", "anna_take")
    assert failed["reasons"] == [None, "raised: no"] and failed["media"]["tiles"] == ["source", "driving", "0"]
    assert failed["values"][0] == [[0.5, 0.501, 0.502, 0.503, 0.504, 0.505], None]


def test_the_table_is_in_the_page_itself(runs, tmp_path):
    build(runs, tmp_path / "site")
    text = (tmp_path / "site" / "index.html").read_text()
    for part in (
        "Small protocol",
        "Self-reenactment",
        "0.6025",
        "55.6 % covered",
        "1 clip could not be made",
        "<li>l1</li>",
    ):
        assert part in text, part


def test_without_the_data_the_page_says_so_and_the_report_is_made(runs, tmp_path, data):
    for run in runs:
        header = json.loads((run / "run.json").read_text())
        (run / "run.json").write_text(json.dumps(header | {"data": None}))
    build(runs, tmp_path / "site")
    found = pair_data(tmp_path / "site", "bert_take")
    assert found["media"]["tiles"] == ["0", "1"] and "Give --data DIR" in found["absent"]
    build(runs, tmp_path / "site", data=data)
    assert pair_data(tmp_path / "site", "bert_take")["media"]["tiles"] == ["source", "driving", "0", "1"]


def test_without_any_video_the_report_is_made(make_run, tmp_path):
    run = make_run("plain")
    shutil.rmtree(run / "generated")
    written, told = build([run], tmp_path / "site")
    found = pair_data(tmp_path / "site", "bert_take")
    assert written.without_video == {} and found["media"]["tiles"] == ["source", "driving"]
    assert "The video is missing" in found["media"]["problems"]["0"]
    header = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(header | {"data": str(tmp_path / "nowhere")}))
    written, told = build([run], tmp_path / "site")
    assert set(written.without_video) == {f"{person}_take" for person in PEOPLE}
    assert {became for _, became in told} == {"failed"}
    assert "no such folder" in pair_data(tmp_path / "site", "bert_take")["absent"]


@pytest.mark.parametrize(("media", "videos"), [("none", 0), ("worst", 1), ("all", 3)])
def test_videos_only_where_they_are_wanted(make_run, tmp_path, media, videos):
    protocol = small_protocol(metrics=["l1"])
    build([make_run("plain", protocol=protocol)], tmp_path / "site", media=media, worst=1)
    assert len(list((tmp_path / "site").glob("media/*.mp4"))) == videos
    reason = pair_data(tmp_path / "site", "anna_take")["media"].get("reason", "")
    assert reason == "" if media == "all" else f"--media {media}" in reason


def test_another_report_in_the_folder_leaves_no_trace_of_the_first(runs, tmp_path):
    build(runs, tmp_path / "site")
    first = set((tmp_path / "site" / "media").iterdir())
    build(runs[:1], tmp_path / "site", media="none")
    assert first and not any(path.exists() for path in first)


def test_names_are_only_ever_text(tmp_path, data):
    clips = [Clip(f"a<b>&'\"{i}", EVIL, "clip", data / "anna" / "take.mkv") for i in range(2)]
    pairs = [Pair(clip.id, clip, (0,), clip) for clip in clips]
    protocol = small_protocol(title=EVIL, description=EVIL, assumptions=[EVIL])
    header = {"provenance": {"evalkit": EVIL, "commit": EVIL, "dirty": True}, "device": {"name": EVIL}}
    run = write_run(
        tmp_path / "run",
        pairs,
        method="m",
        title=EVIL,
        protocol=protocol,
        failed={pairs[0].id: EVIL},
        header=header,
        data=data,
    )
    build([run], tmp_path / "site")
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) == 6
    for path in pages:
        page = Page(path)
        assert page.inline == [] and page.handlers == [], path
        assert all(source and "pwned" not in source for source in page.scripts)
        assert not any("pwned" in address for address in page.addresses)
        assert EVIL in "".join(page.text) or path.name in ("pairs.html", "worst.html", "failures.html")
    for path in (tmp_path / "site" / "data").rglob("*.js"):
        assert not set("<>&") & set(path.read_text()), path
        received(path)
    assert received(tmp_path / "site" / "data" / "failures.js")[0]["reason"] == EVIL


@pytest.mark.slow
def test_forty_methods_and_five_hundred_pairs_stay_small(tmp_path):
    pairs = synthetic_pairs(500)
    protocol = small_protocol(metrics=["l1", "psnr", "csim[dlib]"])
    first = write_run(tmp_path / "m0", pairs, method="m0", protocol=protocol, clips=False)
    summary, header = (json.loads((first / name).read_text()) for name in ("summary.json", "run.json"))
    runs = [first]
    for index in range(1, 40):
        run = tmp_path / f"m{index}"
        run.mkdir()
        for name in ("pairs", "frames.parquet", "clips.parquet"):
            (run / name).symlink_to(first / name)
        title = f"A method with a long name, number {index}"
        (run / "summary.json").write_text(json.dumps(summary))
        edit_record(run / "summary.json", method=f"m{index}", title=title)
        (run / "run.json").write_text(json.dumps(header))
        runs.append(run)
    site = tmp_path / "site"
    written, _ = build(runs, site, media="none")
    assert (written.methods, written.pairs) == (40, 500)
    page = Page(site / "index.html")
    files = [site / address for address in page.addresses if address.startswith(("assets/", "data/"))]
    assert sum(path.stat().st_size for path in [site / "index.html", *files]) < 1_000_000
    assert max(path.stat().st_size for path in site.rglob("*.js")) < 1_000_000
    assert len(list(site.glob("pairs/*.html"))) == len(list(site.glob("data/pair/*.js"))) == 500


def test_groups_of_frames_have_tables_of_their_own(make_run, tmp_path):
    comparison = collect([make_run("plain"), make_run("second", quality=0.2)])
    options = Options(media="none", by=("position",))
    write_report(comparison, tmp_path / "out", options, lambda pair, became: None)
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert (
        text.count("of 18 driving frames") == 8 and "Below 25 % of the clip: 6 of 18 driving frames, 3 people" in text
    )
    # Frames 0 and 1 of three pairs: 0.5, 0.6 and 0.7, and half a thousandth.
    assert "0.6005" in text


def test_without_groups_there_is_no_section(make_run, tmp_path):
    write_report(collect([make_run("plain")]), tmp_path / "out", Options(media="none"), lambda pair, became: None)
    assert 'id="groups"' not in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
