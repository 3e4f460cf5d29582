"""The native methods as evalkit runs them, with random weights, on small pictures."""

import dataclasses
import importlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from baselines._shared.native import motion_field
from baselines._shared.native.batches import regrouped
from baselines._shared.native.pictures import to_frames, to_tensor
from evalkit.clips import video
from evalkit.datasets.drawn import render_clip
from evalkit.errors import MethodError, UnknownNameError, VideoError
from evalkit.method.find import build_method, find_method, method_options
from evalkit.method.generate import generate
from evalkit.method.interface import Driving
from evalkit.types import Frames, Selection
from tests.baselines.random_methods import EVERY, SIDE, Build, chosen, config_of, fitted, floats
from tests.baselines.tiny import TINY
from tests.fakes import make_pair, make_protocol

Sized = Callable[[str], tuple[Frames, Driving]]
ABSOLUTE_ONLY = ("dpe", "pirenderer", "hyperreenact")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory, faces: Frames) -> tuple[Path, Path]:
    """A source picture of 255 pixels and a driving clip of three frames of 512 pixels."""
    folder = tmp_path_factory.mktemp("clips")
    source, driving = folder / "source.png", folder / "driving.mkv"
    video.write_image(source, render_clip(3, 0, frames=1, size=255).frames[0])
    video.write_video(driving, [np.stack([video.fit(face, 512) for face in faces[:3]])], 25)
    return source, driving


@pytest.fixture(scope="module")
def sized(faces: Frames, driving: Driving) -> Sized:
    """Four people and the driving clip, at the side of a method's small networks."""
    return lambda name: fitted(faces, driving, TINY[name]["side"])


@pytest.mark.parametrize("name", EVERY)
def test_runs_on_a_pair_of_any_size(name: str, build: Build, clips: tuple[Path, Path], tmp_path: Path) -> None:
    """In full size the methods run by command, `tests/e2e/test_native_methods.py`."""
    motions = find_method(name).card.motions
    assert motions == (("absolute",) if name in ABSOLUTE_ONLY else ("absolute", "relative"))
    for motion in motions:
        protocol = make_protocol(resolution=96, motion=motion, driving={"start": 1})
        output = tmp_path / f"{motion}.mkv"
        count, steps = generate(make_pair(*clips), build(name), protocol, output, seed=0)
        assert count == 2 and sum(step.seconds for step in steps) > 0
        assert video.read_frames(output, range(count)).shape == (count, 96, 96, 3)


@pytest.mark.parametrize("name", ["fomm", "pirenderer"])
def test_frames_do_not_depend_on_the_option_batch(name: str, build: Build, sized: Sized) -> None:
    faces, driving = sized(name)
    singly, together = (floats(build(name, f"batch={count}"), faces[3:], driving) for count in (1, 4))
    assert np.abs(singly - together).max() < 1e-5


def test_runs_are_repeatable(build: Build, sized: Sized) -> None:
    faces, driving = sized("tpsm")
    first, again = (floats(build("tpsm"), faces[3:], driving) for _ in range(2))
    assert np.array_equal(first, again)


@pytest.mark.parametrize("name", ["tpsm", "g3fa"])
def test_relative_motion_begins_at_the_source(name: str, build: Build, sized: Sized) -> None:
    """The first frame of relative motion moves nothing: it is the source driven by itself."""
    faces, driving = sized(name)
    method, first = build(name, "adapt_scale=no"), chosen(driving, maximum=1)
    relative = floats(method, faces[:1], first, "relative")
    itself = floats(method, faces[:1], first)
    moved = floats(method, faces[3:], first, "relative")
    assert np.abs(relative[0] - itself[0]).max() < 1e-4
    assert np.abs(moved[0] - relative[0]).max() > 1e-4


@pytest.mark.parametrize(
    ("name", "motion", "options"),
    [
        ("tpsm", "absolute", ("align_corners=no",)),
        ("tpsm", "relative", ("adapt_scale=no",)),
        ("tpsm", "absolute", ("mode=avd",)),
        ("g3fa", "absolute", ("align_corners=yes",)),
        ("dpe", "absolute", ("face=pose",)),
        ("liveportrait", "absolute", ("stitching=no",)),
        ("osfs", "absolute", ("yaw=40",)),
    ],
)
def test_options_reach_the_networks(
    name: str, motion: str, options: tuple[str, ...], build: Build, sized: Sized
) -> None:
    faces, driving = sized(name)
    short = chosen(driving, maximum=2 if motion == "relative" else 1)
    usual = floats(build(name), faces[3:], short, motion)[-1]
    changed = floats(build(name, *options), faces[3:], short, motion)[-1]
    assert np.abs(usual.astype(np.float64) - changed).max() > 1e-6


def test_the_initial_frame_can_be_searched(build: Build, faces: Frames, tmp_path: Path) -> None:
    """The source itself is the second driving frame, so relative motion begins there."""
    person = [render_clip(person, 0, frames=1, size=256).frames[0] for person in (1, 2)]
    path = tmp_path / "clip.mkv"
    video.write_video(path, [np.stack(person)], 25)
    clip = Driving(path, Selection(size=256))
    source = np.stack(person[1:])
    searched = floats(build("tpsm", "best_frame=search", "adapt_scale=no"), source, clip, "relative")
    assert np.abs(searched[1] - floats(build("tpsm", "adapt_scale=no"), source, clip)[1]).max() <= 1
    with pytest.raises(MethodError, match=r"best_frame=search: the source has no landmarks.*Use best_frame=first"):
        floats(build("tpsm", "best_frame=search"), np.zeros_like(source), clip, "relative")


def test_fsrt_takes_several_sources_and_any_number_of_chunks(build: Build, sized: Sized) -> None:
    faces, driving = sized("fsrt")
    one = chosen(driving, maximum=1)
    alone = floats(build("fsrt"), faces[2:3], one)
    both = floats(build("fsrt"), faces[2:], one)
    assert np.abs(alone - both).max() > 0
    assert np.abs(floats(build("fsrt", "max_pixels=64"), faces[2:], one) - both).max() < 1e-5


def test_numbers_of_sources_are_checked(build: Build, faces: Frames, driving: Driving) -> None:
    for name, sources in (("fomm", faces[:2]), ("fomm", faces[:0]), ("pirenderer", faces[:2])):
        with pytest.raises(MethodError, match=rf"takes 1 source image\(s\), at least one; got {len(sources)}"):
            floats(build(name), sources, driving)


def test_motion_that_a_method_does_not_have_is_refused(build: Build, faces: Frames, driving: Driving) -> None:
    for name, options in (("dpe", ()), ("pirenderer", ()), ("tpsm", ("mode=avd",))):
        with pytest.raises(MethodError, match="no relative motion"):
            floats(build(name, *options), faces[:1], driving, "relative")


@pytest.mark.parametrize(
    ("name", "option", "message"),
    [
        ("fomm", "batch=0", "option batch='0': expected auto or a positive whole number"),
        ("fomm", "batch=many", "option batch='many'"),
        ("fsrt", "max_pixels=-1", "option max_pixels='-1': expected auto or a positive whole number"),
        ("osfs", "yaw=left", "option yaw='left': expected a number"),
        ("liveportrait", "multiplier=x", "option multiplier='x': expected a number"),
    ],
)
def test_values_of_options_are_checked(
    name: str, option: str, message: str, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module(f"baselines.{name}.adapter")
    for place in (module, motion_field):
        monkeypatch.setattr(place, "load", lambda *_: torch.nn.Module(), raising=False)
        monkeypatch.setattr(place, "MotionAnimator", lambda *_: None, raising=False)
    monkeypatch.setattr(torch.nn.Module, "together", lambda self: None, raising=False)
    with pytest.raises(MethodError, match=message):
        module.build(config_of(name, option))


def test_choices_are_closed() -> None:
    for name, option in (("osfs", "generator=other"), ("tpsm", "mode=relative"), ("lia", "align_corners=yes")):
        with pytest.raises(UnknownNameError):
            method_options(find_method(name).card, [option])


def test_without_weights_nothing_runs() -> None:
    for name in EVERY:
        with pytest.raises(MethodError, match=rf"^{name}.*has no weights here\. Get .*evalkit methods import {name}"):
            build_method(find_method(name), dataclasses.replace(config_of(name), random_weights=False))


def test_chunks_are_joined_until_a_batch_is_full() -> None:
    chunks = [np.full((3, 1, 1, 3), value, np.uint8) for value in range(5)]
    joined = list(regrouped(chunks, 5))
    assert [len(part) for part in joined] == [6, 6, 3]
    assert np.array_equal(np.concatenate(joined), np.concatenate(chunks))
    assert [len(part) for part in regrouped(chunks, 1)] == [3] * 5


def test_pictures_come_back_as_they_went_in(faces: Frames) -> None:
    tensor = to_tensor(faces, SIDE)
    assert tensor.shape == (4, 3, SIDE, SIDE) and float(tensor.min()) >= 0 and float(tensor.max()) <= 1
    assert np.array_equal(video.to_uint8(to_frames(tensor, SIDE)), faces)


def test_sizes_change_by_the_rule_of_the_video_module(faces: Frames) -> None:
    smaller = np.stack([video.fit(face, 60) for face in faces])
    assert torch.equal(to_tensor(faces, 60), to_tensor(smaller, 60))
    assert np.array_equal(to_frames(to_tensor(faces, SIDE), 60), smaller)


def test_images_out_of_range_are_clamped_and_nan_is_not_hidden() -> None:
    images = torch.tensor([-3.0, 0.5, 7.0]).view(1, 3, 1, 1).expand(1, 3, 4, 4).clone()
    assert to_frames(images, 4)[0, 0, 0].tolist() == [0, 0.5, 1]
    images[0, 0, 0, 0] = torch.nan
    for size in (4, 8):
        with pytest.raises(VideoError, match="NaN"):
            video.to_uint8(to_frames(images, size))
