"""VoxCeleb's own annotation: tubes by hand-made tracks."""

import pytest

from evalkit.datasets import DATASETS
from evalkit.datasets.prepare.jobs import Box
from evalkit.datasets.prepare.lists.vox_tracks import TrackBox, read_tracks
from evalkit.errors import DatasetError, VideoError

HEADER = "Identity  : \tid00017\nReference : \t0bA1AJCGEOo\nOffset    : \t0\nFV Conf   : \t20.2\nASD Conf  : \t5.1\n\n"


def write_track(folder, boxes, first=100, person="id00017", utterance="00001", columns="FRAME \tX \tY \tW \tH \n"):
    path = folder / "txt" / person / "0bA1AJCGEOo" / f"{utterance}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{first + i:06d} \t{x} \t{y} \t{w} \t{h} " for i, (x, y, w, h) in enumerate(boxes)]
    path.write_text(HEADER + columns + "\n".join(lines), encoding="utf-8")
    return path


def read(folder, split="test"):
    return DATASETS.get("voxceleb2").recipe.read(folder, None, split)


def test_a_still_face_is_one_tube_with_the_union_of_its_boxes(tmp_path):
    write_track(tmp_path, [(0.4 + 0.0005 * i, 0.3, 0.2, 0.4) for i in range(100)])
    (job,) = read(tmp_path).jobs
    assert (job.id, job.file) == ("id00017#0bA1AJCGEOo#000100#000200", "test/id00017#0bA1AJCGEOo#000100#000200.mp4")
    assert (job.region.left, job.region.right) == pytest.approx((0.4, 0.4 + 0.0005 * 99 + 0.2))
    assert (job.region.top, job.region.bottom) == pytest.approx((0.3, 0.7))


def test_a_jump_a_gap_and_1024_frames_end_a_tube_and_short_ones_are_left_out(tmp_path):
    write_track(tmp_path, [(0.1, 0.3, 0.2, 0.4)] * 70 + [(0.6, 0.3, 0.2, 0.4)] * 80 + [(0.1, 0.3, 0.2, 0.4)] * 63)
    write_track(tmp_path, [(0.1, 0.3, 0.2, 0.4)] * 1100, first=5000, utterance="00002")
    listing = read(tmp_path)
    spans = [(int(job.window.start), int(job.window.end)) for job in listing.jobs]
    assert spans == [(100, 170), (170, 250), (5000, 6024), (6024, 6100)]
    assert [(r.clip[-13:], r.reason) for r in listing.remarks] == [("000250#000313", "shorter than 64 frames")]


def test_a_gap_in_the_frame_numbers_ends_a_tube(tmp_path):
    path = write_track(tmp_path, [(0.1, 0.3, 0.2, 0.4)] * 140)
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:77] + lines[78:]))  # frame 170 is gone
    assert [(int(j.window.start), int(j.window.end)) for j in read(tmp_path).jobs] == [(100, 170), (171, 240)]


def test_the_square_is_grown_by_a_tenth_and_checked_against_the_frame():
    box = TrackBox(0.4, 0.3, 0.6, 0.7, rows=None)
    # 1280x720: 512-768 by 216-504, so 256x288; the square has 1.2 * 288 = 345.6 rows and columns.
    assert box.on(1280, 720) == (Box(467, 187, 812, 532), "")
    with pytest.raises(VideoError, match="the face is 144 pixels in a 640x360 video; 256 are needed"):
        box.on(640, 360)
    with pytest.raises(VideoError, match="leaves the 1280x720 frame"):
        TrackBox(0.4, 0.0, 0.6, 0.4, rows=None).on(1280, 720)


def test_voxceleb1_boxes_are_pixels_of_360_rows():
    fractions, pixels = TrackBox(0.4, 0.3, 0.6, 0.7, rows=None), TrackBox(256, 108, 384, 252, rows=360)
    assert pixels.on(1280, 720) == fractions.on(1280, 720)


def test_people_decide_about_the_split(tmp_path):
    write_track(tmp_path, [(0.4, 0.3, 0.2, 0.4)] * 64)
    write_track(tmp_path, [(0.4, 0.3, 0.2, 0.4)] * 64, person="id99999")
    assert [job.identity for job in read(tmp_path, "test").jobs] == ["id00017"]
    assert [job.file[:6] for job in read(tmp_path, "train").jobs] == ["train/"]
    assert len(read(tmp_path, "all").jobs) == 2


@pytest.mark.parametrize(
    ("boxes", "said"),
    [
        ([("a", 0.3, 0.2, 0.4)], "line 8, column 'X': expected a number, got 'a'"),
        ([(0.1, 0.3, 0, 0.4)], "line 8, column 'W': expected a width and height above 0, got '0'"),
        ([(0.1, 0.3, 0.2, "")], "line 8, column 'H': expected a value"),
        ([], "no boxes; expected six header lines"),
    ],
)
def test_bad_tracks_are_named_with_file_line_and_column(tmp_path, boxes, said):
    write_track(tmp_path, boxes)
    with pytest.raises(DatasetError) as caught:
        read_tracks(tmp_path / "txt", ("id00017",), "test", fractions=True)
    assert said in str(caught.value) and "00001.txt" in str(caught.value)
