"""The video of a pair: every clip in its tile, in step, and a missing clip costs only its tile."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from evalkit.base.files import canonical_sha256, content_sha256
from evalkit.clips import video
from evalkit.report.media import ClipFile, Mosaic, PairMedia, make_mosaic
from evalkit.types import Selection
from tests.fakes import grey

SIZE, SOURCE = 32, 10
LEVELS = {"driving": [50, 60, 70, 80], "0": [150, 160, 170, 180], "1": [200, 210, 220, 230]}


@pytest.fixture
def clips(tmp_path):
    video.write_video(tmp_path / "source.mkv", [grey([90, SOURCE, 90], SIZE)], 25)
    made = [ClipFile("source", tmp_path / "source.mkv", content_sha256(tmp_path / "source.mkv"), (1,))]
    for name, levels in LEVELS.items():
        path = tmp_path / f"{name}.mkv"
        video.write_video(path, [grey(levels, SIZE)], 20)
        made.append(ClipFile(name, path, content_sha256(path)))
    return tuple(made)


@pytest.fixture
def job(tmp_path):
    def made(clips, **rule):
        return PairMedia("pair", tmp_path / "media", tuple(clips), 4, SIZE, Selection(**rule, size=SIZE))

    return made


def levels(job, mosaic):
    """{tile: grey level of each frame}."""
    frames = np.concatenate(list(video.iter_frames(job.folder / mosaic.video)))
    side = mosaic.side
    at = {tile: (i // mosaic.columns, i % mosaic.columns) for i, tile in enumerate(mosaic.tiles)}
    return {
        tile: frames[:, side * row + side // 2, side * column + side // 2].mean(axis=1)
        for tile, (row, column) in at.items()
    }


def test_every_clip_is_in_its_tile_and_in_step(job, clips):
    work = job(clips)
    mosaic = make_mosaic(work)
    assert (mosaic.frames, mosaic.fps, mosaic.side, mosaic.columns, mosaic.problems) == (4, 20, 32, 2, {})
    found = levels(work, mosaic)
    for tile, wanted in {"source": [SOURCE] * 4, **LEVELS}.items():
        assert found[tile] == pytest.approx(wanted, abs=4), tile


def test_driving_frames_are_those_of_the_protocol(job, clips):
    work = job(clips[1:2], start=1, stride=2)
    mosaic = make_mosaic(work)
    assert levels(work, mosaic)["driving"] == pytest.approx([60, 80], abs=4) and mosaic.fps == 10
    # The name is that of reports that exist.
    rule = {"start": 1, "stride": 2, "maximum": None, "end_margin": 0, "rgb": "accurate"}
    made_of = canonical_sha256([1, [["driving", work.clips[0].digest, []]], SIZE, rule])
    assert mosaic.video == f"pair-{made_of[:10]}.mp4"


def test_a_poster_of_the_middle_frame(job, clips):
    work = job(clips)
    with Image.open(work.folder / make_mosaic(work).poster) as image:
        picture = np.asarray(image).astype(int)
    assert picture.shape == (64, 64, 3) and abs(picture[16, 48, 0] - LEVELS["driving"][2]) <= 3


def test_blurred_pictures_have_no_more_detail_than_a_few_colours(job, tmp_path):
    stripes = np.zeros((2, 240, 240, 3), np.uint8)
    stripes[:, :, ::4] = stripes[:, :, 1::4] = 255  # finer than a twelfth of the picture
    stripes[:, 120:] = 200
    video.write_video(tmp_path / "fine.mkv", [stripes], 25)
    clip = ClipFile("0", tmp_path / "fine.mkv", content_sha256(tmp_path / "fine.mkv"))
    plain = replace(job([clip]), frames=2, resolution=240)
    blurred = replace(plain, blur=True)
    pictures = []
    for work in (plain, blurred):
        mosaic = make_mosaic(work)
        frames = np.concatenate(list(video.iter_frames(work.folder / mosaic.video))).astype(int)
        with Image.open(work.folder / mosaic.poster) as poster:
            pictures.append((frames[1, 40, 40:200, 0].std(), np.asarray(poster).astype(int)[20, 20:100, 0].std()))
        # What is coarse stays: the lower half is brighter than the upper one.
        assert frames[1, 200, 120, 0] - frames[1, 40, 80:160, 0].mean() > 50
    assert min(pictures[0]) > 20 and max(pictures[1]) < 6


@pytest.mark.parametrize("damage", ["gone", "changed", "truncated"])
def test_a_missing_clip_costs_only_its_tile(job, clips, damage):
    bad = clips[2]
    if damage == "gone":
        bad.path.unlink()
    elif damage == "changed":
        video.write_video(bad.path, [grey([1, 2, 3, 4], SIZE)], 20)
    else:
        content = bad.path.read_bytes()
        bad.path.write_bytes(content[: len(content) // 2])
        bad = ClipFile(bad.tile, bad.path, None)
    work = job([*clips[:2], bad, clips[3]])
    mosaic = make_mosaic(work)
    assert list(mosaic.problems) == ["0"] and mosaic.frames == 4
    reason = {"gone": "The video is missing", "changed": "changed since it was scored", "truncated": str(bad.path)}[
        damage
    ]
    assert reason in mosaic.problems["0"]
    assert levels(work, mosaic)["1"] == pytest.approx(LEVELS["1"], abs=4)


def test_without_any_clip_the_reason_is_said(job, clips):
    assert make_mosaic(job([])) == "There is no clip to show."
    for clip in clips[1:]:
        clip.path.unlink()
    assert "The video is missing" in make_mosaic(job(clips))
    assert not (job([]).folder).exists()


def test_what_was_made_of_the_same_clips_is_kept(job, clips):
    work = job(clips)
    first = make_mosaic(work)
    written = (work.folder / first.video).stat().st_mtime_ns
    for clip in clips:
        clip.path.unlink()
    assert make_mosaic(work) == first and (work.folder / first.video).stat().st_mtime_ns == written
    fewer = make_mosaic(job(clips[:2]))
    assert not isinstance(fewer, Mosaic) and "is missing" in fewer


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"video": "x.mp4"}'])
def test_damaged_facts_beside_a_video_are_made_again(job, clips, damage):
    first = make_mosaic(job(clips))
    told = (job(clips).folder / first.video).with_suffix(".json")
    told.write_text(damage)
    assert make_mosaic(job(clips)) == first and "problems" in told.read_text()


def test_many_methods_shrink_the_tiles_and_keep_them_whole_blocks(tmp_path):
    path = tmp_path / "big.mkv"
    video.write_video(path, [grey([99], 512)], 25)
    clips = [ClipFile(str(i), path, None) for i in range(42)]
    mosaic = make_mosaic(PairMedia("pair", tmp_path / "media", tuple(clips), 1, 512, Selection(size=512)))
    width, height = video.frame_size(tmp_path / "media" / mosaic.video)
    assert mosaic.side % 16 == 0 and mosaic.side >= 256
    assert (width, height) == (mosaic.side * 7, mosaic.side * 6) and width * height <= 2048 * 2048
