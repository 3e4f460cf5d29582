"""Pictures of the worst pairs: a row for the driving clip and each side, as far as their clips are there."""

import json
from dataclasses import replace

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.errors import VideoError
from evalkit.gating.side import read_side
from evalkit.gating.strips import GAP, MOMENTS, TEXT, TILE, _moments, _picture, write_strips
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


def test_the_layout_of_a_picture():
    """Five tiles of 160 pixels, 4 between them, below a title of 18; rows without frames are left out."""
    tiles = np.stack([np.full((160, 160, 3), 20 * moment, np.uint8) for moment in range(1, 6)])
    sheet = _picture({"driving": tiles, "gone": None, "b": tiles + 100})
    assert sheet.shape == (2 * 182, 816, 3) and (MOMENTS, TILE, GAP, TEXT) == (5, 160, 4, 18)
    for row, more in enumerate((0, 100)):
        for moment in range(5):
            top, left = row * 182 + 18, moment * 164
            assert (sheet[top : top + 160, left : left + 160] == 20 * (moment + 1) + more).all()
            assert (sheet[top : top + 164, left + 160 : left + 164] == 255).all()
        assert (sheet[row * 182 + 178 : row * 182 + 182] == 255).all()
        title = sheet[row * 182 : row * 182 + 18]
        assert (
            title.min() == 30
            and (title[:, :4] == 255).all()
            and (title[0] == 255).all()
            and (title[:, 400:] == 255).all()
        )


@pytest.mark.parametrize(
    ("count", "taken"), [(1, [0] * 5), (5, [0, 1, 2, 3, 4]), (9, [0, 2, 4, 6, 8]), (2, [0, 0, 0, 1, 1])]
)
def test_moments_of_clips_of_any_length(count, taken):
    frames = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    found = _moments(iter([frames[:1], frames[1:]]))
    assert found.shape == (5, 160, 160, 3) and found[:, 80, 80, 0].tolist() == taken


def test_a_clip_that_breaks_off_has_no_moments():
    def chunks(error):
        yield np.zeros((1, 8, 8, 3), np.uint8)
        raise error

    assert _moments(chunks(VideoError("damaged"))) is None and _moments(chunks(OSError("gone"))) is None
