"""Each dataset from a miniature of its official raw layout to a scored run: prepare, check, run with landmark_warp."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.datasets.prepare.lists import celebv_images, vox_tracks
from evalkit.datasets.prepare.lists.celebvhq_json import FractionBox
from evalkit.datasets.prepare.lists.ffmpeg_crop import even_box
from evalkit.datasets.prepare.lists.vox_tracks import TrackBox
from evalkit.errors import VideoError
from evalkit.types import Frames
from tests.datasets.prepare import reference_boxes, trees
from tests.datasets.prepare.raw import decoded, scene
from tests.datasets.prepare.trees import LENGTH, Plant, Tree
from tests.e2e.conftest import Result

OTHERS = (trees.voxceleb2, trees.celebv, trees.celebv_hq, trees.hdtf, trees.talkinghead_1kh)
PLANTS = [trees.voxceleb1, *(pytest.param(plant, marks=pytest.mark.slow) for plant in OTHERS)]


def said(rows: list[dict[str, str]]) -> dict[str, str]:
    """Reasons by clip."""
    found: dict[str, str] = {}
    for row in rows:
        found[row["clip"]] = f"{found.get(row['clip'], '')} {row['reason']}".strip()
    return found


def assert_said(rows: list[dict[str, str]], expected: dict[str, str]) -> None:
    """Each clip with its reason, and no other clip."""
    found = said(rows)
    assert found.keys() == expected.keys()
    assert {clip for clip, reason in expected.items() if reason not in found[clip]} == set(), found


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_from_raw_videos_with_every_trap_to_a_table(
    plant: Plant, heads: list[Frames], tmp_path: Path, evalkit: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(celebv_images, "LENGTH", LENGTH)
    monkeypatch.setattr(vox_tracks, "_SHORTEST", LENGTH)
    tree, name, root = plant(tmp_path, heads), plant.__name__, tmp_path / "root"
    lists = ["--lists", tree.lists] if tree.lists else []
    done = evalkit("data", "prepare", name, "--raw", tree.raw, *lists, "--root", root, "--workers", 1, "--json")
    told = json.loads(done.stdout)
    assert told["made"] == len(tree.crops) and told["frames_per_second_per_core"] > 0
    report = json.loads(Path(told["report"]).read_text(encoding="utf-8"))
    assert_said(report["not_made"], tree.not_made)
    assert_said(report["left_out"], tree.left_out)
    assert_said(report["odd"], tree.odd)
    assert_crops(root, tree)

    checked = evalkit("data", "check", name, "--root", root, *(lists if tree.missing else []), "--json", "--workers", 1)
    found = json.loads(checked.stdout)
    assert found["clips"] == len(tree.crops) and not found["unreadable"] and not found["wrong_size"]
    assert {finding["clip"] for finding in found["missing"]} == set(tree.missing)
    assert {finding["clip"] for finding in found["wrong_length"]} == set(tree.wrong_length)
    assert checked.returncode == (1 if tree.missing or tree.wrong_length else 0)

    protocol = tmp_path / "mini.yaml"
    protocol.write_text(
        f"id: mini\ntitle: Mini\ntask: cross_reenactment\ndataset: {name}\npairs: {{rule: random_cross, count: 1}}\n"
        "driving: {maximum: 2}\nmetrics: ['csim[dlib]']\n"
    )
    run = evalkit(
        "run", "--protocol", protocol, "--method", "landmark_warp", "--data", root, "--out", tmp_path / "runs",
        "--workers", 1, "--no-anchors", "--json",
    )  # fmt: skip
    summary = json.loads(run.stdout)
    assert summary["pairs"]["scored"] == 1 and summary["complete"]
    assert summary["metrics"]["csim[dlib]"]["value"] > 0


def assert_crops(root: Path, tree: Tree) -> None:
    """The manifest names the clips that were to come out, and each is the reference crop to the pixel."""
    rows = csv.DictReader((root / "manifest.csv").read_text(encoding="utf-8").splitlines())
    files = {row["id"]: root / row["file"] for row in rows}
    assert files.keys() == tree.crops.keys()
    for clip, crop in tree.crops.items():
        assert np.array_equal(decoded(files[clip]), crop), clip


side = st.floats(0.0, 1.0, allow_nan=False)


@settings(max_examples=200, deadline=None)
@given(side, side, side, side, st.sampled_from([(640, 360), (1920, 1080), (854, 480), (1279, 719)]))
def test_boxes_of_celebv_hq_are_those_of_the_official_script(a, b, c, d, frame):
    top, bottom, left, right = *sorted((a, b)), *sorted((c, d))
    width, height = frame
    expected = reference_boxes.celebv_hq({"top": top, "bottom": bottom, "left": left, "right": right}, width, height)
    try:
        box, _ = FractionBox(top, bottom, left, right).on(width, height)
    except VideoError:
        assert expected[2] - expected[0] < 2
    else:
        assert box == expected


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.05, 1), st.floats(0.05, 1))
def test_squares_around_tracks_are_those_of_the_official_script(x, y, w, h):
    width, height = 1920, 1080
    union = (x * width, y * height, (x + w) * width, (y + h) * height)
    expected = reference_boxes.crop_vox(union)
    inside = min(expected[:2]) >= 0 and expected[2] <= width and expected[3] <= height
    large = max(union[2] - union[0], union[3] - union[1]) >= 256
    try:
        box, _ = TrackBox(x, y, x + w, y + h, rows=None).on(width, height)
    except VideoError:
        assert not (inside and large)
    else:
        assert inside and all(abs(ours - theirs) <= 1 for ours, theirs in zip(box, expected, strict=True))
        assert sum(ours != theirs for ours, theirs in zip(box, expected, strict=True)) <= 1, "rounding of floats only"


def test_even_boxes_are_those_of_ffmpegs_crop_filter(heads, tmp_path):
    """The official scripts of CelebV-HQ and TalkingHead-1KH crop 4:2:0 video with ffmpeg."""
    for left, top, right, bottom in ((181, 61, 437, 317), (180, 60, 435, 315), (7, 9, 100, 102)):
        graph = av.filter.Graph()
        source = graph.add_buffer(width=640, height=360, format="yuv420p", time_base="1/25")
        crop = graph.add("crop", f"w={right - left}:h={bottom - top}:x={left}:y={top}")
        sink = graph.add("buffersink")
        source.link_to(crop)
        crop.link_to(sink)
        graph.configure()
        frame = av.VideoFrame.from_ndarray(scene(heads[0], frames=1)[0], format="rgb24").reformat(format="yuv420p")
        graph.push(frame)
        box = even_box(left, top, right, bottom, 640, 360)
        assert box == reference_boxes.ffmpeg_crop(left, top, right - left, bottom - top)
        whole = frame.to_ndarray(format="gray")
        assert np.array_equal(graph.pull().to_ndarray(format="gray"), whole[box.top : box.bottom, box.left : box.right])
