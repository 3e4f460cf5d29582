"""Runs in trackers: logged with the real libraries, offline, and read back."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

import evalkit as ek
from evalkit.api.trackers.entry import entry_of
from evalkit.clips import video


@pytest.fixture(scope="module")
def run(protocol, root, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    return ek.run(protocol, "landmark_warp", data=root, out=out, anchors=False, workers=1)


def test_an_entry_is_the_run(run, tmp_path):
    entry = entry_of(run, None, 2, tmp_path)
    psnr = run["psnr"]
    assert entry.values["small_self/psnr"] == psnr.value and entry.values["small_self coverage/psnr"] == 1
    assert entry.values["small_self ci_low/psnr"] == psnr.ci_low
    assert entry.facts["signature/psnr"] == psnr.signature and entry.facts["pairs"] == "3 of 3"
    assert [name.partition(": ")[2] for name in entry.videos] == run.worst(2)
    for path in entry.videos.values():
        assert video.frame_size(path) == (3 * 64, 64) and video.count_frames(path) == 5


def test_a_run_whose_clips_are_gone_has_what_is_left(run, tmp_path):
    import shutil

    copy = Path(shutil.copytree(run.path, tmp_path / run.path.name))
    shutil.rmtree(copy / "generated")
    entry = entry_of(ek.read_run(copy), "copy", 2, tmp_path)
    assert entry.values == entry_of(run, None, 0, tmp_path).values and entry.name == "copy"


def test_tensorboard_has_values_picture_and_clips(run, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    where = ek.track(run, "tensorboard", folder=tmp_path, step=7, worst=1)
    events = EventAccumulator(where, size_guidance={"images": 0}).Reload()
    [scalar] = events.Scalars("small_self/csim[dlib]")
    assert (scalar.step, scalar.value) == (7, pytest.approx(run["csim"].value, rel=1e-6))
    [sheet] = events.Images("contact sheet")
    assert sheet.encoded_image_string == run.contact_sheet.read_bytes()
    [clip] = events.Images(f"worst 1: {run.worst(1)[0]}")
    gif = tmp_path / "clip.gif"
    gif.write_bytes(clip.encoded_image_string)
    with Image.open(gif) as image:
        assert image.n_frames > 1 and image.size == (clip.width, clip.height)
    text = events.Tensors("evalkit")[0].tensor_proto.string_val[0].decode()
    assert run["psnr"].signature in text


@pytest.mark.slow
def test_mlflow_has_metrics_tags_and_artifacts(run, tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
    where = ek.track(run, "mlflow", folder=tmp_path / "mlruns", step=3, worst=1)
    address, _, identity = where.partition(" ")
    assert mlflow.get_tracking_uri() != address
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    client = mlflow.MlflowClient(address)
    found = client.get_run(identity)
    assert found.data.metrics["small_self/csim.dlib"] == run["csim"].value
    assert found.data.metrics["small_self ci_low/psnr"] == run["psnr"].ci_low
    assert found.data.tags["evalkit.signature/psnr"] == run["psnr"].signature
    [value] = client.get_metric_history(identity, "small_self/psnr")
    assert value.step == 3
    assert {one.path for one in client.list_artifacts(identity, "evalkit/pictures")} == {
        "evalkit/pictures/contact_sheet.png"
    }
    assert [one.path for one in client.list_artifacts(identity, "evalkit/videos") if one.path.endswith(".mp4")]
    mlflow.set_tracking_uri(address)
    with mlflow.start_run() as active:
        ek.track(run, "mlflow", worst=0)
    assert client.get_run(active.info.run_id).data.metrics["small_self/l1"] == run["l1"].value


@pytest.mark.slow
def test_wandb_offline_has_values_table_picture_and_clip(run, tmp_path, monkeypatch):
    wandb = pytest.importorskip("wandb", reason="the extra wandb is not installed")
    for name, text in {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_CACHE_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, text)
    where = Path(ek.track(run, "wandb", folder=tmp_path, worst=1))
    files = {path.suffix for path in where.rglob("*") if path.is_file()}
    assert {".png", ".mp4", ".json"} <= files and wandb.run is None
    [table] = [json.loads(path.read_text()) for path in where.rglob("*.table.json")]
    rows = {row[0]: dict(zip(table["columns"], row, strict=True)) for row in table["data"]}
    assert rows["psnr"]["ci_low"] == run["psnr"].ci_low and rows["psnr"]["signature"] == run["psnr"].signature
    [record] = where.parent.glob("*.wandb")
    assert re.search(rb"small_self/csim\[dlib\]", record.read_bytes())


def test_trackio_has_values_facts_picture_and_clip(run, tmp_path, monkeypatch):
    """Not in the development group: it wants an older Pillow than the one that numbers are measured with."""
    pytest.importorskip("trackio", reason="trackio is not installed beside evalkit")
    from trackio import SQLiteStorage, utils

    worst = f"worst 1: {run.worst(1)[0]}"
    where = Path(utils.TRACKIO_DIR)
    assert ek.track(run, "trackio", project="faces", name="mine", step=7, worst=1) == f"{where} mine"
    [line] = SQLiteStorage.get_logs("faces", "mine")
    assert line["small_self/psnr"] == run["psnr"].value and line["step"] == 7
    assert line["small_self ci_low/psnr"] == run["psnr"].ci_low
    media = [where / "media" / line[name]["file_path"] for name in ("contact sheet", worst)]
    assert media[0].read_bytes() == run.contact_sheet.read_bytes() and video.count_frames(media[1]) == 5
    facts = {row["fact"]: row["value"] for row in line["evalkit"]["_value"]}
    assert facts["signature/psnr"] == run["psnr"].signature
    assert SQLiteStorage.get_run_config("faces", "mine")["protocol"] == facts["protocol"]
    with pytest.raises(ek.EvalkitError, match="Trackio writes to"):
        ek.track(run, "trackio", folder=tmp_path / "elsewhere")


def test_trackio_says_how_to_get_it(run, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "trackio", None)
    with pytest.raises(ek.EvalkitError, match="pip install trackio"):
        ek.track(run, "trackio", worst=0)


def test_the_command_says_where_each_run_is(run, tmp_path, capsys):
    from evalkit.cli.app import app

    arguments = ["track", run.path, "--to", "tensorboard", "--folder", tmp_path, "--worst", 0]
    app([str(argument) for argument in arguments], standalone_mode=False)
    where = Path(capsys.readouterr().out.strip())
    assert where.parent == tmp_path / "evalkit" and list(where.glob("events.out.tfevents.*"))


def test_unknown_trackers_and_runs(run, tmp_path):
    with pytest.raises(ek.EvalkitError, match="Did you mean 'wandb'"):
        ek.track(run, "wand")  # type: ignore[arg-type]
    with pytest.raises(ek.EvalkitError, match="not a finished run"):
        ek.track(tmp_path, "mlflow")


def test_a_missing_library_is_named_with_its_extra(run, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "evalkit.api.trackers.wandb", None)
    monkeypatch.setitem(sys.modules, "wandb", None)
    monkeypatch.delitem(sys.modules, "evalkit.api.trackers.wandb")
    with pytest.raises(ek.EvalkitError, match=r"evalkit-face\[wandb\]"):
        ek.track(run, "wandb")
