"""Outputs brought to the protocol's frames, and errors that name the option that does it."""

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.errors import ScoreError
from evalkit.records.output_rules import OutputRules
from evalkit.runs.prepared_output import fitting
from tests.fakes import SIZE, make_pair, make_protocol, noise

DRIVING = 10
MADE = noise(DRIVING, seed=3)


@pytest.fixture
def fit(tmp_path):
    """What is scored of an output with these frames."""
    video.write_video(tmp_path / "driving.mkv", [noise(DRIVING)], 25)
    pair = make_pair(tmp_path / "driving.mkv", tmp_path / "driving.mkv")

    def call(frames, rules=None, **protocol):
        video.write_video(tmp_path / "s--d.mkv", [frames], 25)
        found = fitting(tmp_path / "s--d.mkv", OutputRules(**(rules or {})), pair, make_protocol(**protocol))
        got = np.concatenate(list(found.frames("accurate", chunk=3)))
        assert found.count == len(got)
        return got, found.notes

    return call


def beside(*columns):
    return np.concatenate(columns, axis=2)


def grid(*columns):
    """As torchvision's make_grid: 2 black pixels around every picture."""
    count, (frames, side) = len(columns), columns[0].shape[:2]
    found = np.zeros((frames, side + 4, 2 + count * (side + 2), 3), np.uint8)
    for place, column in enumerate(columns):
        left = 2 + place * (side + 2)
        found[:, 2 : side + 2, left : left + side] = column
    return found


OTHER = noise(DRIVING, seed=4)


@pytest.mark.parametrize(
    ("frames", "rules"),
    [
        (MADE, {}),
        (np.concatenate([OTHER[:2], MADE]), {"skip_first": 2}),
        (beside(OTHER, MADE), {"crop": "right-half"}),
        (beside(OTHER, MADE, OTHER), {"crop": "middle-third"}),
        (beside(OTHER, OTHER, OTHER, MADE), {"crop": "4/4"}),
        (grid(OTHER, MADE, OTHER), {"crop": "middle-third"}),
        (grid(OTHER, OTHER, MADE, OTHER), {"crop": "3/4"}),
        (np.pad(MADE, ((0, 0), (3, 1), (2, 5), (0, 0))), {"crop": f"2,3,{SIZE},{SIZE}"}),
        (MADE.repeat(2, axis=1).repeat(2, axis=2), {"resize": "box"}),
        (MADE, {"resize": "lanczos"}),
        (beside(OTHER, MADE).repeat(2, axis=1).repeat(2, axis=2), {"crop": "right-half", "resize": "nearest"}),
    ],
)
def test_the_same_frames_come_out_of_every_package(fit, frames, rules):
    got, notes = fit(frames, rules)
    assert np.array_equal(got, MADE) and notes == ()


RULE = {"driving": {"start": 1, "stride": 2, "maximum": 3}}


@pytest.mark.parametrize("before", [0, 1])
def test_of_whole_clips_the_frames_of_the_protocol_are_taken(fit, before):
    frames = np.concatenate([OTHER[:before], MADE])
    got, notes = fit(frames, {"whole_clips": True, "skip_first": before}, **RULE)
    assert np.array_equal(got, MADE[[1, 3, 5]]) and notes == ()


def test_a_margin_at_the_end_is_that_of_the_driving_clip(fit):
    got, _ = fit(MADE, {"whole_clips": True}, driving={"end_margin": 4})
    assert np.array_equal(got, MADE[:6])


def test_an_end_that_is_not_scored_may_be_missing(fit):
    got, notes = fit(MADE[:6], {"whole_clips": True}, **RULE)
    assert np.array_equal(got, MADE[[1, 3, 5]])
    assert notes == ("it lacks the end of the driving clip (6 of 10 frames), which is not scored",)
    with pytest.raises(ScoreError, match=r"short: .* has 5 frames for the 10 frames of the driving clip$"):
        fit(MADE[:5], {"whole_clips": True}, **RULE)


@pytest.mark.parametrize(
    ("count", "rules", "protocol", "message"),
    [
        (9, {}, {}, r"short: .*s--d\.mkv has 9 frames for the 10 driving frames of the protocol$"),
        (11, {}, {}, r"long: .* 11 frames for the 10 .*\. If its first frame is the source, add --skip-first 1\.$"),
        (12, {}, {}, r"long: .* has 12 frames for the 10 driving frames of the protocol$"),
        (12, {"skip_first": 1}, {}, r"long: .* has 11 frames after --skip-first 1 for the 10 .* protocol$"),
        (5, {"skip_first": 9}, {}, r"short: .* has 0 frames after --skip-first 9"),
        (10, {}, RULE, r"for the 3 .*\. It looks like one frame for each .* clip: add --whole-clips\.$"),
        (11, {}, RULE, r"driving clip and the source before it: add --whole-clips --skip-first 1\.$"),
        (11, {"whole_clips": True}, RULE, r"long: .* 11 frames for the 10 frames .* clip\. .*add --skip-first 1\.$"),
    ],
)
def test_errors_of_length_name_the_option(fit, count, rules, protocol, message):
    with pytest.raises(ScoreError, match=message):
        fit(noise(count), rules, **protocol)


@pytest.mark.parametrize(
    ("height", "width", "rules", "message"),
    [
        (32, 32, {}, r"is 32x32, small is scored at 16x16\. Add --resize FILTER"),
        (16, 32, {}, r"is 32x16, .* 2 pictures side by side: .* --crop right-half \(or left-half\)\.$"),
        (16, 48, {}, r"3 pictures side by side: .* --crop right-third \(or middle-third, left-third\)\.$"),
        (16, 64, {}, r"4 pictures side by side: .* --crop 4/4 \(the last; 1/4 is the first\)\.$"),
        (20, 56, {}, r"is 56x20, .* 3 pictures side by side: .* --crop right-third"),
        (32, 64, {}, r"2 pictures side by side: .* --crop right-half \(or left-half\), with --resize FILTER\.$"),
        (20, 30, {}, r"Cut the result out with --crop x,y,w,h, with --resize FILTER if that has another size\.$"),
        (20, 30, {"resize": "bicubic"}, r"Cut the result out with --crop x,y,w,h\.$"),
        (20, 30, {"crop": "right-half"}, r"is 15x20 after --crop right-half, .* Give --crop x,y,w,h of a square"),
        (16, 32, {"crop": "right-third"}, r"wrong size: .*: --crop right-third does not fit a frame of 32x16"),
        (32, 64, {"crop": "right-half"}, r"is 32x32 after --crop right-half, .* Add --resize FILTER"),
    ],
)
def test_errors_of_size_name_the_option(fit, height, width, rules, message):
    with pytest.raises(ScoreError, match=message):
        fit(noise(DRIVING, height, width), rules)
