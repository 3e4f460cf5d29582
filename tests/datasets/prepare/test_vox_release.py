"""VoxCeleb2 as it was released: the archive is its own list."""

import json

import numpy as np
import pytest

from evalkit.datasets import DATASETS
from evalkit.datasets.prepare.lists.vox_release import read_release
from evalkit.errors import DatasetError
from tests.datasets.prepare.raw import cut, decoded, write_raw
from tests.fakes import noise


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vox2")
    for place, frames in (
        ("id00017/AAAAAAAAAAA/00001", 5),
        ("id00017/AAAAAAAAAAA/00002", 3),
        ("id00061/B-_B/00001", 4),
    ):
        write_raw(folder / "mp4" / place, noise(frames, 224, seed=frames))
    write_raw(folder / "mp4" / "id00012" / "CCCCCCCCCCC" / "00001", noise(2, 224))  # not of the test part
    (folder / "mp4" / "id00081" / "DDDDDDDDDDD").mkdir(parents=True)
    (folder / "mp4" / "id00081" / "DDDDDDDDDDD" / "00001.mp4").write_bytes(b"cut short")
    write_raw(folder / "mp4" / "id00154" / "EEEEEEEEEEE" / "00001", noise(2, 224, 200))
    (folder / "mp4" / "notes.mp4").write_bytes(b"no utterance")
    return folder


def test_utterances_become_clips_whole_from_the_raw_folder_alone(release, tmp_path, evalkit):
    told = evalkit("data", "prepare", "voxceleb2", "--raw", release, "--root", tmp_path, "--workers", 1, "--json")
    done = json.loads(told.stdout)
    assert done["made"] == 3
    reasons = {remark["clip"]: remark["reason"] for remark in done["not_made"]}
    assert reasons.keys() == {"id00081#DDDDDDDDDDD#00001", "id00154#EEEEEEEEEEE#00001"}
    assert "not a readable video" in reasons["id00081#DDDDDDDDDDD#00001"]
    assert "frames are 200x224; square ones are expected" in reasons["id00154#EEEEEEEEEEE#00001"]
    clips = DATASETS.get("voxceleb2").index(tmp_path)
    assert [(clip.id, clip.identity) for clip in clips] == [
        ("id00017#AAAAAAAAAAA#00001", "id00017"),
        ("id00017#AAAAAAAAAAA#00002", "id00017"),
        ("id00061#B-_B#00001", "id00061"),
    ]
    assert np.array_equal(decoded(clips[0].path), cut(noise(5, 224, seed=5), (0, 0, 224, 224), 256))
    again = evalkit("data", "prepare", "voxceleb2", "--raw", release, "--root", tmp_path, "--workers", 1, "--json")
    assert (json.loads(again.stdout)["made"], json.loads(again.stdout)["kept"]) == (0, 3)
    checked = json.loads(evalkit("data", "check", "voxceleb2", "--root", tmp_path, "--workers", 1, "--json").stdout)
    assert checked["whole"] is True


def test_the_part_is_chosen_by_the_test_people(release):
    def people(split):
        return {job.identity for job in read_release(release, ("id00017", "id00061"), split).jobs}

    assert people("test") == {"id00017", "id00061"}
    assert people("train") == {"id00012", "id00081", "id00154"}
    assert people("all") == people("test") | people("train")


def test_a_folder_without_utterances_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"no <person>/<video>/<utterance>\.mp4 of the part 'test'.*or give --lists"):
        read_release(tmp_path, ("id00017",), "test")
    with pytest.raises(DatasetError, match=r"--lists \(not given\): expected vox-metadata\.csv"):
        DATASETS.get("voxceleb1").recipe.read(None, tmp_path, "test")
