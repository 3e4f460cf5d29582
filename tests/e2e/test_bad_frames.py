"""Frames and clips that metrics do not expect: a value or a recorded status, nothing lost, never a silent 0."""

import json

import numpy as np
import pytest
from PIL import Image

from evalkit.clips import video
from evalkit.extractors import EXTRACTORS, WHOLE_CLIP, Extractor
from evalkit.types import Selection
from tests.e2e.conftest import FRAMES, write_clip

SCORED = FRAMES - 1
KEYS = ("l1", "psnr", "ssim", "csim[dlib]", "akd[dlib68]", "apd[landmark]", "aed[landmark]", "coverage[dlib68]")
FACE = [key for key in KEYS if "[" in key and not key.startswith("coverage")]


@pytest.fixture
def clean(small_root):
    """(4, 128, 128, 3): the frames of the first person that small_self scores."""
    return np.concatenate(list(video.iter_frames(small_root / "person0" / "take.mkv", Selection(start=1))))


@pytest.fixture
def score(evalkit, small_root, protocols, tmp_path):
    """Score `frames` (written losslessly, or already in `outputs`) as the answer to the first pair."""

    def call(frames=None, keys=KEYS, protocol=protocols / "small_self.yaml", code=0, tag="made"):
        if frames is not None:
            write_clip(tmp_path / "outputs" / "person0_take.mkv", frames)
        metrics = [part for key in keys for part in ("--metric", key)]
        arguments = (
            "-p",
            protocol,
            "-d",
            small_root,
            "-g",
            tmp_path / "outputs",
            "-n",
            tag,
            "-o",
            tmp_path / "runs",
        )
        done = evalkit("score", *arguments, *metrics, "--pair", "person0_take", "--workers", "1", "--json")
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    return call


@pytest.mark.parametrize("level", [0, 255, 128], ids=["black", "white", "grey"])
def test_flat_frames_have_no_face_and_true_pixel_values(score, clean, level):
    metrics = score(np.full_like(clean, level))["metrics"]
    expected = np.abs(clean.astype(float) - level).mean() / 255
    assert metrics["l1"]["value"] == pytest.approx(expected) and metrics["l1"]["coverage"] == 1
    assert metrics["coverage[dlib68]"]["value"] == 0 and metrics["coverage[dlib68]"]["coverage"] == 1
    for key in FACE:
        entry = metrics[key]
        assert entry["value"] is None and entry["status"] == "nothing_scored" and entry["coverage"] == 0
        assert entry["no_face_generated"] == SCORED


def test_nan_frames_fail_their_pair_with_the_reason(evalkit, make_method, small_root, protocols, tmp_path):
    body = "for chunk in driving:\n    holes = chunk / np.float32(255)\n    holes[-1, 3, 4] = np.nan\n    yield holes"
    arguments = ("-p", protocols / "small_self.yaml", "-d", small_root, "-M", make_method("holes", body), "-m", "l1")
    done = evalkit("run", *arguments, "-o", tmp_path, "--limit", "1", "--no-anchors", "--workers", "1", "--json")
    summary = json.loads(done.stdout)
    assert "NaN" in done.stderr and summary["pairs"]["failed"] == ["person0_take"]
    assert summary["metrics"]["l1"]["value"] is None and summary["metrics"]["l1"]["coverage"] == 0


def written(folder, pictures):
    folder.mkdir(parents=True)
    for index, picture in enumerate(pictures):
        picture.save(folder / f"{index}.png")


def with_alpha(frames):
    veil = np.full((*frames.shape[1:3], 1), 7, np.uint8)
    return [Image.fromarray(np.concatenate([frame, veil], axis=2), "RGBA") for frame in frames]


def in_grey(frames):
    return [Image.fromarray(frame).convert("L") for frame in frames]


def in_sixteen_bits(frames):
    return [Image.fromarray(np.asarray(picture).astype(np.uint16) * 257) for picture in in_grey(frames)]


@pytest.mark.parametrize("kind", [with_alpha, in_grey, in_sixteen_bits])
def test_pictures_of_other_modes_are_read_as_the_colours_they_show(score, clean, tmp_path, kind):
    written(tmp_path / "outputs" / "person0_take", kind(clean))
    shown = clean if kind is with_alpha else np.stack([np.asarray(p.convert("RGB")) for p in in_grey(clean)])
    metrics = score(keys=("l1", "ssim", "akd[dlib68]"))["metrics"]
    expected = np.abs(clean.astype(float) - shown).mean() / 255
    assert metrics["l1"]["value"] == pytest.approx(expected, abs=1e-9)
    assert metrics["akd[dlib68]"]["coverage"] == 1 and metrics["akd[dlib68]"]["value"] < 3


@pytest.mark.parametrize("shape", [(127, 128), (33, 97), (1, 1)])
def test_frames_of_another_size_are_named(score, clean, tmp_path, shape):
    cut = clean[:, : shape[0], : shape[1]]
    written(tmp_path / "outputs" / "person0_take", [Image.fromarray(frame) for frame in cut])
    summary = score(code=1)
    assert summary["pairs"]["failed"] == ["person0_take"] and summary["metrics"]["l1"]["coverage"] == 0


def test_odd_sizes_are_scored_when_the_protocol_is_odd(score, clean, protocols, tmp_path, small_root):
    text = (protocols / "small_self.yaml").read_text().replace("128", "97").replace("small_self", "odd_self")
    (tmp_path / "odd_self.yaml").write_text(text)
    resized = np.concatenate(list(video.iter_frames(small_root / "person0" / "take.mkv", Selection(start=1, size=97))))
    metrics = score(resized, ("l1", "ssim", "csim[dlib]"), tmp_path / "odd_self.yaml")["metrics"]
    assert metrics["l1"]["value"] == 0 and metrics["ssim"]["value"] == pytest.approx(1)


def test_a_face_that_leaves_the_frame_is_counted_on_the_side_that_lost_it(
    score, clean, evalkit, small_root, protocols, tmp_path
):
    leaving = np.stack([np.roll(frame, 60 * index, axis=1) for index, frame in enumerate(clean)])
    for index in range(1, SCORED):
        leaving[index, :, : 60 * index] = 0
    metrics = score(leaving)["metrics"]
    assert 0 < metrics["coverage[dlib68]"]["value"] < 1
    for key in FACE:
        entry = metrics[key]
        assert entry["coverage"] == metrics["coverage[dlib68]"]["value"] and entry["value"] is not None
        assert entry["no_face_generated"] == SCORED * (1 - entry["coverage"]) and entry["no_face_reference"] == 0
        assert entry["status"] == "low_coverage"


def scene(large, small=None):
    """A grey frame of 384x384 with a head of 220 pixels, and one of 160 pixels below it to the left."""
    canvas = np.full((384, 384, 3), 128, np.uint8)
    canvas[:220, 164:] = video.fit(large, 220)
    if small is not None:
        canvas[224:, :160] = video.fit(small, 160)
    return canvas


def test_of_several_faces_the_largest_is_scored_as_if_it_were_alone(score, clean, small_root, protocols, tmp_path):
    text = (protocols / "small_self.yaml").read_text().replace("128", "384").replace("small_self", "scene")
    (tmp_path / "scene.yaml").write_text(text)
    other = video.read_frames(small_root / "person1" / "take.mkv", [0])[0]
    crowd = np.stack([scene(frame, other) for frame in clean])
    assert EXTRACTORS.get("dlib68").load()(crowd, {})["faces"].tolist() == [2] * SCORED
    found = {}
    for name, frames in {
        "both": crowd,
        "alone": np.stack([scene(frame) for frame in clean]),
        "swapped": np.stack([scene(other, frame) for frame in clean]),
    }.items():
        metrics = score(frames, FACE, tmp_path / "scene.yaml", tag=name)["metrics"]
        assert all(metrics[key]["coverage"] == 1 for key in FACE)
        found[name] = {key: metrics[key]["value"] for key in FACE}
    assert found["both"] == found["alone"]
    assert found["swapped"]["csim[dlib]"] < found["both"]["csim[dlib]"] - 0.02


@pytest.fixture
def windows():
    """I3D by pretended networks of the same windows: mean colours of a window, and of a clip of ten frames or more."""

    def of_window(frames, upstream):
        return {"logits": frames.reshape(1, -1, 3).mean(axis=1)}

    def of_clip(count, chunks):
        return of_window(np.concatenate(list(chunks)), {}) if count >= 10 else {"logits": np.empty((0, 3))}

    entries = {
        "i3d": Extractor("i3d", "mean|v1", (), lambda: of_window, window=16),
        "i3d_centre": Extractor("i3d_centre", "mean|v2", (), lambda: of_clip, window=WHOLE_CLIP),
    }
    with EXTRACTORS.also(entries):
        yield


@pytest.mark.parametrize("key", ["fvd", "fvd[common-metrics]"])
def test_clips_shorter_than_a_window_give_no_fvd_and_say_how_many_there_were(score, clean, windows, key):
    entry = score(clean, (key, "l1"))["metrics"][key]
    assert entry["value"] is None and entry["status"] == "nothing_scored" and entry["frames"] == 0
    assert any(note.startswith("N=0 generated, 0 reference") for note in entry["notes"])


def test_one_frame_is_enough_for_every_frame_metric(score, clean, protocols, tmp_path):
    text = (protocols / "small_self.yaml").read_text().replace("{start: 1}", "{start: 1, maximum: 1}")
    (tmp_path / "one.yaml").write_text(text.replace("small_self", "one"))
    metrics = score(clean[:1], KEYS, tmp_path / "one.yaml")["metrics"]
    assert all(metrics[key]["value"] is not None and metrics[key]["frames"] == 1 for key in KEYS)


def test_wrong_weights_make_one_metric_unavailable_and_say_why(score, clean, tmp_path, monkeypatch):
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "fsanet_1x1.onnx").write_bytes(b"half a file")
    monkeypatch.setenv("EVALKIT_WEIGHTS", str(tmp_path / "weights"))
    metrics = score(clean, ("l1", "apd[fsanet]"))["metrics"]
    entry = metrics["apd[fsanet]"]
    assert entry["status"] == "unavailable" and entry["value"] is None and metrics["l1"]["value"] == 0
    for words in (
        "fsanet_1x1.onnx is not 'fsanet-1x1'",
        "expected sha256 d85e90cb",
        "Remove it, then: evalkit weights fetch",
    ):
        assert words in entry["reason"]
