"""Pictures of the worst pairs: a row for the driving clip and each side, as far as their clips are there."""

import json
from dataclasses import replace

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.gating.side import read_side
from evalkit.gating.strips import GAP, MOMENTS, TEXT, TILE, write_strips
from tests.fakes import SIZE, make_protocol
from tests.gating.conftest import values

GREY = {"driving": 40, "a": 120, "b": 200}
ROW = TEXT + TILE + GAP
FRAMES = 7


@pytest.fixture
def sides(make_run, tmp_path):
    """Two runs over one clip, p00; the driving clip and each generated one begin at a grey of their own and get lighter
    by one level per frame."""

    def clip(path, grey):
        levels = np.arange(grey, grey + FRAMES, dtype=np.uint8)[:, None, None, None]
        video.write_video(path, [np.broadcast_to(levels, (FRAMES, SIZE, SIZE, 3))], 25)

    clip(tmp_path / "data" / "p00.mkv", GREY["driving"])
    made = []
    for name in "ab":
        folder = make_run(name, {"l1": values(count=1)["akd[dlib68]"]}, pairs=[("p00", "p00")])
        header = json.loads((folder / "run.json").read_text())
        header |= {"protocol": make_protocol().model_dump(mode="json"), "data": str(tmp_path / "data")}
        (folder / "run.json").write_text(json.dumps(header))
        clip(folder / "generated" / "p00.mkv", GREY[name])
        outcome = folder / "pairs" / "p00.json"
        outcome.write_text(json.dumps(json.loads(outcome.read_text()) | {"generated": "generated/p00.mkv"}))
        made.append(read_side(folder))
    return made


def rows_of(path):
    """The grey in the middle of each row's first tile."""
    picture = video.read_frames(path, [0])[0]
    assert picture.shape[1] == MOMENTS * (TILE + GAP) - GAP
    return [int(picture[top + TEXT + TILE // 2, TILE // 2, 0]) for top in range(0, picture.shape[0], ROW)]


def test_driving_baseline_and_candidate(sides, tmp_path):
    written = write_strips(*sides, ["p00"], tmp_path / "strips")
    assert rows_of(written["p00"]) == [GREY["driving"], GREY["a"], GREY["b"]]


def test_moments_are_spread_from_the_first_frame_to_the_last(sides, tmp_path):
    written = write_strips(*sides, ["p00"], tmp_path / "strips")
    line = video.read_frames(written["p00"], [0])[0][2 * ROW + TEXT + TILE // 2, :, 0]
    tiles = [int(line[place * (TILE + GAP) + TILE // 2]) - GREY["b"] for place in range(MOMENTS)]
    assert tiles == np.linspace(0, FRAMES - 1, MOMENTS).round().tolist()


def test_a_candidate_that_does_not_say_where_its_data_was_has_no_driving_row(sides, tmp_path):
    written = write_strips(sides[0], replace(sides[1], header=None), ["p00"], tmp_path / "strips")
    assert rows_of(written["p00"]) == [GREY["a"], GREY["b"]]


def test_a_baseline_file_has_no_row(sides, tmp_path):
    written = write_strips(replace(sides[0], folder=None), sides[1], ["p00"], tmp_path / "strips")
    assert rows_of(written["p00"]) == [GREY["driving"], GREY["b"]]


def test_without_the_data_there_is_no_driving_row(sides, tmp_path):
    (tmp_path / "data" / "p00.mkv").unlink()
    written = write_strips(*sides, ["p00"], tmp_path / "strips")
    assert rows_of(written["p00"]) == [GREY["a"], GREY["b"]]


def test_without_generated_clips_there_is_no_picture(sides, tmp_path):
    for side in sides:
        (side.path / "generated" / "p00.mkv").unlink()
    assert write_strips(*sides, ["p00"], tmp_path / "strips") == {}
