"""`evalkit score`: outputs that somebody else's model made."""

import json
import shutil

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.types import Selection
from tests.e2e.conftest import assert_explained, write_clip


@pytest.fixture
def outputs(small_root, tmp_path):
    """Perfect outputs for small_self: a video, a frame folder, a video."""
    folder = tmp_path / "outputs"
    folder.mkdir()
    for identity in range(3):
        frames = np.concatenate(
            list(video.iter_frames(small_root / f"person{identity}" / "take.mkv", Selection(start=1)))
        )
        if identity == 1:
            for index, frame in enumerate(frames):
                video.write_image(folder / "person1_take" / f"{index}.png", frame)
        else:
            write_clip(folder / f"person{identity}_take.mkv", frames)
    return folder


@pytest.fixture
def score(evalkit, small_root, protocols, tmp_path):
    def call(generated, *extra):
        arguments = ("-p", protocols / "small_self.yaml", "-d", small_root, "-g", generated, "-n", "theirs")
        return evalkit("score", *arguments, "-o", tmp_path / "runs", "--workers", "1", *extra)

    return call


def test_perfect_outputs_get_perfect_scores(score, outputs):
    done = score(outputs, "--json")
    summary = json.loads(done.stdout)
    assert summary["complete"] is True and summary["method"] == "theirs"
    assert summary["metrics"]["l1"]["value"] == 0 and summary["metrics"]["akd[dlib68]"]["value"] == 0


def test_what_does_not_fit_is_named_and_costs_only_its_pair(score, outputs, small_root):
    frames = np.concatenate(list(video.iter_frames(small_root / "person0" / "take.mkv", Selection(start=1))))
    write_clip(outputs / "person0_take.mkv", frames[:-1])
    shutil.rmtree(outputs / "person1_take")
    write_clip(outputs / "person2_take.mkv", frames[:, ::2, ::2])
    (outputs / "notes.txt").write_text("hello")
    write_clip(outputs / "person9_take.mkv", frames)
    done = score(outputs)
    assert done.returncode == 1 and "Traceback" not in done.stderr  # not one of the three fits
    for phrase in (
        "2 entries",
        "notes.txt",
        "person9_take.mkv",
        "1 of 3 pairs have no output: person1_take",
        "has 3 frames for the 4 driving frames",
        "missing: no person1_take.mp4",
        "is 64x64, small_self is scored at 128x128",
    ):
        assert phrase in done.stderr, (phrase, done.stderr)


def test_outputs_that_match_nothing(score, outputs):
    for path in list(outputs.iterdir()):
        path.rename(outputs / f"video_{path.name}")
    assert_explained(
        score(outputs), "nothing there is named after a pair", "person0_take.mp4", "evalkit protocols pairs"
    )


def test_no_such_folder(score, tmp_path):
    assert_explained(score(tmp_path / "nowhere"), "no such folder")


def test_two_clips_for_one_pair(score, outputs):
    shutil.copy(outputs / "person0_take.mkv", outputs / "person0_take.avi")
    assert_explained(score(outputs), "both person0_take.avi and person0_take.mkv")


def test_changed_outputs_never_overwrite_a_run(score, outputs, small_root):
    assert score(outputs).returncode == 0
    shutil.copy(outputs / "person0_take.mkv", outputs / "person2_take.mkv")
    assert_explained(score(outputs), "changed since", "--tag")


def test_a_name_that_is_a_path(evalkit, protocols, outputs):
    result = evalkit("score", "-p", protocols / "small_self.yaml", "-g", outputs, "-n", "../up")
    assert_explained(result, "expected a plain name")


def test_pairs_lists_what_a_model_needs(evalkit, protocols, small_root):
    done = evalkit("protocols", "pairs", protocols / "small_self.yaml", "-d", small_root)
    lines = done.stdout.splitlines()
    assert (
        lines[0]
        == "id,source,source_frames,driving,driving_start,driving_stride,driving_maximum,driving_end_margin,anchor,size"
    )
    assert len(lines) == 4 and lines[1].startswith("person0_take,")
