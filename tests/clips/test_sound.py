"""The sound beside the frames of a clip: mono, 16 kHz, from the first selected frame on."""

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.clips.sound import read_sound
from evalkit.errors import VideoError
from evalkit.types import Selection
from tests.clips.sounding import tone, write_sounding
from tests.fakes import noise

FRAMES = noise(10, 16)


def test_sound_at_its_own_rate_comes_as_it_is(tmp_path):
    sound = tone(0.4, 16000)
    write_sounding(tmp_path / "a.mkv", FRAMES, sound, 16000)
    heard = read_sound(tmp_path / "a.mkv")
    assert heard is not None and heard.rate == 25
    assert heard.samples.dtype == np.int16 and np.array_equal(heard.samples, sound[:, 0])


def test_other_rates_and_channels_are_brought_to_one(tmp_path):
    write_sounding(tmp_path / "a.mkv", FRAMES, tone(0.4, 48000, channels=2), 48000)
    heard = read_sound(tmp_path / "a.mkv")
    assert heard is not None and abs(len(heard.samples) - 6400) <= 16
    inner = slice(200, 6200)  # the resampler's filter rings at the ends
    same = np.corrcoef(heard.samples[inner], tone(0.4, 16000)[inner, 0])[0, 1]
    assert same > 0.999


def test_sound_that_begins_later_is_preceded_by_silence(tmp_path):
    write_sounding(tmp_path / "a.mkv", FRAMES, tone(0.2, 16000), 16000, late=0.1)
    heard = read_sound(tmp_path / "a.mkv")
    assert heard is not None and not heard.samples[:1600].any()
    assert np.array_equal(heard.samples[1600:], tone(0.2, 16000)[:, 0])


def test_sound_before_the_first_picture_is_left_out(tmp_path):
    write_sounding(tmp_path / "a.mkv", FRAMES, tone(0.4, 16000), 16000, first=5)
    heard = read_sound(tmp_path / "a.mkv")
    assert heard is not None and np.array_equal(heard.samples, tone(0.4, 16000)[5 * 640 :, 0])


def test_it_begins_with_the_first_selected_frame_and_knows_their_rate(tmp_path):
    write_sounding(tmp_path / "a.mkv", FRAMES, tone(0.4, 16000), 16000)
    heard = read_sound(tmp_path / "a.mkv", Selection(start=3, stride=2))
    assert heard is not None and heard.rate == 12.5
    assert np.array_equal(heard.samples, tone(0.4, 16000)[3 * 640 :, 0])


def test_clips_without_sound_have_none(tmp_path):
    video.write_video(tmp_path / "silent.mkv", [FRAMES], 25)
    (tmp_path / "frames").mkdir()
    video.write_image(tmp_path / "frames" / "0.png", FRAMES[0])
    assert read_sound(tmp_path / "silent.mkv") is None
    assert read_sound(tmp_path / "frames") is None and read_sound(tmp_path / "frames" / "0.png") is None
    (tmp_path / "broken.mp4").write_bytes(b"nothing")
    with pytest.raises(VideoError, match="not a readable video"):
        read_sound(tmp_path / "broken.mp4")
