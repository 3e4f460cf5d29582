"""CelebV-HQ's JSON."""

import json
from fractions import Fraction

import pytest

from evalkit.datasets import DATASETS
from evalkit.datasets.prepare.jobs import Box
from evalkit.datasets.prepare.lists.celebvhq_json import FractionBox, identity_of, read_info
from evalkit.errors import DatasetError

CLIP = {
    "ytb_id": "M2Ohb0FAaJU",
    "duration": {"start_sec": 81.62, "end_sec": 86.17},
    "bbox": {"top": 0.0, "bottom": 0.8815, "left": 0.1964, "right": 0.6922},
    "attributes": {"appearance": [0, 0, 1]},
    "version": "v0.1",
}


def write(folder, clips):
    path = folder / "celebvhq_info.json"
    path.write_text(json.dumps({"meta_info": {}, "clips": clips}), encoding="utf-8")
    return path


def changed(**keys):
    return {"M2Ohb0FAaJU_1": CLIP | keys}


def test_a_clip_has_exact_seconds_and_a_video_for_an_identity(tmp_path):
    (job,) = read_info(write(tmp_path, changed())).jobs
    assert (job.id, job.file, job.identity) == ("M2Ohb0FAaJU_1", "M2Ohb0FAaJU_1.mp4", "M2Ohb0FAaJU")
    assert (job.window.start, job.window.end) == (Fraction("81.62"), Fraction("86.17"))
    # 25 fps: 2040.5 <= i < 2154.25
    assert job.window.frames(Fraction(25)) == range(2041, 2155)
    assert identity_of("_0tf2n3rlJU_0") == "_0tf2n3rlJU"


def test_the_box_is_grown_rounded_and_made_square_with_its_shorter_side():
    box, _ = FractionBox(0.0, 0.8815, 0.1964, 0.6922).on(1920, 1080)
    # rows 0 to round(0.9015 * 1080) = 974; columns round(0.1764 * 1920) = 339 to round(0.7122 * 1920) = 1367;
    # half the shorter side is 487, so 974 around (853, 487): 366 to 1340 and 0 to 974, all even.
    assert box == Box(366, 0, 1340, 974)


@pytest.mark.parametrize(
    ("clips", "said"),
    [
        (changed(ytb_id=7), "clip 'M2Ohb0FAaJU_1', key 'ytb_id': expected text, got 7"),
        (changed(ytb_id="../x"), "column 'ytb_id': expected a name without slashes"),
        (changed(duration={"start_sec": 5.0}), "clip 'M2Ohb0FAaJU_1': key 'duration.end_sec' is missing"),
        (changed(duration={"start_sec": 5.0, "end_sec": 5.0}), "key 'duration.end_sec': expected more than 5.0"),
        (changed(bbox=CLIP["bbox"] | {"top": "0.1"}), "key 'bbox.top': expected a number, got '0.1'"),
        (changed(bbox=CLIP["bbox"] | {"top": 10**400}), "key 'bbox.top': expected at most 1000000000.0"),
        ({"../../M2Ohb0FAaJU_1": CLIP}, "column 'clips': expected a name without slashes"),
        ([], "key 'clips' is missing"),
    ],
)
def test_bad_entries_are_named_by_clip_and_key(tmp_path, clips, said):
    with pytest.raises(DatasetError) as caught:
        read_info(write(tmp_path, clips))
    assert said in str(caught.value) and "celebvhq_info.json" in str(caught.value)


def test_an_entry_that_comes_again_word_for_word_is_left_out_and_reported(tmp_path):
    text = json.dumps(CLIP)
    path = tmp_path / "celebvhq_info.json"
    path.write_text(f'{{"clips": {{"a_0": {text}, "a_0": {text}}}}}')
    listing = read_info(path)
    assert [job.id for job in listing.jobs] == ["a_0"]
    assert [(remark.clip, remark.reason) for remark in listing.remarks] == [("a_0", "duplicate entry")]


def test_broken_json_is_named_with_line_and_column_and_a_repeated_clip_by_its_key(tmp_path):
    path = tmp_path / "celebvhq_info.json"
    path.write_text('{"clips":\n {"a_0": }}')
    with pytest.raises(DatasetError, match=r"line 2, column 10: not JSON"):
        read_info(path)
    text = json.dumps(CLIP)
    path.write_text(f'{{"clips": {{"a_0": {text}, "a_0": {text.replace("0.8815", "0.88")}}}}}')
    with pytest.raises(DatasetError, match="the key 'a_0' appears twice"):
        read_info(path)
    with pytest.raises(DatasetError, match=r"expected celebvhq_info\.json"):
        DATASETS.get("celebv_hq").recipe.read(tmp_path / "nowhere", None, "all")


@pytest.mark.parametrize(
    ("number", "said"), [("1e999999999", "the number 1e999999999 is larger"), ("1e-999999999", None)]
)
def test_numbers_of_any_exponent_take_no_time(tmp_path, number, said):
    path = write(tmp_path, changed(duration={"start_sec": 0.5, "end_sec": 5.0}))
    path.write_text(path.read_text().replace("0.5", number, 1))
    if said is None:
        assert read_info(path).jobs[0].window.start == 0
    else:
        with pytest.raises(DatasetError, match=said):
            read_info(path)
