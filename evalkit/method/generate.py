"""Run a method on one pair and check what comes back, frame by frame, before anything is kept."""

import contextlib
import hashlib
import random
import sys
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from evalkit.base.extras import missing_library
from evalkit.base.stopwatch import stage
from evalkit.base.world import World, left, said_by
from evalkit.clips import video
from evalkit.errors import EvalkitError, MethodError, VideoError
from evalkit.method.cost import Step
from evalkit.method.device import lost_device
from evalkit.method.interface import Driving, Job, LooksAhead, Method
from evalkit.protocol.schema import Protocol
from evalkit.types import Frames, Pair


def generate(
    pair: Pair,
    method: Method,
    protocol: Protocol,
    output: Path,
    seed: int,
    world: World | None = None,
    coming: Iterable[Pair] = (),
) -> tuple[int, list[Step]]:
    """Animate one pair into the lossless video `output`; returns the frame count and the method's steps.

    A pair's anchor goes to the method before the driving frames, and the frame made of it is dropped. The seconds of
    the steps leave out decoding the driving frames and writing the generated ones. Random generators are seeded by
    `seed` and the pair, so a pair comes out the same whatever ran before it. The method runs in `world`. The pairs
    `coming` are for methods that make several at a time.

    Raises:
        DeviceError: the GPU is lost to this process.
        MethodError: the method raised, returned NaN, another size, or another number of frames.
        VideoError: the source or driving clip cannot be decoded.
        OSError: the output cannot be written.
    """
    sources = video.read_frames(pair.source.path, pair.source_frames, size=protocol.resolution, rgb=protocol.rgb)
    world = world or World()
    driving = _driving(pair, protocol)
    leading = 1 if pair.anchor else 0
    steps: list[Step] = []
    with world.inside():
        seed_everything(f"{seed}:{pair.id}")
    if isinstance(method, LooksAhead):
        method.begin(_job(pair, protocol), (_job(other, protocol) for other in coming))
    answers = _timed(method, sources, driving, protocol, steps, world)
    frames = _without_first(_checked(answers, protocol, driving, leading), leading)
    count = video.write_video(output, frames, video.frame_rate(pair.driving.path) / protocol.driving.stride)
    return count, steps


def _driving(pair: Pair, protocol: Protocol) -> Driving:
    # The method may work in another directory.
    anchor = pair.anchor.absolute() if pair.anchor else None
    return Driving(pair.driving.path.absolute(), protocol.selection, anchor)


def _job(pair: Pair, protocol: Protocol) -> Job:
    path, frames, size = pair.source.path.absolute(), pair.source_frames, protocol.resolution
    read = partial(video.read_frames, path, frames, size=size, rgb=protocol.rgb)
    return Job(pair.id, read, _driving(pair, protocol), size, protocol.motion)


def seed_everything(text: str) -> None:
    """Seed the global random generators of Python, numpy and (if it is loaded) torch from a text."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
    random.seed(seed)
    np.random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


def _checked(answers: Iterator[np.ndarray], protocol: Protocol, driving: Driving, leading: int) -> Iterator[Frames]:
    """The method's frames as uint8, or `MethodError` at the first thing that is not as promised.

    `leading` frames are answers to an anchor. Most methods come to the end of the driving frames and so have counted
    them; one that is ahead of what it has seen may never end, so there the driving frames are counted at once.
    """
    wanted = (protocol.resolution, protocol.resolution, 3)
    count = 0
    for chunk in answers:
        if not isinstance(chunk, np.ndarray) or chunk.ndim != 4 or chunk.shape[1:] != wanted:
            shape = str(chunk.shape) if isinstance(chunk, np.ndarray) else type(chunk).__name__
            raise MethodError(f"returned {shape}; expected (t, {wanted[0]}, {wanted[1]}, 3) frames")
        try:
            yield video.to_uint8(chunk)
        except VideoError as error:
            raise MethodError(f"frame {count} and on: {error}") from error
        count += len(chunk)
        if count > driving.decoding.seen + leading and count > driving.count() + leading:
            break
    expected = driving.count() + leading
    if count != expected:
        more = "more than " if count > expected else ""
        got = f"{more}{min(count, expected)}"
        raise MethodError(f"returned {got} frames for {expected} driving frames; one for each is expected")


def _without_first(chunks: Iterator[Frames], count: int) -> Iterator[Frames]:
    """All frames but the first `count`."""
    for chunk in chunks:
        yield chunk[count:]
        count = max(0, count - len(chunk))


def _timed(
    method: Method, sources: Frames, driving: Driving, protocol: Protocol, steps: list[Step], world: World
) -> Iterator[np.ndarray]:
    """Run the method step by step, noting each in `steps`; whatever it raises becomes a `MethodError`.

    But for an optional library that is not installed, and for a GPU that is lost: they would cost every pair, so that
    they end the run at once.
    """
    decoding = driving.decoding.seconds
    frames: Iterator[np.ndarray] = iter(())
    try:
        with world.inside():
            frames = iter(method.animate(sources, driving, protocol.motion))
        while True:
            with world.inside(), stage("method"):
                began, decoded = time.perf_counter(), len(decoding)
                chunk = next(frames, None)
                took = time.perf_counter() - began - sum(decoding[decoded:])
            steps.append(Step(chunk.shape[0] if isinstance(chunk, np.ndarray) and chunk.ndim else 0, took))
            if chunk is None:
                return
            yield chunk
    except EvalkitError:
        raise
    except SystemExit as error:
        raise MethodError(left(error)) from error
    except Exception as error:
        if fatal := missing_library(error) or lost_device(error):
            raise fatal from error
        raise MethodError(f"raised {type(error).__name__}: {said_by(error)}") from error
    finally:
        # One that was not asked to the end cleans up here, and not wherever its memory is collected.
        with world.inside(), contextlib.suppress(Exception, SystemExit):
            getattr(frames, "close", int)()
