"""The real HDTF lists read whole, and their traps on small copies."""

from collections import Counter

import pytest

from evalkit.datasets import DATASETS
from evalkit.datasets.prepare.commands import fetch_list
from evalkit.datasets.prepare.jobs import Box
from evalkit.datasets.prepare.lists.hdtf_lists import SUBSETS, ReferenceBox, identity_of, read_lists
from evalkit.datasets.prepare.textfile import read_lines
from evalkit.errors import DatasetError, VideoError

LISTS = {
    "video_url": "Ann0 https://www.youtube.com/watch?v=AAAAAAAAAAA\n",
    "annotion_time": "Ann0.mp4 00:00-00:01 01:02-02:03\n",
    "resolution": "Ann0.mp4 360\n",
    "crop_wh": "Ann0_0.mp4 180 256 60 256\nAnn0_1.mp4 100 300 20 300",
}


def write_lists(folder, **changes):
    for subset in SUBSETS:
        for kind, text in (LISTS | changes).items():
            (folder / f"{subset}_{kind}.txt").write_text(text if subset == "RD" else "", encoding="utf-8")
    return folder


def test_the_published_lists_have_370_videos_436_intervals_and_421_crops(shared):
    folder = shared / "lists" / "hdtf"
    count = {
        kind: sum(len(read_lines(folder / f"{s}_{kind}.txt")) for s in SUBSETS) for kind in ("video_url", "crop_wh")
    }
    intervals = sum(len(line.split()) - 1 for s in SUBSETS for _, line in read_lines(folder / f"{s}_annotion_time.txt"))
    assert (count["video_url"], intervals, count["crop_wh"]) == (370, 436, 421)
    listing = read_lists(folder)
    reasons = Counter(remark.reason for remark in listing.remarks)
    assert reasons == {
        "no crop in the list": 15,
        "no interval in the list": 1,
        "the list knows no resolution for its box": 2,
    }
    assert len(listing.jobs) == 421 - 2
    assert Counter(job.id.partition("_")[0] for job in listing.jobs) == {"RD": 64, "WDA": 189, "WRA": 166}
    hours = sum(float(job.window.end - job.window.start) for job in listing.jobs) / 3600
    assert 16 < hours < 17.1


def test_every_clip_of_the_usual_test_set_is_made_from_the_lists(shared):
    made = {job.id for job in read_lists(shared / "lists" / "hdtf").jobs}
    assert {"RD_Radio39_000", "WDA_StenyHoyer_000", "WRA_BobGoodlatte0_003", "WRA_RogerWicker1_001"} <= made


def test_what_to_fetch_names_rendition_and_file(shared):
    fetches = {fetch.save_as: fetch for fetch in fetch_list(read_lists(shared / "lists" / "hdtf").jobs)}
    radio = fetches["RD_Radio11"]
    assert (radio.first_s, radio.last_s, radio.height, radio.clips) == ("30.00", "150.00", "720", 2)
    assert fetches["WDA_CarolynMaloney2"].url.startswith("https://www.youtube.com/"), "the file begins with a BOM"


def test_a_clip_is_an_interval_in_seconds_and_a_square(tmp_path):
    first, second = read_lists(write_lists(tmp_path)).jobs
    assert (first.id, first.videos) == ("RD_Ann0_000", ("RD_Ann0", "Ann0", "AAAAAAAAAAA"))
    assert second.window.seconds == (62.0, 123.0)
    assert first.region.on(640, 360) == (Box(180, 60, 436, 316), "")


def test_another_rendition_scales_the_box_and_says_so():
    region = ReferenceBox(Box(180, 60, 436, 316), 360)
    assert region.on(1280, 720) == (Box(360, 120, 872, 632), "the video has 720 rows, the list 360; box scaled")
    with pytest.raises(VideoError, match="leaves the 400x360 frame; the list is made for 360 rows"):
        region.on(400, 360)


@pytest.mark.parametrize(
    ("clip", "person"),
    [("WDA_EdMarkey1_000", "EdMarkey"), ("WRA_MittRomney_003", "MittRomney"), ("RD_Radio39_000", "RD_Radio39")],
)
def test_identity_is_the_name_without_its_number(clip, person):
    assert identity_of(clip) == person


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"crop_wh": "Ann0_0.mp4 180 256 60\n"}, "RD_crop_wh.txt line 1: expected 5 columns"),
        ({"crop_wh": "Ann0_0.mp4 180 256 60 255\n"}, "RD_crop_wh.txt line 1, column 'height': expected the width, 256"),
        ({"crop_wh": "Ann0_0.mp4 18o 256 60 256\n"}, "column 'x': expected a whole number from 0, got '18o'"),
        ({"annotion_time": "Ann0.mp4 0-1\n"}, "RD_annotion_time.txt line 1, column 'intervals': expected mm:ss-mm:ss"),
        (
            {"annotion_time": "Ann0.mp4 01:00-00:59\n"},
            "column 'intervals': expected intervals that end after they start",
        ),
        (
            {"resolution": "Ann0.mp4 720\nAnn0.mp4 1080\n"},
            "RD_resolution.txt line 2, column 'name': expected every name once",
        ),
        ({"resolution": "Ann0.mp4 720p\n"}, "column 'height': expected a whole number from 0, got '720p'"),
        (
            {"video_url": "../../Ann0 https://x\n"},
            "RD_video_url.txt line 1, column 'name': expected a name without slashes",
        ),
        ({"video_url": "Ann0\n"}, "RD_video_url.txt line 1: expected 2 columns"),
    ],
)
def test_bad_lists_are_named_with_file_line_and_column(tmp_path, changes, said):
    with pytest.raises(DatasetError) as caught:
        read_lists(write_lists(tmp_path, **changes))
    assert said in str(caught.value)


def test_absent_lists_are_named(tmp_path):
    with pytest.raises(DatasetError, match=r"RD_video_url\.txt: no such file; the official lists are needed whole"):
        read_lists(tmp_path)
    with pytest.raises(DatasetError, match="expected the folder HDTF_dataset"):
        DATASETS.get("hdtf").recipe.read(None, None, "all")
    (write_lists(tmp_path) / "RD_resolution.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match=r"RD_resolution\.txt: not UTF-8 text"):
        read_lists(tmp_path)
