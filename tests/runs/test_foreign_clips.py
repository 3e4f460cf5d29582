"""Somebody else's outputs: matched by pair id, and every misfit named."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from evalkit.base.files import content_sha256
from evalkit.clips import video
from evalkit.errors import ScoreError, VideoError
from evalkit.records.output_rules import OutputRules
from evalkit.records.run_folder import RunFolder
from evalkit.runs.foreign_clips import check_name, find_outputs
from tests.fakes import SIZE, encode, make_pair, make_protocol, noise

FRAMES = 6


@pytest.fixture
def pair(tmp_path):
    video.write_video(tmp_path / "driving.mkv", [noise(FRAMES, 24)], 25)
    return make_pair(tmp_path / "driving.mkv", tmp_path / "driving.mkv")


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    return folder


@pytest.fixture
def check(pair, root, tmp_path):
    def checked(rules=None, **protocol):
        return find_outputs(root, [pair], rules).make(pair, make_protocol(**protocol), RunFolder(tmp_path / "run"))

    return checked


def images(folder, frames):
    folder.mkdir()
    for index, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / f"{index}.png")


def test_videos_and_folders_are_matched_by_name(pair, root):
    others = [replace(pair, id=name) for name in ("a--b", "x.1--y.2", "gone--gone")]
    encode(root / "s--d.mp4", noise(1))
    images(root / "a--b", noise(2))
    video.write_video(root / "x.1--y.2.mkv", [noise(1)], 25)
    for name in ("notes.txt", "stranger.mp4"):
        (root / name).write_text("x")
    (root / "empty").mkdir()
    found = find_outputs(root, [pair, *others])
    assert {name: path.name for name, path in found.clips.items()} == {
        "s--d": "s--d.mp4",
        "a--b": "a--b",
        "x.1--y.2": "x.1--y.2.mkv",
    }
    assert found.missing == ("gone--gone",) and found.matched.extra == ("empty", "notes.txt", "stranger.mp4")


def test_a_fitting_clip_is_taken_where_it_lies(check, root):
    video.write_video(root / "s--d.mkv", [noise(FRAMES)], 25)
    made = check()
    assert (made.generated, made.frames, made.cost) == (str((root / "s--d.mkv").resolve()), FRAMES, None)


def test_a_folder_of_images_is_as_good(check, root):
    images(root / "s--d", noise(FRAMES))
    assert check().frames == FRAMES


@pytest.mark.parametrize(("count", "kind"), [(5, "short"), (7, "long")])
def test_another_length_is_named(check, root, count, kind):
    video.write_video(root / "s--d.mkv", [noise(count)], 25)
    with pytest.raises(ScoreError, match=rf"{kind}: .*s--d\.mkv has {count} frames for the 6 driving frames"):
        check()


def test_the_driving_rule_counts(check, root):
    video.write_video(root / "s--d.mkv", [noise(2)], 25)
    assert check(driving={"start": 1, "stride": 3}).frames == 2


def test_another_size_is_named(check, root):
    video.write_video(root / "s--d.mkv", [noise(FRAMES, 12, 20)], 25)
    with pytest.raises(ScoreError, match=rf"wrong size: .*s--d\.mkv is 20x12, small is scored at {SIZE}x{SIZE}"):
        check()


@pytest.mark.parametrize("content", [b"", b"no video"])
def test_a_damaged_clip_is_named(check, root, content):
    (root / "s--d.mp4").write_bytes(content)
    with pytest.raises(VideoError, match=r"s--d\.mp4: not a readable video"):
        check()


def test_a_missing_clip_is_named(pair, root, tmp_path):
    video.write_video(root / "s--d.mkv", [noise(1)], 25)
    other = replace(pair, id="a--b")
    outputs = find_outputs(root, [pair, other])
    with pytest.raises(ScoreError, match=r"missing: no a--b\.mp4 or folder a--b in .*theirs"):
        outputs.make(other, make_protocol(), RunFolder(tmp_path / "run"))


def test_a_prepared_clip_is_written_into_the_run_folder(check, root, tmp_path):
    path, made = root / "s--d.mkv", noise(FRAMES + 1)
    video.write_video(path, [made], 25)
    found = check(OutputRules(skip_first=1))
    assert (found.generated, found.frames) == ("generated/s--d.mkv", FRAMES)
    assert (found.original, found.original_sha256) == (str(path.resolve()), content_sha256(path))
    (written,) = video.iter_frames(tmp_path / "run" / found.generated)
    assert np.array_equal(written, made[1:])


@pytest.mark.parametrize(("fps", "noted"), [(25, False), (25.05, False), (15, True)])
def test_another_frame_rate_is_noted(check, root, fps, noted):
    video.write_video(root / "s--d.mkv", [noise(FRAMES)], fps)
    about = [note for note in check().notes if "frame rate" in note]
    assert bool(about) == noted
    assert not noted or "(15 and 25 frames per second)" in about[0]


def test_the_stride_of_the_protocol_counts_in_the_frame_rate(check, root):
    video.write_video(root / "s--d.mkv", [noise(3)], 12.5)
    assert not any("frame rate" in note for note in check(driving={"stride": 2}).notes)


def test_a_folder_of_frames_has_no_rate_that_could_differ(check, root):
    images(root / "s--d", noise(FRAMES))
    assert not any("frame rate" in note for note in check().notes)


def test_two_clips_for_one_pair_are_refused(pair, root):
    for name in ("s--d.mp4", "s--d.mkv"):
        (root / name).touch()
    with pytest.raises(ScoreError, match=r"both s--d\.mkv and s--d\.mp4 are there for the pair s--d\. Remove one"):
        find_outputs(root, [pair])


def test_a_folder_that_fits_nothing_says_what_is_expected(pair, root):
    for name in ("1.mp4", "2.mp4"):
        (root / name).touch()
    with pytest.raises(ScoreError, match=r"nothing there is named after a pair.*found 2 other entries.*s--d\.mp4"):
        find_outputs(root, [pair])


def test_a_folder_that_is_not_there(pair, tmp_path):
    with pytest.raises(ScoreError, match=r"--generated .*gone: no such folder"):
        find_outputs(tmp_path / "gone", [pair])


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "a\\b", "a\nb", "..", "a\x00"])
def test_names_that_cannot_be_a_folder(name):
    with pytest.raises(ScoreError, match=r"--name .*: expected a plain name"):
        check_name(name)


@pytest.mark.parametrize("name", ["ours", "LivePortrait v1.1 (fp16)", "Zoë"])
def test_plain_names_are_fine(name):
    check_name(name)
