"""Cross-reenactment compared with the true clips, from the protocol to the table, the report and the gate."""

import json
from pathlib import Path

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.datasets import DATASETS
from evalkit.datasets.drawn import render_clip
from evalkit.errors import DatasetError, EvalkitError, ProtocolError
from evalkit.protocol.pairs import make_pairs
from evalkit.protocol.schema import find_protocol, read_protocol
from evalkit.records.frame_scores import read_frames
from evalkit.runs.session import RunSettings, choose_metrics, open_session, resolve_pairs
from evalkit.scoring.score_pair import metric_signatures
from evalkit.types import Clip

pytestmark = pytest.mark.slow

SMALL = """id: small_truth
title: Small, against the true clips
task: cross_reenactment
dataset: demo
pairs: {rule: random_cross, count: 2}
reference: truth
resolution: 64
metrics: [l1, psnr]
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two drawn people, one clip each, three frames of 64 pixels, in a folder a user might bring."""
    root = tmp_path_factory.mktemp("drawn")
    rows = ["id,kind,file,identity"]
    for person in range(2):
        video.write_video(root / f"{person}.mkv", [render_clip(person, 0, 3, 64).frames], 25)
        rows.append(f"demo0{person}_c0,clip,{person}.mkv,demo0{person}")
    (root / "manifest.csv").write_text("\n".join(rows) + "\n")
    return root


@pytest.fixture(scope="module")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("protocol") / "small_truth.yaml"
    path.write_text(SMALL)
    return path


def answers(protocol: Path, data: Path) -> dict[str, Path]:
    return {pair.id: pair.truth for pair in resolve_pairs(read_protocol(protocol), data) if pair.truth}


def test_the_true_clip_is_the_source_person_with_the_driving_motion(evalkit, protocol, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = ["run", "--protocol", protocol, "--data", data, "--method", "copy_driving", "--metric", "l1"]
    assert evalkit(*command, "--limit", 1).returncode == 0
    where = answers(protocol, data)
    assert [path.is_file() for path in where.values()] == [True, False]  # only what was asked for is drawn
    assert evalkit(*command).returncode == 0
    for pair, path in where.items():
        source, driving = (int(name[4:6]) for name in pair.split("--"))
        wanted = render_clip(source, 0, 3, 64, motion=(driving, 0)).frames
        assert np.array_equal(video.read_frames(path, (0, 1, 2)), wanted)
        theirs = render_clip(driving, 0, 3, 64).frames
        (l1,) = read_frames(tmp_path / f"runs/small_truth/copy_driving/pairs/{pair}.parquet")
        expected = np.abs(theirs.astype(float) - wanted).mean(axis=(1, 2, 3)) / 255
        assert l1.values == pytest.approx(expected, abs=1e-7)
    outcome = json.loads((tmp_path / "runs/small_truth/copy_driving/pairs/demo00_c0--demo01_c0.json").read_text())
    assert len(outcome["truth_sha256"]) == 64
    run = tmp_path / "runs/small_truth/copy_driving"
    gate = evalkit("gate", "--baseline", run, "--candidate", run)
    assert gate.returncode == 0, gate.stdout + gate.stderr


def test_the_answers_are_perfect_and_tables_and_reports_say_what_they_were_compared_with(
    evalkit, protocol, data, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with open_session(read_protocol(protocol), RunSettings(data=data, metrics=("l1",))):
        pass  # draws the answers
    folder = next(iter(answers(protocol, data).values())).parent
    scored = evalkit("score", "--protocol", protocol, "--data", data, "--generated", folder, "--name", "perfect")
    assert scored.returncode == 0, scored.stderr
    run = Path("runs/small_truth/perfect")
    summary = json.loads((run / "summary.json").read_text())
    assert summary["metrics"]["l1"]["value"] == 0
    assert "|vs truth|" in summary["metrics"]["l1"]["signature"]
    assert json.loads((run / "run.json").read_text())["protocol"]["reference"] == "truth"
    table = evalkit("table", run).stdout
    assert "against the true clip (the source person making the driving motion): l1, psnr" in table
    assert "truth: the source person" in evalkit("explain", run, "l1").stdout
    assert evalkit("report", run, "--out", "report").returncode == 0
    site = "".join(path.read_text() for path in Path("report").rglob("*.html"))
    assert "against the true clip" in site and "stands for the driving frames" in site
    assert '"truth"' in "".join(path.read_text() for path in Path("report").rglob("data/**/*.js"))


def test_pairs_name_the_true_clips_and_the_check_finds_nothing(evalkit, protocol, data):
    shown = evalkit("protocols", "pairs", protocol, "--data", data, "--json")
    assert [row["truth"].endswith(f"answers/{row['id']}.mkv") for row in json.loads(shown.stdout)] == [True, True]
    assert evalkit("protocols", "check", protocol, "--data", data).returncode == 0


def test_clips_that_are_not_of_the_corpus_have_no_truth(tmp_path):
    protocol = find_protocol("demo_truth")
    clips = [Clip(name, name, "clip", tmp_path / name) for name in ("anna", "bert")]
    pairs = protocol.model_copy(update={"pairs": protocol.pairs.model_copy(update={"count": 1})})
    with pytest.raises(DatasetError, match="the true answer is known of clips of the demo corpus"):
        make_pairs(pairs, clips, true_clip=DATASETS["demo"].true_clip(tmp_path))
    with pytest.raises(DatasetError, match="Use a pair list with a column 'truth'"):
        make_pairs(pairs, clips)


def test_a_list_names_true_clips_of_any_dataset(tmp_path):
    (tmp_path / "mine.csv").write_text("source,driving,truth\na,b,a_as_b\n")
    text = SMALL.replace("small_truth", "mine").replace("dataset: demo", "dataset: folder")
    (tmp_path / "mine.yaml").write_text(text.replace("{rule: random_cross, count: 2}", "{rule: list, list: mine.csv}"))
    protocol = read_protocol(tmp_path / "mine.yaml")
    people = {"a": "anna", "b": "bert", "a_as_b": "anna"}
    clips = [Clip(name, person, "clip", tmp_path / name) for name, person in people.items()]
    (pair,) = make_pairs(protocol, clips)
    assert pair.reference == pair.truth == tmp_path / "a_as_b"
    (tmp_path / "mine.csv").write_text("source,driving,truth\na,b,b\n")
    with pytest.raises(ProtocolError, match="of a clip of the person 'anna'"):
        make_pairs(protocol, clips)


def test_self_reenactment_needs_no_truth_and_pixels_need_one(tmp_path):
    (tmp_path / "small_truth.yaml").write_text(
        SMALL.replace("cross_reenactment", "self_reenactment").replace(
            "{rule: random_cross, count: 2}", "{rule: first_frame_self}"
        )
    )
    with pytest.raises(ProtocolError, match="the driving clip is the truth"):
        read_protocol(tmp_path / "small_truth.yaml")
    truth = find_protocol("demo_truth")
    signatures = metric_signatures(truth, choose_metrics(truth, ["l1", "csim[dlib]"]))
    assert "|vs truth|" in signatures["l1"] and "|vs source|" in signatures["csim[dlib]"]
    with pytest.raises(EvalkitError, match="no ground truth"):
        choose_metrics(find_protocol("demo_cross"), ["l1"])
