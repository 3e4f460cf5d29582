"""The face window that HDTF's second way of cropping finds in the video itself."""

import json
from pathlib import Path

import numpy as np
import pytest

from evalkit.datasets.prepare import faces
from evalkit.datasets.prepare.faces import FoundWindow, Sighting, dlib_face, sight_faces
from evalkit.datasets.prepare.jobs import Box, FaceWindow
from evalkit.datasets.prepare.lists.hdtf_lists import read_lists
from evalkit.errors import DatasetError, VideoError
from evalkit.extractors import EXTRACTORS
from tests.datasets.prepare.raw import cut, decoded, scene, write_raw
from tests.datasets.prepare.test_hdtf_lists import LISTS, write_lists
from tests.e2e.conftest import assert_explained

RATIOS = LISTS | {"crop_ratio": "Ann0_0.mp4 1.2\nAnn0_1.mp4 0.95\n"}


def window(union, ratio=1.0, found=3, looked=3):
    return FoundWindow(Sighting(union, found, looked), ratio)


def test_the_window_is_the_square_around_the_union_enlarged_about_its_middle():
    # 100 wide and 80 high around (150, 140), 1.2 times: 120 from 90 and 80
    assert window((100, 100, 200, 180), 1.2).on(640, 360) == (Box(90, 80, 210, 200), "")


def test_a_window_that_leaves_the_frame_is_moved_or_made_smaller_and_that_is_said():
    assert window((0, 10, 100, 90), 1.2).on(640, 360) == (
        Box(0, 0, 120, 120),
        "window moved from -10--10 into the frame",
    )
    box, note = window((0, 0, 400, 400), 1.2, found=2).on(640, 360)
    assert box == Box(20, 0, 380, 360)
    assert note.startswith("face found in 2 of 3 frames; window of 480 pixels made smaller, to 360")
    with pytest.raises(VideoError, match="no face was found in 7 frames of the clip"):
        FoundWindow(Sighting(looked=7), 1.2).on(640, 360)


def test_every_fifth_frame_of_each_clip_is_looked_at_and_regions_are_joined(tmp_path, heads):
    path = write_raw(tmp_path / "video", scene(heads[0], frames=20))
    seen = []

    def find(image):
        number = int(image[70, 190, 0]) // 3  # the corner of the head tells it
        seen.append(number)
        return None if number == 12 else (number, 10.0, 100.0 + number, 50.0)

    found = sight_faces(path, {"a": range(2, 18), "b": range(7, 9), "beyond": range(30, 40)}, find)
    assert seen == [2, 7, 12, 17], "a frame that two clips want is looked at once"
    assert found["a"] == Sighting((2, 10.0, 117.0, 50.0), found=3, looked=4)
    assert found["b"] == Sighting((7, 10.0, 107.0, 50.0), found=1, looked=1)
    assert found["beyond"] == Sighting()


def test_a_region_goes_from_the_forehead_to_the_chin_whatever_the_size_of_the_picture(heads):
    points = EXTRACTORS.get("dlib68").load()(heads[0][:1], {})["points"][0]
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    find = dlib_face()
    assert find(heads[0][0]) == (left, top - 0.5 * (bottom - top), right, bottom)
    large = heads[0][0].repeat(4, axis=0).repeat(4, axis=1)  # 1024 pixels, shrunk by 2
    assert np.allclose(np.array(find(large)) / 4, find(heads[0][0]), atol=3)
    assert find(np.zeros((360, 640, 3), np.uint8)) is None


def test_ratios_take_the_place_of_boxes_and_resolutions(tmp_path, shared):
    first, second = read_lists(write_lists(tmp_path, **RATIOS), redetect=True).jobs
    assert (first.region, second.region, first.height) == (FaceWindow(1.2), FaceWindow(0.95), None)
    published = read_lists(shared / "lists" / "hdtf", redetect=True)
    assert len(published.jobs) == 421, "also the two clips of which no resolution is known"
    assert {job.region.ratio for job in published.jobs} == {0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.1, 1.2}


@pytest.mark.parametrize("ratio", ["x", "0", "-1.2", "nan", "12"])
def test_a_ratio_that_is_none_is_named(tmp_path, ratio):
    lists = write_lists(tmp_path, **(RATIOS | {"crop_ratio": f"Ann0_0.mp4 {ratio}"}))
    with pytest.raises(DatasetError, match=r"RD_crop_ratio\.txt line 1, column 'ratio': expected a number above 0"):
        read_lists(lists, redetect=True)


def test_prepare_finds_the_face_of_another_rendition(tmp_path, heads, evalkit):
    lists = write_lists(tmp_path, **(RATIOS | {"annotion_time": "Ann0.mp4 00:00-00:01 00:01-00:02"}))
    pictures = scene(heads[0], frames=12)
    pictures[6:] = 0  # nobody is there any more
    write_raw(tmp_path / "raw" / "RD_Ann0", pictures, 6)
    arguments = ("data", "prepare", "hdtf", "--raw", tmp_path / "raw", "--lists", lists, "--root", tmp_path / "root")
    done = evalkit(*arguments, "--redetect", "--workers", 1, "--json")
    told = json.loads(done.stdout)
    assert told["made"] == 1
    assert [remark["reason"] for remark in told["not_made"]] == ["no face was found in 2 frames of the clip"]
    find = dlib_face()
    seen = np.array([find(pictures[index]) for index in range(0, 6, faces.STRIDE)])
    union = (*seen[:, :2].min(axis=0), *seen[:, 2:].max(axis=0))
    side = round(1.2 * max(union[2] - union[0], union[3] - union[1]))
    corner = [round((union[axis] + union[axis + 2] - side) / 2) for axis in (0, 1)]
    box = (corner[0], corner[1], corner[0] + side, corner[1] + side)
    assert min(box) >= 0 and box[2] <= 640 and box[3] <= 360
    assert np.array_equal(decoded(tmp_path / "root" / "RD_Ann0_000.mp4"), cut(pictures[:6], box, 512))
    assert Path(told["report"]).read_text(encoding="utf-8").count("moved") == 0


def test_other_datasets_have_no_use_for_it(evalkit, tmp_path):
    told = evalkit("data", "prepare", "voxceleb1", "--raw", tmp_path, "--root", tmp_path / "x", "--redetect")
    assert_explained(told, "have no use for --redetect; only hdtf's say how to find a face")
