"""TalkingHead-1KH's tubes."""

import pytest

from evalkit.datasets import DATASETS
from evalkit.datasets.prepare.commands import fetch_list
from evalkit.datasets.prepare.jobs import Box
from evalkit.datasets.prepare.lists.th1kh_tubes import ChunkBox, identity_of, length_of, read_tubes
from evalkit.errors import DatasetError, VideoError

LINE = "--Y9imYnfBw_0000,720,1280,0,271,504,63,792,351"


def read(folder, *lines):
    path = folder / "val_video_tubes.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_tubes(path, "val")


def test_a_line_becomes_a_clip_of_its_own_size(tmp_path):
    (job,) = read(tmp_path, LINE).jobs
    assert job.file == "val/cropped_clips/--Y9imYnfBw_0000_S0_E271_L504_T63_R792_B351.mp4"
    assert (job.size, job.videos, job.identity) == (None, ("--Y9imYnfBw_0000",), "--Y9imYnfBw")
    assert job.window.frames(30) == range(272), "first and last frame are both part of it, whatever the rate"
    assert job.url.endswith("watch?v=--Y9imYnfBw") and length_of(job.id) == 272 and identity_of(job.id) == job.identity


def test_what_is_fetched_are_videos_not_chunks_of_them(tmp_path):
    jobs = read(tmp_path, LINE, LINE.replace("_0000", "_0012"), LINE.replace("--Y9imYnfBw", "a_b")).jobs
    fetches = [(fetch.save_as, fetch.url[-11:], fetch.height, fetch.clips) for fetch in fetch_list(jobs)]
    assert fetches == [("--Y9imYnfBw", "--Y9imYnfBw", "720", 2), ("a_b", "watch?v=a_b", "720", 1)]


def test_repeated_lines_are_left_out_and_reported(tmp_path):
    listing = read(tmp_path, LINE, LINE, LINE.replace("271", "200"))
    assert (len(listing.jobs), [r.reason for r in listing.remarks]) == (2, ["repeats val_video_tubes.txt line 1"])


def test_boxes_are_rounded_as_script_and_crop_filter_do():
    region = ChunkBox(Box(504, 63, 792, 351), 1280, 720)
    assert region.on(1280, 720)[0] == Box(504, 62, 792, 350), "ffmpeg's crop takes an even corner"
    assert region.on(1920, 1080)[0] == Box(756, 94, 1188, 526)
    with pytest.raises(VideoError, match="leaves the 1280x720 frame"):
        ChunkBox(Box(504, 63, 1300, 351), 1280, 720).on(1280, 720)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (LINE.removesuffix(",351"), "line 1: expected 9 columns (name,H,W,S,E,L,T,R,B), got 8"),
        (LINE.replace("271", "x"), "line 1, column 'E': expected a whole number from 0, got 'x'"),
        (LINE.replace(",0,271", ",300,271"), "column 'E': expected a frame from S, 300, on, got '271'"),
        (LINE.replace("--Y", "../Y"), "column 'name': expected a name without slashes"),
        (LINE.replace("1280", "0"), "column 'W': expected a whole number from 1, got '0'"),
    ],
)
def test_bad_lines_are_named(tmp_path, line, said):
    with pytest.raises(DatasetError) as caught:
        read(tmp_path, line)
    assert said in str(caught.value) and "val_video_tubes.txt" in str(caught.value)


def test_the_list_of_the_asked_part_is_read(tmp_path):
    recipe = DATASETS.get("talkinghead_1kh").recipe
    (tmp_path / "small_video_tubes.txt").write_text(LINE)
    assert len(recipe.read(tmp_path, None, "small").jobs) == 1
    with pytest.raises(DatasetError, match=r"with val_video_tubes\.txt"):
        recipe.read(tmp_path, None, "val")
