"""Videos with a sound track, for tests."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from evalkit.types import Frames


def write_sounding(
    path: Path, frames: Frames, sound: NDArray[np.int16], rate: int, late: float = 0, fps: int = 25, first: int = 0
) -> None:
    """A Matroska file, without loss, of frames (T, H, W, 3) and sound (N, channels) that begins `late` seconds in.

    The pictures begin as the `first` frame would.
    """
    layout = {1: "mono", 2: "stereo"}[sound.shape[1]]
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("ffv1", rate=fps, width=frames.shape[2], height=frames.shape[1])
        pictures.pix_fmt = "bgr0"
        track = container.add_stream("pcm_s16le", rate=rate, layout=layout)
        for index, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = first + index, Fraction(1, fps)
            container.mux(pictures.encode(frame))
        container.mux(pictures.encode(None))
        block = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.reshape(1, -1)), format="s16", layout=layout)
        block.sample_rate, block.pts = rate, round(late * rate)
        container.mux(track.encode(block))
        container.mux(track.encode(None))


def tone(seconds: float, rate: int, channels: int = 1, hertz: float = 440) -> NDArray[np.int16]:
    """(N, channels) of a sine at half of full scale."""
    wave = np.round(16000 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.int16)
    return np.repeat(wave[:, None], channels, axis=1)
