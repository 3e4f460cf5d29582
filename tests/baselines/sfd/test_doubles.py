"""Doubles: which clips show the same motion, and who is seen where a share of the pairs is doubled."""

import csv

import numpy as np
import pytest
import torch

from baselines.sfd.lab.data import main as render
from baselines.sfd.lab.training.config import Data
from baselines.sfd.lab.training.corpus import Corpus, TrainingClip, load_corpus
from baselines.sfd.lab.training.doubles import doubles, one_length
from baselines.sfd.lab.training.sampling import batch_of, draw
from evalkit.clips import video
from evalkit.errors import DatasetError
from tests.baselines.sfd.conftest import TINY, data_of
from tests.fakes import make_clip, noise

MOTION = {"a0": "walk", "a1": "talk", "b0": "walk", "b1": "walk", "c0": "talk"}


def filmed(name: str) -> TrainingClip:
    features = np.tile(np.eye(3)["abc".index(name[0])], (4, 1))
    return TrainingClip(make_clip(name, name[0]), noise(4, 32, seed=sum(map(ord, name))), features)


PEOPLE = ((filmed("a0"), filmed("a1")), (filmed("b0"), filmed("b1")), (filmed("c0"), filmed("c1")))
CLIPS = [[one.clip for one in clips] for clips in PEOPLE]
LENGTHS = {clip.id: 4 for clips in CLIPS for clip in clips}
CORPUS = Corpus(("a", "b", "c"), PEOPLE, (), "digest", doubles=doubles(CLIPS, MOTION, LENGTHS))


def drawn(doubled: float, people: int = 3):
    return [one for step in range(60) for one in draw(CORPUS, people, 8, Data(doubled=doubled), (0, step))]


def test_doubles_are_other_people_with_the_same_motion():
    assert CORPUS.doubles == {
        "a0": ((1, 0), (1, 1)),
        "a1": ((2, 0),),
        "b0": ((0, 0),),
        "b1": ((0, 0),),
        "c0": ((0, 1),),
    }


def test_doubles_of_other_lengths_are_refused():
    with pytest.raises(DatasetError, match=r"motion 'walk' must show it frame by frame.*a0: 4, b0: 3, b1: 4"):
        doubles(CLIPS, MOTION, LENGTHS | {"b0": 3})


def test_one_length_is_the_answer():
    assert one_length("walk", {"a0": 4, "b0": 4}) == 4


def test_all_pairs_that_can_be_are_doubled():
    for one in drawn(1):
        name = one.clip.clip.id
        assert (one.performance.clip.id == name) == (name == "c1")
        assert MOTION.get(one.performance.clip.id) == MOTION.get(name)
        assert CORPUS.identities[one.shown] == one.performance.clip.identity


def test_a_share_of_the_pairs_is_doubled():
    able = [one for one in drawn(0.3) if one.clip.clip.id != "c1"]
    assert 0.2 < np.mean([one.shown != one.identity for one in able]) < 0.4
    assert all(one.shown == one.identity and one.performance is one.clip for one in drawn(0))


def test_doubles_are_among_the_people_drawn_from():
    assert {one.shown for one in drawn(1, people=2)} == {0, 1}
    assert all(one.shown == one.identity for one in drawn(1, people=2) if one.clip.clip.id == "a1")


def test_the_encoder_sees_the_double_and_the_picture_wanted_stays():
    draws = draw(CORPUS, 3, 8, Data(doubled=1, flip=True), (0, 1))
    batch = batch_of(draws)
    for row, one in enumerate(draws):
        shown, driving = (
            torch.from_numpy(clip.frames[one.driving].copy()).permute(2, 0, 1) for clip in (one.performance, one.clip)
        )
        for tensor, pixels in ((batch.seen[row], shown), (batch.driving[row], driving)):
            pixels = pixels.flip(-1) if one.mirrored else pixels
            torch.testing.assert_close(tensor, pixels.float() / 127.5 - 1)
    assert batch.shown.tolist() == [one.shown for one in draws] != batch.identity.tolist()


def test_a_motion_that_one_person_makes_may_have_two_lengths():
    alone = {clip: name for clip, name in MOTION.items() if clip.startswith("b")}
    assert doubles(CLIPS, alone, LENGTHS | {"b0": 3}) == {}


@pytest.mark.usefixtures("cache")
def test_lengths_are_those_of_whole_clips(tmp_path):
    root = tmp_path / "shared"
    assert not render(
        ["--out", str(root), "--people", "2", "--clips", "2", "--frames", "4", "--size", "128", "--shared-motion"]
    )
    path = root / "clips" / "demo1001_m1001.mkv"
    frames = video.read_frames(path, [0, 1, 2], size=128)
    video.write_video(path, [frames], 25)
    with pytest.raises(DatasetError, match="demo1000_m1001: 4, demo1001_m1001: 3"):
        load_corpus("folder", root, data_of(held_out=0, doubled=1, frames_per_clip=2), TINY)


@pytest.mark.usefixtures("cache")
def test_drawn_people_come_with_doubles_and_their_absence_is_said(tmp_path, data):
    root = tmp_path / "shared"
    assert not render(
        ["--out", str(root), "--people", "3", "--clips", "2", "--frames", "2", "--size", "128", "--shared-motion"]
    )
    corpus = load_corpus("folder", root, data_of(held_out=0, doubled=1), TINY)
    assert corpus.doubles["demo1000_m1001"] == ((1, 0),)
    plain = load_corpus("folder", root, data_of(held_out=0), TINY)
    assert not plain.doubles and plain.digest != corpus.digest
    with pytest.raises(DatasetError, match=r"data.doubled is 0.5, but no clip of .* has a double.*--shared-motion"):
        load_corpus("folder", data, data_of(held_out=0, doubled=0.5), TINY)
    with (root / "manifest.csv").open(newline="") as file:
        assert len({row["motion"] for row in csv.DictReader(file)}) == 3
