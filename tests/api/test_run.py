"""`ek.run`, `ek.score`, `ek.read_run`: what the command line does, from a program."""

import json
import logging

import numpy as np
import pytest

import evalkit as ek
from evalkit.clips import video


class Still:
    """The first source image, at every moment."""

    def animate(self, sources, driving, motion):
        for chunk in driving:
            yield np.repeat(sources[:1], len(chunk), axis=0)


def still(sources, driving, motion):
    return np.concatenate(list(Still().animate(sources, driving, motion)))


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def finished(protocol, root, out):
    return ek.run(protocol, still, data=root, out=out, workers=1)


def test_an_object_and_a_function_score_as_the_same_method_in_a_folder(finished, protocol, root, out):
    [anchor] = finished.anchors
    assert anchor.summary.method == "copy_source"
    of_object = ek.run(protocol, Still(), name="An Object", data=root, out=out, anchors=False, workers=1)
    assert (of_object.title, of_object.path.name) == ("An Object", "an_object")
    for one in (finished, of_object):
        assert {k: e.value for k, e in one.metrics.items()} == {k: e.value for k, e in anchor.metrics.items()}
        assert one.summary.complete and one.header.configuration.code_sha256.startswith("in memory")


def test_the_result_is_that_of_the_command_line(finished, protocol, root, out, tmp_path, capsys):
    from evalkit.cli.app import app

    path = tmp_path / "small_self.yaml"
    path.write_text(json.dumps(protocol.model_dump(mode="json", exclude_defaults=True)))
    arguments = ["run", "-p", path, "-M", "copy_source", "--data", root, "--out", tmp_path, "--workers", 1, "--json"]
    app([str(argument) for argument in arguments], standalone_mode=False)
    printed = json.loads(capsys.readouterr().out)
    assert printed["metrics"] == json.loads((finished.anchors[0].path / "summary.json").read_text())["metrics"]


def test_an_adapter_file_is_a_method(protocol, root, tmp_path):
    adapter = tmp_path / "code" / "my_adapter.py"
    adapter.parent.mkdir()
    adapter.write_text(
        "import numpy as np\nclass M:\n    def animate(self, sources, driving, motion):\n"
        "        for chunk in driving:\n            yield np.repeat(sources[:1], len(chunk), axis=0)\n"
        "def build(config):\n    return M()\n"
    )
    found = ek.run(protocol, adapter, data=root, out=tmp_path, anchors=False, workers=1)
    assert found.summary.method == "my_adapter" and len(found.header.configuration.code_sha256) == 64


def test_the_run_of_an_object_is_never_continued(finished, protocol, root, out):
    with pytest.raises(ek.EvalkitError, match=r"another configuration.*--tag NAME"):
        ek.run(protocol, still, data=root, out=out, anchors=False, workers=1)

    def dark(sources, driving, motion):
        return still(sources, driving, motion) // 2

    kept = ek.run(protocol, dark, name="still", tag="dark", data=root, out=out, anchors=False, workers=1)
    assert kept.path.name == "still@dark"
    anew = ek.run(
        protocol, dark, name="still", tag="dark", data=root, out=out, anchors=False, workers=1, overwrite=True
    )
    assert anew["l1"].value == kept["l1"].value > finished["l1"].value


def test_a_run_in_three_tables(finished):
    summary, clips, frames = (finished.to_pandas(level) for level in ("summary", "clips", "frames"))
    assert list(summary["metric"]) == ["l1", "psnr", "csim[dlib]"]
    assert summary.set_index("metric").loc["l1", "value"] == finished["l1"].value
    assert len(clips) == 9 and len(frames) == 45
    l1 = frames[frames["metric"] == "l1"].groupby("pair")["value"].mean()
    assert np.allclose(l1.mean(), finished["l1"].value)
    with pytest.raises(ek.EvalkitError, match="no level called 'clip'"):
        finished.to_pandas("clip")


def test_a_run_says_what_it_is(finished):
    assert str(finished).startswith("still on small_self, 3 of 3 pairs: l1 0.0")
    html = finished._repr_html_()
    assert "<td" in html and "csim[dlib]" in html and "small_self" in html
    assert finished["csim"].signature == finished["csim[dlib]"].signature
    assert ek.read_run(finished.path).summary == finished.summary
    clips = finished.to_pandas()
    worst = clips[clips["metric"] == "l1"].sort_values("mean", ascending=False)["pair"]
    assert finished.worst(2) == list(worst)[:2] and len(finished.worst(metric="psnr")) == 3


def test_outputs_of_another_program(finished, protocol, root, out, tmp_path):
    scored = ek.score(protocol, finished.path / "generated", "theirs", data=root, out=tmp_path, workers=1)
    assert {k: e.value for k, e in scored.metrics.items()} == {k: e.value for k, e in finished.metrics.items()}


def test_a_pair_that_fails_is_reported_and_all_that_fail_raise(protocol, root, tmp_path, caplog):
    def blind(sources, driving, motion):
        if sources.mean() == means[0]:
            raise ValueError("too dark")
        return still(sources, driving, motion)

    means = [video.read_frames(root / "person0" / "take.mkv", (0,)).mean()]
    found = ek.run(protocol, blind, data=root, out=tmp_path, anchors=False, workers=1)
    [reason] = found.failures.values()
    assert "raised ValueError: too dark" in reason and not found.summary.complete
    with pytest.raises(ek.EvalkitError, match=r"All pairs of Nothing failed.*expected"):
        ek.run(protocol, lambda *given: [], name="Nothing", data=root, out=tmp_path, anchors=False, workers=1)


def test_what_cannot_be_computed_is_a_warning_and_what_is_wrong_an_error(protocol, root, tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "evalkit"):
        ek.run(protocol, still, data=root, out=tmp_path, metrics=["l1", "aed[smirk]"], anchors=False, workers=1)
    assert any("aed[smirk] is unavailable. Run smirk yourself" in record.message for record in caplog.records)
    for method, why in ((3, "which cannot animate"), (Still, "the class Still"), ("stil", "no method called 'stil'")):
        with pytest.raises(ek.EvalkitError, match=why):
            ek.run(protocol, method, data=root, out=tmp_path, anchors=False)


def test_quiet_by_default_and_lines_where_there_is_no_terminal(protocol, root, tmp_path, capfd):
    ek.run(protocol, still, data=root, out=tmp_path, metrics=["l1"], anchors=False, workers=1)
    assert capfd.readouterr() == ("", "")
    ek.run(protocol, still, tag="b", data=root, out=tmp_path, metrics=["l1"], anchors=False, workers=1, progress=True)
    out, err = capfd.readouterr()
    first, last = err.splitlines()
    assert out == "" and first == "small_self / still@b: 0 of 3" and last.startswith("small_self / still@b: 3 of 3 in ")
