"""A method is believed nothing: every frame is checked, and a broken pair leaves no file."""

import random
import time
from dataclasses import replace
from itertools import repeat

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.errors import MethodError, VideoError, WeightsError
from evalkit.method.cost import Step
from evalkit.method.generate import generate, seed_everything
from evalkit.types import Selection
from tests.fakes import SIZE, FakeMethod, copying, grey, make_pair, make_protocol, noise

COUNT = 20


@pytest.fixture
def pair(tmp_path):
    video.write_video(tmp_path / "source.mkv", [noise(3, 24, 32, seed=1)], 25)
    video.write_video(tmp_path / "driving.mkv", [noise(COUNT, 24, seed=2)], 30)
    return make_pair(tmp_path / "source.mkv", tmp_path / "driving.mkv", (0, -1))


@pytest.fixture
def make(pair, tmp_path):
    def made(animate, seed=0, **protocol):
        output = tmp_path / "out" / "s--d.mkv"
        return generate(pair, FakeMethod(animate), make_protocol(**protocol), output, seed), output

    return made


def frames_of(path):
    return np.concatenate(list(video.iter_frames(path)))


def test_frames_are_written_losslessly_in_order(make, pair):
    (count, steps), output = make(copying)
    expected = np.concatenate(list(video.iter_frames(pair.driving.path, Selection(size=SIZE))))
    assert count == COUNT == sum(step.frames for step in steps) and np.array_equal(frames_of(output), expected)
    assert video.frame_rate(output) == 30


def test_the_method_gets_the_sources_and_driving_frames_of_the_protocol(make, pair):
    seen = {}

    def animate(sources, driving):
        seen["sources"] = sources
        seen["twice"] = [np.concatenate(list(driving)) for _ in range(2)]
        yield seen["twice"][0]

    (count, _), output = make(animate, driving={"start": 2, "stride": 5, "maximum": 3})
    assert np.array_equal(seen["sources"], video.read_frames(pair.source.path, (0, -1), size=SIZE))
    assert count == 3 and np.array_equal(*seen["twice"])
    everything = np.concatenate(list(video.iter_frames(pair.driving.path, Selection(size=SIZE))))
    assert np.array_equal(frames_of(output), everything[2:17:5]) and video.frame_rate(output) == 6


@pytest.fixture
def decoded(monkeypatch):
    """Paths that were decoded, one entry each time."""
    paths = []
    for name in ("iter_frames", "count_frames", "read_frames"):
        original = getattr(video, name)
        monkeypatch.setattr(video, name, lambda path, *a, _of=original, **k: paths.append(path) or _of(path, *a, **k))
    return paths


def test_both_clips_are_decoded_once(make, pair, decoded):
    make(copying, driving={"start": 2, "stride": 3})
    assert sorted(decoded) == sorted([pair.source.path, pair.driving.path])


@pytest.mark.parametrize(
    ("animate", "times"),
    [
        (lambda sources, driving: iter([noise(COUNT)]), 1),
        (lambda sources, driving: iter([next(iter(driving)), noise(COUNT - video.CHUNK)]), 2),
        (lambda sources, driving: iter([np.concatenate([c for _ in range(2) for c in driving])[:COUNT]]), 2),
    ],
    ids=["blind", "stops early", "looks twice"],
)
def test_driving_frames_that_a_method_leaves_out_are_counted_for_it(make, pair, decoded, animate, times):
    (count, _), output = make(animate)
    assert count == COUNT == len(frames_of(output))
    assert decoded.count(pair.driving.path) == times


def test_a_method_that_never_ends_is_stopped(make):
    with pytest.raises(MethodError, match=rf"returned more than {COUNT} frames for {COUNT} driving frames"):
        make(lambda sources, driving: repeat(noise(3)))


def test_sources_of_different_sizes_are_brought_to_the_protocols_size(pair, tmp_path):
    folder = tmp_path / "pictures"
    video.write_image(folder / "0.png", noise(1, 24, 32, seed=3)[0])
    video.write_image(folder / "1.png", noise(1, 50, seed=4)[0])
    seen = []

    def animate(sources, driving):
        seen.append(sources)
        yield from driving

    mixed = make_pair(folder, pair.driving.path, (0, 1))
    generate(mixed, FakeMethod(animate), make_protocol(), tmp_path / "out.mkv", 0)
    expected = [video.fit(noise(1, 24, 32, seed=3)[0], SIZE), video.fit(noise(1, 50, seed=4)[0], SIZE)]
    assert np.array_equal(seen[0], expected)


def test_an_anchor_comes_first_and_what_is_made_of_it_is_dropped(pair, tmp_path):
    anchor, output = tmp_path / "anchor.png", tmp_path / "out.mkv"
    video.write_image(anchor, noise(1, 24, seed=3)[0])
    seen = []

    def animate(sources, driving):
        seen.append(np.concatenate(list(driving)))
        yield seen[0][:7]
        yield seen[0][7:]

    anchored = replace(pair, anchor=anchor)
    count, _ = generate(anchored, FakeMethod(animate), make_protocol(driving={"start": 2}), output, 0)
    everything = np.concatenate(list(video.iter_frames(pair.driving.path, Selection(size=SIZE))))
    assert np.array_equal(seen[0][0], video.read_frames(anchor, (0,), size=SIZE)[0])
    assert np.array_equal(seen[0][1:], everything[2:])
    assert count == COUNT - 2 and np.array_equal(frames_of(output), everything[2:])
    with pytest.raises(MethodError, match=r"returned 18 frames for 19 driving frames"):
        generate(anchored, FakeMethod(lambda s, d: iter([seen[0][1:]])), make_protocol(driving={"start": 2}), output, 0)


def test_floats_and_any_chunks_are_taken(make):
    levels = np.arange(COUNT) * 10

    def animate(sources, driving):
        list(driving)
        pictures = (grey(levels.tolist()) / 255).astype(np.float32)
        yield pictures[:1]
        yield pictures[1:1]
        yield pictures[1:]

    _, output = make(animate)
    assert frames_of(output)[:, 3, 3, 1].tolist() == levels.tolist()


def returns(value):
    def animate(sources, driving):
        yield value

    return animate


def raising(error):
    def animate(sources, driving):
        yield from driving
        raise error

    return animate


def shape(count, *rest, dtype=np.uint8):
    return np.zeros((count, *rest), dtype)


@pytest.mark.parametrize(
    ("animate", "message"),
    [
        (returns(shape(COUNT - 1, SIZE, SIZE, 3)), "returned 19 frames for 20 driving frames; one for each"),
        (returns(shape(COUNT + 1, SIZE, SIZE, 3)), "returned more than 20 frames for 20 driving frames"),
        (lambda sources, driving: iter(()), "returned 0 frames for 20 driving frames"),
        (returns(shape(COUNT, 8, 8, 3)), r"returned \(20, 8, 8, 3\); expected \(t, 16, 16, 3\) frames"),
        (returns(shape(COUNT, 3, SIZE, SIZE)), r"returned \(20, 3, 16, 16\); expected \(t, 16, 16, 3\)"),
        (returns(shape(SIZE, SIZE, 3)), r"returned \(16, 16, 3\); expected"),
        (returns([1, 2]), "returned list; expected"),
        (returns(None), "returned 0 frames"),
        (returns(np.full((COUNT, SIZE, SIZE, 3), np.nan)), "frame 0 and on: frames hold 15360 NaN"),
        (returns(shape(COUNT, SIZE, SIZE, 3, dtype=np.int64)), "frame 0 and on: frames have dtype int64"),
        (returns(np.full((COUNT, SIZE, SIZE, 3), 200.0)), r"frame 0 and on: float frames span \[200, 200\]"),
        (raising(RuntimeError("CUDA out of memory")), "raised RuntimeError: CUDA out of memory"),
        (raising(StopIteration()), "raised RuntimeError: generator raised StopIteration"),
        (raising(OSError(28, "No space left on device")), "raised OSError"),
        (lambda sources, driving: None, "raised TypeError: 'NoneType' object is not iterable"),
        (lambda sources, driving: [][0], "raised IndexError"),
    ],
)
def test_what_is_not_as_promised_costs_the_pair(make, tmp_path, animate, message):
    with pytest.raises(MethodError, match=message):
        make(animate)
    assert list((tmp_path / "out").iterdir()) == []


def test_the_place_of_a_bad_frame_is_told(make):
    def animate(sources, driving):
        for start, chunk in enumerate(driving):
            yield chunk if start == 0 else np.full(chunk.shape, np.nan)

    with pytest.raises(MethodError, match="frame 16 and on: frames hold 3072 NaN"):
        make(animate)


def test_endless_output_is_stopped(make):
    def animate(sources, driving):
        while True:
            yield shape(1, SIZE, SIZE, 3)

    with pytest.raises(MethodError, match="more than 20 frames"):
        make(animate)


@pytest.mark.parametrize("error", [MethodError("no face"), WeightsError("fetch them"), VideoError("damaged")])
def test_errors_of_the_project_pass_as_they_are(make, error):
    with pytest.raises(type(error), match=f"^{error}$"):
        make(raising(error))


def test_an_interrupt_is_not_the_methods_fault(make, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        make(raising(KeyboardInterrupt()))
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("which", ["source", "driving"])
def test_a_clip_that_cannot_be_decoded(make, tmp_path, which):
    (tmp_path / f"{which}.mkv").write_bytes(b"no video")
    with pytest.raises(VideoError, match=rf"{which}\.mkv: not a readable video"):
        make(copying)


def test_a_driving_clip_that_is_too_short(make):
    with pytest.raises(VideoError, match="no frame at index 50 or later"):
        make(copying, driving={"start": 50})


def test_the_speed_is_the_methods_own(make, monkeypatch):
    clock, original = [0.0], video.iter_frames

    def decode(*selected):
        for chunk in original(*selected):
            clock[0] += 100
            yield chunk

    def animate(sources, driving):
        clock[0] += 1
        for chunk in driving:
            clock[0] += 7
            yield chunk
        clock[0] += 3

    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(video, "iter_frames", decode)
    # 20 frames are two chunks; work before, on and after them counts, decoding them does not.
    assert make(animate)[0] == (20, [Step(16, 1 + 7), Step(4, 7), Step(0, 3)])


def drawing(sources, driving):
    for chunk in driving:
        yield np.random.random(chunk.shape) * random.random()


def test_a_pair_comes_out_the_same_whatever_ran_before(make):
    _, output = make(drawing)
    first = frames_of(output)
    random.random(), np.random.random(7)
    assert np.array_equal(frames_of(make(drawing)[1]), first)
    assert not np.array_equal(frames_of(make(drawing, seed=1)[1]), first)


def test_seeds_reach_torch_too():
    torch = pytest.importorskip("torch")
    draws = []
    for text in ("0:a", "0:a", "0:b"):
        seed_everything(text)
        draws.append((random.random(), float(np.random.random()), float(torch.rand(1))))
    assert draws[0] == draws[1] and all(a != b for a, b in zip(draws[0], draws[2], strict=True))
