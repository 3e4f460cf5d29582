"""`evalkit run` from a data folder to a run folder, as a user calls it."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from tests.e2e.conftest import FRAMES, assert_explained
from tests.fakes import SHIPS_WEIGHTS


@pytest.fixture(scope="module")
def finished(small_root, protocols, tmp_path_factory):
    """One run of both anchors over the small self protocol."""
    import os
    import subprocess
    import sys

    out = tmp_path_factory.mktemp("runs")
    command = [sys.executable, "-m", "evalkit", "run", "-p", protocols / "small_self.yaml", "-d", small_root]
    command += ["-M", "copy_source", "-M", "copy_driving", "-o", out, "--workers", "1"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    return out / "small_self", done


def test_prints_table_folder_and_picture(finished):
    folder, done = finished
    assert "Copy source" in done.stdout and "Copy driving" in done.stdout
    assert f"Run folder:    {folder / 'copy_source'}" in done.stdout
    assert f"Contact sheet: {folder / 'copy_source' / 'contact_sheet.png'}" in done.stdout


def test_run_folder_has_the_files_of_the_design(finished):
    folder, _ = finished
    names = {path.name for path in (folder / "copy_driving").iterdir()}
    assert {"run.json", "generated", "frames.parquet", "clips.parquet", "summary.json", "log.jsonl"} <= names
    assert {p.name for p in (folder / "copy_driving" / "generated").iterdir()} == {
        f"person{i}_take.mkv" for i in range(3)
    }


def test_summary_has_the_keys_of_the_design(finished):
    folder, _ = finished
    summary = json.loads((folder / "copy_driving" / "summary.json").read_text())
    assert {"schema_version", "protocol", "protocol_hash", "method", "complete", "metrics"} <= set(summary)
    assert summary["complete"] is True and summary["method"] == "copy_driving" and summary["protocol"] == "small_self"
    entry = summary["metrics"]["csim[dlib]"]
    assert {"value", "ci_low", "ci_high", "n", "coverage", "status", "signature"} <= set(entry)
    assert entry["n"] == 3 and entry["status"] == "ok" and entry["signature"].startswith("csim[dlib]|dlib-hog")


def test_anchors_are_perfect_where_they_must_be(finished):
    folder, _ = finished
    driving = json.loads((folder / "copy_driving" / "summary.json").read_text())["metrics"]
    source = json.loads((folder / "copy_source" / "summary.json").read_text())["metrics"]
    assert driving["l1"]["value"] == 0 and driving["ssim"]["value"] == pytest.approx(1, abs=1e-12)
    assert driving["akd[dlib68]"]["value"] == 0
    assert source["csim[dlib]"]["value"] == pytest.approx(1, abs=1e-12)
    assert source["l1"]["value"] > 0 and source["akd[dlib68]"]["value"] > 0


def test_frame_records_are_whole(finished):
    folder, _ = finished
    frames = pd.read_parquet(folder / "copy_source" / "frames.parquet")
    assert list(frames.columns) == ["pair", "frame", "metric", "value", "status"]
    assert len(frames) == 3 * 4 * (FRAMES - 1)
    assert (frames["value"].notna() == (frames["status"] == "ok")).all()


def test_second_run_computes_nothing(evalkit_process, finished, small_root, protocols):
    folder, _ = finished
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.mkv")}
    before |= {path: path.stat().st_mtime_ns for path in folder.glob("*/pairs/*")}
    summary = (folder / "copy_source" / "summary.json").read_bytes()
    again = evalkit_process(
        "run",
        "-p",
        protocols / "small_self.yaml",
        "-d",
        small_root,
        "-M",
        "copy_source",
        "-o",
        folder.parent,
        # With no dlib to import, anything that computed a feature would fail.
        PYTHONPATH=str(Path(__file__).parent / "without_dlib"),
    )
    assert again.returncode == 0, again.stderr
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert (folder / "copy_source" / "summary.json").read_bytes() == summary


def test_json_output_is_clean(evalkit, finished, small_root, protocols):
    folder, _ = finished
    done = evalkit(
        "run", "-p", protocols / "small_self.yaml", "-d", small_root, "-M", "copy_source", "-o", folder.parent, "--json"
    )
    written = json.loads((folder / "copy_source" / "summary.json").read_text())
    assert json.loads(done.stdout) == {key: value for key, value in written.items() if key != "sha256"}


def test_limit_marks_the_result_and_a_full_run_extends_it(evalkit, small_root, protocols, tmp_path):
    arguments = ["run", "-p", protocols / "small_cross.yaml", "-d", small_root, "-M", "copy_source", "-o", tmp_path]
    arguments += ["--workers", "1"]
    summary = tmp_path / "small_cross" / "copy_source" / "summary.json"
    limited = evalkit(*arguments, "--limit", "1")
    assert limited.returncode == 0 and "Not every pair" in limited.stderr
    content = json.loads(summary.read_text())
    assert content["complete"] is False and content["pairs"]["run"] == 1 and content["pairs"]["protocol"] == 3
    assert evalkit(*arguments).returncode == 0
    assert json.loads(summary.read_text())["complete"] is True


def test_another_metric_needs_no_new_generation(evalkit, finished, small_root, protocols):
    folder, _ = finished
    made = {path: path.stat().st_mtime_ns for path in (folder / "copy_source").glob("generated/*")}
    done = evalkit(
        "run", "-p", protocols / "small_self.yaml", "-d", small_root, "-M", "copy_source", "-o", folder.parent,
        "-m", "psnr", "--workers", "1", "--json",
    )  # fmt: skip
    assert list(json.loads(done.stdout)["metrics"]) == ["psnr"]
    assert {path: path.stat().st_mtime_ns for path in made} == made


def test_missing_clips_are_refused_unless_asked_for_and_then_marked(evalkit, small_root, tmp_path):
    (tmp_path / "listed.yaml").write_text(
        "id: listed\ntitle: Listed\ntask: cross_reenactment\ndataset: folder\nresolution: 128\n"
        "pairs: {rule: list, list: listed.csv}\nmetrics: ['apd[landmark]']\n"
    )
    (tmp_path / "listed.csv").write_text(
        "source,driving\nperson0_take,person1_take\nperson1_take,person2_take\nperson0_take,lost_take\n"
    )
    arguments = ["run", "-p", tmp_path / "listed.yaml", "-d", small_root, "-M", "copy_source", "-o", tmp_path / "out"]
    arguments += ["--workers", "1"]
    refused = evalkit(*arguments)
    assert refused.returncode == 2 and "lost_take" in refused.stderr and "--subset missing-ok" in refused.stderr
    assert evalkit(*arguments, "--subset", "missing-ok").returncode == 0
    summary = json.loads((tmp_path / "out" / "listed" / "copy_source" / "summary.json").read_text())
    assert summary["complete"] is False and summary["pairs"]["protocol"] == 3 and summary["pairs"]["run"] == 2
    assert summary["metrics"]["apd[landmark]"]["signature"].endswith("|2 of 3 pairs")


def test_the_default_checkpoint_belongs_to_the_configuration(evalkit, make_method, small_root, protocols, tmp_path):
    folder = Path(make_method("ships", "for chunk in driving:\n    yield chunk"))
    adapter = folder / "adapter.py"
    adapter.write_text(adapter.read_text() + SHIPS_WEIGHTS)
    (folder / "weights.bin").write_bytes(b"first")
    arguments = ["run", "-p", protocols / "small_cross.yaml", "-d", small_root, "-M", folder, "-o", tmp_path]
    arguments += ["--limit", "1", "--no-anchors", "--workers", "1"]
    assert evalkit(*arguments).returncode == 0
    run = json.loads((tmp_path / "small_cross" / "ships" / "run.json").read_text())
    assert run["configuration"]["checkpoint_sha256"] == hashlib.sha256(b"first").hexdigest()
    (folder / "weights.bin").write_bytes(b"second")
    assert_explained(evalkit(*arguments), "another configuration (checkpoint_sha256: ", "--tag NAME")
    assert evalkit(*arguments, "--tag", "second").returncode == 0


@pytest.mark.slow
def test_a_seed_belongs_to_the_configuration_and_leaves_the_anchors_alone(
    evalkit, make_method, small_root, protocols, tmp_path
):
    noisy = make_method("noisy", "for chunk in driving:\n    yield np.random.randint(0, 256, chunk.shape, np.uint8)")
    anchored = tmp_path / "seeded.yaml"
    text = (protocols / "small_self.yaml").read_text().replace("id: small_self", "id: seeded")
    anchored.write_text(f"{text}\nanchors: [copy_source]\n")
    command = ("run", "-p", anchored, "-d", small_root, "-M", noisy, "-o", tmp_path)
    command += ("--metric", "l1", "--workers", "1")
    made = {}
    for tag, extra in (("none", ()), ("zero", ("--seed", 0)), ("one", ("--seed", 1))):
        done = evalkit(*command, "--tag", tag, *extra)
        assert done.returncode == 0 and "left out" not in done.stderr, done.stderr
        folder = tmp_path / "seeded" / f"noisy@{tag}"
        seed = json.loads((folder / "run.json").read_text())["configuration"]["seed"]
        made[tag] = (seed, (folder / "generated" / "person0_take.mkv").read_bytes())
    assert made["none"] == made["zero"] and made["zero"][1] != made["one"][1]
    assert [seed for seed, _ in made.values()] == [0, 0, 1]
    assert_explained(evalkit(*command, "--tag", "one"), "another configuration", "seed: 1 there, 0 now")
    anchor = json.loads((tmp_path / "seeded" / "copy_source" / "run.json").read_text())
    assert anchor["configuration"]["seed"] == 0
