"""Corpora of drawn people: names, manifests, and whose motion is made."""

import csv

import numpy as np
import pytest

from evalkit.datasets.demo import Corpus, index, render_corpus
from evalkit.errors import DatasetError


def rows(root):
    with (root / "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_clip_has_a_motion_of_its_own(tmp_path):
    render_corpus(tmp_path, Corpus(range(2), clips=2, frames=1, size=64))
    assert [row["id"] for row in rows(tmp_path)] == ["demo00_c0", "demo00_c1", "demo01_c0", "demo01_c1"]
    assert [row["motion"] for row in rows(tmp_path)] == [row["id"] for row in rows(tmp_path)]


def test_shared_motion_is_made_by_as_many_people_as_a_person_has_clips(tmp_path):
    render_corpus(tmp_path, Corpus(range(7, 10), clips=2, frames=2, size=64, shared_motion=True))
    assert [clip.id for clip in index(tmp_path)] == sorted(row["id"] for row in rows(tmp_path))
    made = [(row["id"], row["identity"], row["motion"]) for row in rows(tmp_path)]
    assert made == [
        ("demo07_m7", "demo07", "demo07_c0"),
        ("demo07_m8", "demo07", "demo08_c0"),
        ("demo08_m8", "demo08", "demo08_c0"),
        ("demo08_m9", "demo08", "demo09_c0"),
        ("demo09_m9", "demo09", "demo09_c0"),
        ("demo09_m7", "demo09", "demo07_c0"),
    ]
    truth = {name: np.load(tmp_path / "truth" / f"{name}.npz") for name, _, _ in made}
    for part in ("pose", "expression"):
        assert np.array_equal(truth["demo07_m8"][part], truth["demo08_m8"][part])
        assert not np.array_equal(truth["demo07_m8"][part], truth["demo07_m7"][part])


def test_a_folder_rendered_both_ways_mixes_no_motions(tmp_path):
    people = range(2)
    render_corpus(tmp_path, Corpus(people, clips=2, frames=1, size=64))
    render_corpus(tmp_path, Corpus(people, clips=2, frames=1, size=64, shared_motion=True))
    poses = [np.load(tmp_path / "truth" / f"demo{name}.npz")["pose"] for name in ("00_c1", "00_m1", "01_c0")]
    assert np.array_equal(poses[1], poses[2]) and not np.array_equal(poses[0], poses[1])


@pytest.mark.parametrize("clips", [1, 4])
def test_motion_cannot_be_shared_with_nobody(tmp_path, clips):
    with pytest.raises(DatasetError, match=f"shared by {clips} of 3 people"):
        render_corpus(tmp_path, Corpus(range(3), clips=clips, frames=1, size=64, shared_motion=True))
    assert not any(tmp_path.iterdir())
