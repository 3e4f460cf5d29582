"""A silent track beside a video: as long as asked, and the video is what it was."""

import av
import numpy as np
import pytest

from evalkit.clips import video
from evalkit.clips.silence import add_silence
from tests.fakes import encode, noise


def packets(path, kind):
    with av.open(str(path)) as container:
        (stream,) = getattr(container.streams, kind)
        return [bytes(packet) for packet in container.demux(stream) if packet.dts is not None]


# Blocks of 1024 samples at 16 kHz: 0.512 s are eight of them, and one more covers what is left.
@pytest.mark.parametrize(("seconds", "blocks"), [(0.0, 1), (0.511, 8), (0.512, 9)])
def test_silence_of_a_length(tmp_path, seconds, blocks):
    frames = noise(4, 32)
    path = encode(tmp_path / "a.mp4", frames)
    before = packets(path, "video")
    add_silence(path, seconds)
    assert packets(path, "video") == before
    assert np.array_equal(np.concatenate(list(video.iter_frames(path))), frames)
    with av.open(str(path)) as container:
        (sound,) = container.streams.audio
        assert (sound.codec_context.name, sound.rate, sound.codec_context.layout.name) == ("aac", 16000, "mono")
        decoded = [frame.to_ndarray() for frame in container.decode(sound)]
    assert not np.concatenate(decoded, axis=1).any()
    # The encoder puts one block before the first.
    assert len(packets(path, "audio")) == blocks + 1
    assert [each.name for each in tmp_path.iterdir()] == ["a.mp4"]
