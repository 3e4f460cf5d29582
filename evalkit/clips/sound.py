"""The sound of a video, mono at 16 kHz, laid beside its frames: sample 0 belongs to the first of them.

FFmpeg mixes the channels and resamples, as `ffmpeg -ac 1 -ar 16000` does. Sound that begins later than the picture is
preceded by silence, sound that begins earlier is cut, as `-async 1` does.
"""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from evalkit.clips.kinds import IMAGE_SUFFIXES
from evalkit.clips.special_files import refuse_special
from evalkit.clips.streams import open_container, stream_of
from evalkit.clips.video import frame_rate
from evalkit.types import AS_STORED, SOUND_RATE, Selection, Sound


def read_sound(path: Path, selection: Selection = AS_STORED) -> Sound | None:
    """The sound beside the selected frames of a clip, from the first of them to the end; None for a clip without any.

    Raises `VideoError` for a video that cannot be read.
    """
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        return None
    refuse_special(path)
    samples = _samples(path)
    if samples is None:
        return None
    rate = frame_rate(path)
    return Sound(samples[round(selection.start / rate * SOUND_RATE) :], rate / selection.stride)


def _samples(path: Path) -> NDArray[np.int16] | None:
    """(N,) from the time of the first frame on; None without a stream of sound."""
    with open_container(path) as container:
        if not container.streams.audio:
            return None
        pictures, stream = stream_of(path, container), container.streams.audio[0]
        resampler = av.AudioResampler(format="s16", layout="mono", rate=SOUND_RATE)
        parts: list[NDArray[np.int16]] = []
        began: float | None = None
        for frame in container.decode(stream):
            began = frame.time if began is None else began
            parts += [block.to_ndarray()[0] for block in resampler.resample(frame)]
        if not parts:
            return None
        parts += [block.to_ndarray()[0] for block in resampler.resample(None)]
        first = float((pictures.start_time or 0) * (pictures.time_base or 0))
        late = round(((began or 0.0) - first) * SOUND_RATE)
    samples = np.concatenate([np.zeros(max(late, 0), np.int16), *parts])
    return samples[max(-late, 0) :]
