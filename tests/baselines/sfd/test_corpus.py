"""Data: what is read, what is refused, and the command from data to checkpoint."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from baselines.sfd.lab.data import main as render
from baselines.sfd.lab.data import training_corpus
from baselines.sfd.lab.train import main
from baselines.sfd.lab.training.checkpoint import LAST
from baselines.sfd.lab.training.config import Data
from baselines.sfd.lab.training.corpus import Corpus, load_corpus
from baselines.sfd.lab.training.sampling import draw
from baselines.sfd.weights import read_file
from evalkit.base.files import content_sha256
from evalkit.clips import video
from evalkit.datasets import DATASETS
from evalkit.datasets.demo import PROTOCOLS
from evalkit.datasets.splits import training_part
from evalkit.errors import DatasetError
from tests.baselines.sfd.conftest import TINY, data_of, make_corpus

pytestmark = pytest.mark.usefixtures("cache")


def test_clips_are_grouped_and_embeddings_centred(data):
    corpus = load_corpus("folder", data, data_of(held_out=0), TINY)
    assert corpus.identities == ("demo1000", "demo1001", "demo1002") and not corpus.held_out
    (first,) = corpus.clips[0]
    assert len(first.frames) == 3 and first.frames[0].shape == (32, 32, 3) and first.frames[0].dtype == np.uint8
    assert np.array_equal(first.frames[2], video.read_frames(first.clip.path, [2], size=32)[0])
    mean = np.mean([one.features[0] for clips in corpus.clips for one in clips], axis=0)
    assert np.abs(mean).max() < 1e-12
    assert load_corpus("folder", data, data_of(held_out=0), TINY).digest == corpus.digest


def test_the_last_people_are_held_out(data):
    corpus = load_corpus("folder", data, data_of(held_out=1), TINY)
    assert corpus.identities == ("demo1000", "demo1001")
    assert [clip.identity for clip in corpus.held_out] == ["demo1002"]


def test_a_preparation_says_its_size_and_goes_on_where_it_was_stopped(data, tmp_path, caplog, monkeypatch):
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    caplog.set_level("INFO")
    load_corpus("folder", data, data_of(held_out=1), TINY)
    assert "preparing 2 of 2 clips in " in caplog.text and "cache: up to 0.0 GB, " in caplog.text
    assert "2 of 2 clips prepared" in caplog.text
    next((tmp_path / "cache" / "training").glob("*.npz")).unlink()
    caplog.clear()
    load_corpus("folder", data, data_of(held_out=0), TINY)
    assert "preparing 2 of 3 clips" in caplog.text
    caplog.clear()
    load_corpus("folder", data, data_of(held_out=0), TINY)
    assert "preparing" not in caplog.text
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(100, 99, 1))
    with pytest.raises(DatasetError, match=r"the frames of 3 clips take up to 0.0 GB, and 0.0 GB are free"):
        load_corpus("folder", data, data_of(held_out=0, frames_per_clip=2), TINY)


def test_features_are_those_of_each_image_where_the_paper_is_followed(data):
    """Every frame has its own, not centred; a clip's mean is one of them for all."""
    paper = load_corpus("folder", data, data_of(held_out=1, identity_of="image", identity_centred=False), TINY)
    (first,), (second,) = paper.clips
    assert first.features.shape == (3, 128) and first.sources.tolist() == [0, 1, 2]
    assert not np.array_equal(first.features[0], first.features[1])
    np.testing.assert_allclose(np.linalg.norm(first.features, axis=1), 1)
    of_clips = load_corpus("folder", data, data_of(held_out=1, identity_centred=False), TINY)
    means = of_clips.clips[0][0].features
    assert np.array_equal(means[0], means[2])
    np.testing.assert_allclose(means[0], first.features.mean(axis=0))
    assert second.features[0] @ first.features[0] > 0.5, "dlib's embeddings of strangers are alike, so they are centred"


def test_a_frame_without_a_face_is_no_source(data):
    (clips,) = make_corpus(people=1, clips=1).clips
    features = clips[0].features.copy()
    features[[0, 2]] = np.nan
    corpus = Corpus(("a", "b"), ((replace(clips[0], features=features),),) * 2, (), "digest")
    draws = [one for step in range(30) for one in draw(corpus, 2, 4, Data(), (0, step))]
    assert {one.source for one in draws} == {1, 3} and {one.driving for one in draws} == {0, 1, 2, 3}


def test_test_people_of_the_protocols_are_left_out(data, tmp_path, caplog):
    """By name, whatever folder they are in; the checkpoint says by which split."""
    caplog.set_level("INFO")
    for old, name in (("demo1000", "p"), ("demo1001", "q"), ("demo1002", "id10280")):
        (tmp_path / "data" / name).mkdir(parents=True)
        shutil.copy(data / "clips" / f"{old}_c0.mkv", tmp_path / "data" / name / "c.mkv")
    corpus = load_corpus("folder", tmp_path / "data", data_of(held_out=0), TINY)
    assert corpus.identities == ("p", "q") and len(corpus.split) == 64
    assert "left out as test people of evalkit's protocols: 1 people (id10280) in 1 clips" in caplog.text
    with pytest.raises(DatasetError, match="'demo' has no training part"):
        load_corpus("demo", None, data_of(), TINY)


def test_one_identity_is_not_enough(data):
    with pytest.raises(DatasetError, match=r"3 identities, 2 of them held out, leave 1 .* The identity eraser"):
        load_corpus("folder", data, data_of(held_out=2), TINY)


def test_clips_of_one_frame_are_named(data, tmp_path):
    shutil.copytree(data, tmp_path / "data")
    video.write_video(tmp_path / "data" / "clips" / "demo1001_c0.mkv", [np.zeros((1, 64, 64, 3), np.uint8)], 25)
    with pytest.raises(DatasetError, match=r"1 clips have a single frame \(demo1001_c0\)"):
        load_corpus("folder", tmp_path / "data", data_of(held_out=0), TINY)


def test_clips_without_a_face_are_left_out_and_said(data, tmp_path, caplog):
    shutil.copytree(data, tmp_path / "data")
    video.write_video(tmp_path / "data" / "clips" / "demo1001_c0.mkv", [np.zeros((3, 64, 64, 3), np.uint8)], 25)
    corpus = load_corpus("folder", tmp_path / "data", data_of(held_out=0), TINY)
    assert corpus.identities == ("demo1000", "demo1002")
    assert "1 clips are left out: dlib128 found no face in them (demo1001_c0)" in caplog.text


def test_nobody_of_the_protocols_is_trained_on():
    assert not set(training_corpus(132, 2, 32, 128).identities) & set(PROTOCOLS.identities)
    with pytest.raises(DatasetError, match=r"test on the identities \[4, 5\]"):
        training_corpus(3, 1, 1, 64, first=4)


def test_people_who_cannot_be_drawn_are_refused_by_the_command(tmp_path, caplog):
    asked = ["--out", str(tmp_path / "out"), "--frames", "2", "--size", "64"]
    assert render([*asked, "--people", "3", "--first", "4"]) == 2 and "the identities [4, 5]" in caplog.text
    assert render([*asked, "--clips", "1", "--shared-motion"]) == 2 and "must be 2 clips or more" in caplog.text
    with pytest.raises(SystemExit):
        render([*asked, "--people", "0"])
    assert not (tmp_path / "out").exists()


def test_the_command_trains_resumes_and_refuses(tiny_options, tmp_path, caplog):
    asked = [*tiny_options, "--out", str(tmp_path / "out")]
    every = ["--log-every", "1", "--samples-every", "2"]
    assert main([*asked, *every, "--steps", "2"]) == 0
    lines = [json.loads(line) for line in (tmp_path / "out" / "losses.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2] and "similarity" in lines[0]
    assert lines[1]["pairs_per_second"] > 0 and 0 <= lines[1]["share_of_data"] <= 1
    assert (tmp_path / "out" / "samples" / "0000002.png").is_file()
    assert main([*asked, "--steps", "3"]) == 2 and "is there; use --resume" in caplog.text
    assert main([*asked, "--steps", "3", "--resume", "--seed", "1"]) == 2 and "seed: 0 -> 1" in caplog.text
    assert main([*asked, *every, "--steps", "3", "--resume"]) == 0
    steps = [json.loads(line)["step"] for line in (tmp_path / "out" / "losses.jsonl").read_text().splitlines()]
    assert steps == [1, 2, 3]
    assert main([*asked[:4], "--out", str(tmp_path / "new"), "--resume"]) == 2 and "nothing to resume" in caplog.text
    assert main([*asked[:4], "--out", str(tmp_path / "new"), "--init", str(tmp_path / "gone")]) == 2
    assert "gone: no such file" in caplog.text
    second = [*asked[:6], "--out", str(tmp_path / "second")]
    first = tmp_path / "out" / LAST
    assert main([*second, "--steps", "1", "--init", str(first)]) == 0
    facts = read_file(tmp_path / "second" / LAST)[0]
    assert facts["config"]["init"] == content_sha256(first)
    assert facts["split"] == training_part(DATASETS["folder"], Path(tiny_options[3])).digest
    assert main([*second, "--steps", "2", "--resume"]) == 2 and f"init: {content_sha256(first)} -> \n" in caplog.text
    assert main([*second, "--steps", "2", "--resume", "--init", str(first)]) == 0
    assert main([*asked[:4], "--out", str(tmp_path / "none"), "--max-minutes", "1e-9"]) == 0
