"""CelebV's pictures as clips of consecutive ones."""

import pytest

from evalkit.datasets.prepare.lists import celebv_images
from evalkit.datasets.prepare.lists.celebv_images import CLIPS, LENGTH, PEOPLE, length_of, read_archive
from evalkit.errors import DatasetError


def fill(folder, person, numbers):
    images = folder / person / "Image"
    images.mkdir(parents=True)
    for index, number in enumerate(numbers):
        (images / f"P_{person}_{number}.jpg_{index:010d}.jpg").touch()
    return images


def test_clips_are_pictures_whose_frame_numbers_follow_each_other(tmp_path):
    # 150 in a row, a gap, 99 in a row, a gap, 200 in a row: one clip, none, two
    fill(tmp_path, "Kathleen", [*range(9950, 10100), *range(10200, 10299), *range(11000, 11200)])
    listing = read_archive(tmp_path)
    assert [(job.id, int(job.window.start)) for job in listing.jobs] == [
        ("Kathleen#0000000000", 0),
        ("Kathleen#0000000249", 249),
        ("Kathleen#0000000349", 349),
    ]
    assert all(job.window.end - job.window.start == LENGTH for job in listing.jobs)
    assert {r.clip for r in listing.remarks if r.kind == "not made"} == set(PEOPLE) - {"Kathleen"}


def test_at_most_twenty_clips_are_spread_evenly(tmp_path, monkeypatch):
    monkeypatch.setattr(celebv_images, "LENGTH", 5)
    fill(tmp_path, "Jack_Ma", range(200))
    starts = [int(job.window.start) for job in read_archive(tmp_path).jobs]
    assert len(starts) == CLIPS and starts == list(range(0, 200, 10))


def test_other_files_are_reported_or_passed_over(tmp_path):
    images = fill(tmp_path, "Jack_Ma", range(LENGTH))
    (images / "0000.jpg").touch()
    (images / "landmarks.txt").touch()
    listing = read_archive(tmp_path)
    assert [int(job.window.start) for job in listing.jobs] == [1], "positions count every picture of the folder"
    assert [r.clip for r in listing.remarks if r.kind == "odd"] == ["Jack_Ma/0000.jpg"]


def test_an_empty_archive_is_an_error_and_too_few_pictures_a_remark(tmp_path):
    with pytest.raises(DatasetError, match="no <person>/Image folder"):
        read_archive(tmp_path)
    fill(tmp_path, "Jack_Ma", range(LENGTH - 1))
    assert "no 100 pictures that follow each other" in {r.reason for r in read_archive(tmp_path).remarks}
    assert length_of("Jack_Ma#0000000000") == LENGTH and length_of("Jack_Ma") is None
