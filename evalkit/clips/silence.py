"""A silent sound track, for programs that do not take a video without one."""

from pathlib import Path

import av
import numpy as np

from evalkit.base.files import atomic_path

_RATE, _SAMPLES = 16000, 1024


def add_silence(path: Path, seconds: float) -> None:
    """Add a silent AAC track of at least `seconds` to an MP4 file; its video stays as it is, bit by bit."""
    with atomic_path(path) as temporary, av.open(str(path)) as given, av.open(str(temporary), "w") as made:
        pictures = made.add_stream_from_template(given.streams.video[0])
        sound = made.add_stream("aac", rate=_RATE, layout="mono")
        for packet in given.demux(given.streams.video[0]):
            if packet.dts is not None:
                packet.stream = pictures
                made.mux(packet)
        for index in range(int(seconds * _RATE / _SAMPLES) + 1):
            block = av.AudioFrame.from_ndarray(np.zeros((1, _SAMPLES), np.float32), format="fltp", layout="mono")
            block.sample_rate, block.pts = _RATE, index * _SAMPLES
            made.mux(sound.encode(block))
        made.mux(sound.encode(None))
