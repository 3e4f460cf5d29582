"""Groups of driving frames: bounds, angles, attributes."""

import numpy as np
import pytest

from evalkit.errors import DatasetError, UnknownNameError
from evalkit.runs.slices.conditions import BINS, NO_FACE, Clips, grouped, read_attributes, turn
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank
from evalkit.types import Pair
from tests.fakes import make_clip, make_protocol

PAIRS = [Pair(f"s--{name}", make_clip("s", "anna"), (0,), make_clip(name, name)) for name in ("d", "e")]


@pytest.fixture
def clips(tmp_path):
    return Clips(make_protocol(), FeatureBank(FeatureCache(tmp_path)))


def test_a_bound_belongs_to_the_group_above_it_and_no_face_has_its_own():
    yaw = BINS["yaw"]
    assert yaw.names == ("yaw below 15 degrees", "yaw 15 to 30 degrees", "yaw 30 to 45 degrees", "yaw from 45 degrees")
    assert yaw.named(np.array([14.9, 15, 44, 45, np.nan])) == (*(yaw.names[i] for i in (0, 1, 2, 3)), NO_FACE)


def test_angles_are_to_either_side(clips, monkeypatch):
    angles = np.deg2rad([[-40.0, 5.0, 0.0], [40.0, -15.0, 25.0]])
    monkeypatch.setattr(Clips, "driving", lambda self, pair, extractor: {"angles": angles})
    found = {name: grouped(name, {PAIRS[0]: 2}, clips, {}).of_pair["s--d"] for name in ("yaw", "pitch", "roll")}
    assert found["yaw"] == ("yaw 30 to 45 degrees",) * 2
    assert found["pitch"] == ("pitch below 10 degrees", "pitch 10 to 20 degrees")
    assert found["roll"] == ("roll below 10 degrees", "roll from 20 degrees")


def test_the_gap_of_pose_is_the_turn_from_the_source_to_the_first_driving_frame(clips, monkeypatch):
    def about_y(degrees):
        cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
        return np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])

    assert turn(about_y(50)[None], about_y(20)[None]) == pytest.approx(30)
    monkeypatch.setattr(Clips, "driving", lambda *_: {"rotation": np.stack([about_y(-10), about_y(80)])})
    monkeypatch.setattr(Clips, "source", lambda *_: {"rotation": about_y(5)[None]})
    (group,) = set(grouped("pose_gap", {PAIRS[0]: 2}, clips, {}).of_pair["s--d"])
    assert group == "source and first driving frame 10 to 20 degrees apart"


def test_motion_is_a_share_of_the_frame_and_of_the_whole_clip(clips, monkeypatch):
    # The first frame has no step; one step of 0.05 pixels in frames of 16 is 0.31 %.
    monkeypatch.setattr(Clips, "driving", lambda *_: {"motion": np.array([[0.0], [0.05]])})
    (group,) = set(grouped("motion", {PAIRS[0]: 2}, clips, {}).of_pair["s--d"])
    assert group == "motion per frame 0.2 to 0.5 % of the side"


def test_quarters_of_a_clip(clips):
    found = grouped("position", {PAIRS[0]: 4, PAIRS[1]: 8}, clips, {})
    assert found.of_pair["s--d"] == found.order[:4]
    assert found.of_pair["s--e"] == tuple(name for name in found.order[:4] for _ in range(2))


def test_attributes_are_those_of_the_driving_clip_unless_the_source_is_named(clips, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("clip,attribute,value\nd,hair,long\ns,hair,short\n")
    labels = read_attributes(path)
    lengths = dict.fromkeys(PAIRS, 1)
    assert grouped("hair", lengths, clips, labels).of_pair == {"s--d": ("hair long",), "s--e": ("hair not stated",)}
    assert grouped("hair", lengths, clips, labels).order == ("hair long", "hair not stated")
    assert set(grouped("source.hair", lengths, clips, labels).of_pair.values()) == {("source.hair short",)}


@pytest.mark.parametrize(
    ("text", "why"),
    [("clip,value\nd,long\n", "'attribute' is missing"), ("clip,attribute,value\nd,hair,a\nd,hair,b\n", "'a', as the")],
)
def test_a_file_that_says_nothing_or_two_things_is_refused(tmp_path, text, why):
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(DatasetError, match=why):
        read_attributes(tmp_path / "labels.csv")


def test_an_unknown_grouping_suggests_the_nearest(clips):
    with pytest.raises(UnknownNameError, match="Did you mean 'yaw'"):
        grouped("yow", dict.fromkeys(PAIRS, 1), clips, {})
