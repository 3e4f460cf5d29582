"""Outputs that are exactly the driving frames score so, whatever the driving clip is stored as."""

import json
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from evalkit.clips import video
from evalkit.datasets.drawn import render_clip
from tests.clips.oracle import enlarge, yuv_to_rgb
from tests.clips.test_streams import turned, two_streams, written
from tests.fakes import encode, noise

SIDE, COUNT = 64, 6


@pytest.fixture(scope="module")
def drawn():
    return render_clip(0, 0, frames=COUNT, size=SIDE).frames


@pytest.fixture
def score(evalkit, tmp_path):
    """Score the pictures of a folder against the clip of `data`; gives the values, what was said, and the pair file."""

    def call(outputs, *extra, name="theirs", rule=""):
        (tmp_path / "tiny.yaml").write_text(
            f"id: tiny\ntitle: Tiny\ntask: self_reenactment\ndataset: folder\npairs: {{rule: first_frame_self}}\n"
            f"driving: {{start: 1}}\nresolution: {SIDE}\n{rule}metrics: [l1, psnr]\n"
        )
        arguments = ("-p", tmp_path / "tiny.yaml", "-d", tmp_path / "data", "-g", outputs, "-n", name, "--json")
        done = evalkit("score", *arguments, "-o", tmp_path / "runs", "--workers", "1", *extra)
        metrics = json.loads(done.stdout)["metrics"]
        folder = tmp_path / "runs" / "tiny" / name
        pair = json.loads(next((folder / "pairs").glob("*.json")).read_text(encoding="utf-8"))
        return {key: metrics[key]["value"] for key in metrics}, done.stderr, pair, metrics["l1"]["signature"]

    return call


def pictures(folder, frames):
    for index, frame in enumerate(frames):
        video.write_image(folder / f"{index:04d}.png", np.ascontiguousarray(frame).astype(np.uint8))
    return folder.parent


def exact(path, full=False):
    """RGB of a BT.601 clip in float64, from the decoded planes."""
    found = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            luma, blue, red = (
                np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1)[:, : plane.width]
                for plane in frame.planes
            )
            wide = [enlarge(plane, luma.shape, 0, 0.5) for plane in (blue, red)]
            found.append(yuv_to_rgb((luma, *wide), "bt601", full, 8))
    return np.stack(found)


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p", "yuv444p", "yuvj420p"])
def test_png_of_a_float_conversion_against_a_video(score, drawn, tmp_path, pixels):
    """Case A02: L1 0.0047 and 45.7 dB where the frames are exact; a difference of chroma filters has no bias."""
    (tmp_path / "data").mkdir()
    path = written(tmp_path / "data" / "clip.mp4", drawn, pixels=pixels, options={"crf": "10"})
    true = exact(path, full=pixels == "yuvj420p")
    values, told, pair, signature = score(pictures(tmp_path / "out" / "clip", true[1:]))
    assert values["l1"] < 0.0006 and values["psnr"] > 55 and pair["notes"] == [] and "Note" not in told
    assert "|64px|accurate rgb|" in signature
    found = np.concatenate(list(video.iter_frames(path)))
    assert np.abs((found - true).mean(axis=(0, 1, 2))).max() <= 0.05


def test_the_trace_of_two_rules_is_said(score, drawn, tmp_path):
    """Case A02: the pictures were made of the driving frames as FFmpeg converts them by default."""
    (tmp_path / "data").mkdir()
    path = written(tmp_path / "data" / "clip.mp4", drawn, options={"crf": "10"})
    with av.open(str(path)) as container:
        default = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    outputs = pictures(tmp_path / "out" / "clip", default[1:])
    values, told, pair, _ = score(outputs)
    assert values["psnr"] < 50
    assert "darker than the driving frames" in told and "with --rgb swscale that is gone" in told
    assert len(pair["notes"]) == 1 and pair["notes"][0].startswith("generated: nearly everywhere darker")
    values, told, pair, signature = score(outputs, "--rgb", "swscale", name="again")
    assert values == {"l1": 0, "psnr": 100} and pair["notes"] == [] and "Note" not in told
    assert "rgb" not in signature
    header = json.loads((tmp_path / "runs" / "tiny" / "again" / "run.json").read_text(encoding="utf-8"))
    assert header["protocol"]["rgb"] == "swscale"


def test_yuv420p_outputs_for_a_clip_without_loss(score, drawn, tmp_path):
    """Case A02, the other way round: a codec's output was punished for FFmpeg's default conversion."""
    for folder in ("data", "out"):
        (tmp_path / folder).mkdir()
    encode(tmp_path / "data" / "clip.mkv", drawn, codec="ffv1", pixels="bgr0")
    written(tmp_path / "out" / "clip.mp4", drawn[1:], options={"crf": "4"})
    dark, told, _, _ = score(tmp_path / "out", rule="rgb: swscale\n")
    assert "with --rgb accurate that is gone" in told
    values, told, pair, _ = score(tmp_path / "out", "--rgb", "accurate", name="again")
    assert values["psnr"] > dark["psnr"] and pair["notes"] == []


def test_features_of_two_rules_do_not_mix(score, drawn, tmp_path):
    (tmp_path / "data").mkdir()
    path = written(tmp_path / "data" / "clip.mp4", drawn, options={"crf": "10"})
    outputs = pictures(tmp_path / "out" / "clip", np.concatenate(list(video.iter_frames(path)))[1:])
    assert score(outputs, name="one")[0] == {"l1": 0, "psnr": 100}
    assert score(outputs, name="two", rule="rgb: swscale\n")[0]["l1"] > 0.001


def test_a_mirrored_clip(score, drawn, tmp_path):
    """Case A01: L1 0.17 for outputs that are what every player shows."""
    (tmp_path / "data").mkdir()
    turned(encode(tmp_path / "data" / "clip.mp4", drawn), (-1, 0, 0, 1))
    assert score(pictures(tmp_path / "out" / "clip", drawn[1:, :, ::-1]))[0] == {"l1": 0, "psnr": 100}


def test_a_clip_with_wide_pixels(score, drawn, tmp_path):
    """Case A09: 20 dB for outputs at the shown shape."""
    (tmp_path / "data").mkdir()
    narrow = np.stack(
        [np.asarray(Image.fromarray(f).resize((SIDE // 2, SIDE), Image.Resampling.BICUBIC)) for f in drawn]
    )
    exactly = {"qp": "0"}
    written(tmp_path / "data" / "wide.mp4", narrow, "libx264rgb", "rgb24", pixel=Fraction(2, 1), options=exactly)
    shown = [np.asarray(Image.fromarray(f).resize((SIDE, SIDE), Image.Resampling.BICUBIC)) for f in narrow]
    values, told, pair, _ = score(pictures(tmp_path / "out" / "wide", shown[1:]))
    assert values == {"l1": 0, "psnr": 100}
    assert "driving: its pixels are 2:1, and it is stretched to square ones" in pair["notes"] and "2:1" in told


def test_an_animated_webp_is_a_clip(score, drawn, tmp_path):
    """Case A10: the driving clip was called a portrait, the output had one frame."""
    for folder, frames in (("data", drawn), ("out", drawn[1:])):
        (tmp_path / folder).mkdir()
        images = [Image.fromarray(frame) for frame in frames]
        images[0].save(tmp_path / folder / "b.webp", save_all=True, append_images=images[1:], lossless=True)
    assert score(tmp_path / "out")[0] == {"l1": 0, "psnr": 100}


def test_a_preview_before_the_clip(score, drawn, tmp_path):
    """Case A17: the clip was its preview picture."""
    (tmp_path / "data").mkdir()
    path = two_streams(tmp_path / "data" / "clip.mkv", noise(1, 32), drawn, cover=False)
    frames = np.concatenate(list(video.iter_frames(path)))
    assert len(frames) == COUNT
    values, told, _, _ = score(pictures(tmp_path / "out" / "clip", frames[1:]))
    assert values == {"l1": 0, "psnr": 100} and "of its 2 video streams, number 1 is taken" in told


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_a_sequence_of_tiffs_that_are_not_of_8_bits(score, drawn, tmp_path, dtype):
    """Case A18: black frames, L1 0.49."""
    grey = np.repeat(drawn[..., :1], 3, axis=3)
    (tmp_path / "data" / "clip").mkdir(parents=True)
    for index, frame in enumerate(grey):
        stored = frame[..., 0] / np.float32(255) if dtype == np.float32 else frame[..., 0]
        Image.fromarray(stored.astype(dtype)).save(tmp_path / "data" / "clip" / f"{index:04d}.tif")
    assert score(pictures(tmp_path / "out" / "clip", grey[1:]))[0] == {"l1": 0, "psnr": 100}


def test_a_cut_gif_is_refused(evalkit, drawn, tmp_path):
    """Case truncated-gif-is-a-shorter-clip."""
    (tmp_path / "data").mkdir()
    images = [Image.fromarray(frame) for frame in drawn]
    path = tmp_path / "data" / "clip.gif"
    images[0].save(path, save_all=True, append_images=images[1:], duration=40)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 4 // 5])
    done = evalkit("data", "check", "folder", "--root", tmp_path / "data")
    assert done.returncode != 0 and "truncated" in done.stdout + done.stderr
