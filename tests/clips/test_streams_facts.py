"""Which stream, which notes and which errors, on containers and frames that are made up."""

from contextlib import nullcontext
from fractions import Fraction
from types import SimpleNamespace

import av
import pytest
from av.stream import Disposition

from evalkit.clips import streams
from evalkit.clips.streams import _decoded, _frame_notes, holds_video, open_container, stream_of, stream_rate
from evalkit.errors import VideoError
from tests.clips.sounding import tone
from tests.fakes import encode, noise


def stream(index, cover=False):
    return SimpleNamespace(index=index, disposition=Disposition.attached_pic if cover else Disposition.default)


def container(*videos, best=None):
    return SimpleNamespace(streams=SimpleNamespace(video=list(videos), best=lambda kind: best))


def test_the_best_stream_that_moves(tmp_path):
    cover, first, second = stream(0, True), stream(1), stream(2)
    for best, taken in ((second, second), (first, first), (cover, first), (None, first)):
        assert stream_of(tmp_path, container(cover, first, second, best=best)) is taken
    assert stream_of(tmp_path, container(first)) is first
    with pytest.raises(VideoError, match="holds no video stream"):
        stream_of(tmp_path, container())
    with pytest.raises(VideoError, match="holds a cover picture, but no video stream"):
        stream_of(tmp_path, container(cover, best=cover))


def packets(*frames, damaged=None):
    """Packets of frames (True: damaged); the packet at the index `damaged` is damaged itself."""
    made = [
        SimpleNamespace(
            is_corrupt=at == damaged,
            decode=lambda group=group: [SimpleNamespace(is_corrupt=bad) for bad in group],
        )
        for at, group in enumerate(frames)
    ]
    return SimpleNamespace(demux=lambda stream: made)


@pytest.mark.parametrize(
    ("given", "whole", "message"),
    [
        (packets([False, False], [], [False]), 3, None),
        (packets([False, False], [False, True]), 3, "frame 3 is damaged"),
        (packets([True]), 0, "frame 0 is damaged"),
        (packets([False, False], [False], damaged=1), 2, "frame 2 is damaged"),
        (packets([False], damaged=0), 0, "frame 0 is damaged"),
    ],
)
def test_frames_up_to_the_first_damaged_one(tmp_path, given, whole, message):
    seen = []
    with pytest.raises(VideoError, match=message) if message else nullcontext():
        for one in _decoded(tmp_path, given, None):
            seen.append(one)  # what came before an error counts
    assert len(seen) == whole


def frame(trc=1, primaries=1, interlaced=False, alpha=()):
    parts = [SimpleNamespace(is_alpha=each) for each in (False, *alpha)]
    return SimpleNamespace(
        side_data={}, color_trc=trc, color_primaries=primaries, interlaced_frame=interlaced,
        format=SimpleNamespace(components=parts),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "pixel", "notes"),
    [
        ({}, None, []),
        ({}, Fraction(1), []),
        ({}, Fraction(4, 3), ["its pixels are 4:3, and it is stretched to square ones"]),
        *(
            ({"trc": code}, None, [f"its transfer characteristic {name} is not applied"])
            for code, name in (
                (8, "linear"),
                (16, "PQ (SMPTE 2084)"),
                (17, "SMPTE 428"),
                (18, "HLG (ARIB STD-B67)"),
            )
        ),
        *(({"trc": code}, None, []) for code in (2, 7, 9, 15, 19)),
        ({"primaries": 9}, None, ["its colours are in the primaries of BT.2020 and stay there"]),
        ({"primaries": 10}, None, []),
        ({"interlaced": True}, None, ["it is interlaced, and its fields are not taken apart"]),
        ({"alpha": (False, True)}, None, ["its transparency is dropped"]),
        ({"alpha": (False, False)}, None, []),
    ],
)
def test_what_is_said_of_a_frame(tmp_path, facts, pixel, notes):
    assert _frame_notes(tmp_path, frame(**facts), pixel) == notes


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PermissionError(13, "Permission denied"), r"\(Permission denied\)\. Fix its permissions\."),
        (OSError(5, "Input/output error"), r"\(Input/output error\)\. Replace or re-encode it\."),
        (OSError("as FFmpeg says"), r"\(as FFmpeg says\)\. Replace"),
    ],
)
def test_what_cannot_be_opened(tmp_path, monkeypatch, error, message):
    def refused(*arguments, **options):
        raise error

    (tmp_path / "a.mp4").write_bytes(b"x")
    monkeypatch.setattr(av, "open", refused)
    with (
        pytest.raises(VideoError, match=rf"a\.mp4: not a readable video {message}"),
        open_container(tmp_path / "a.mp4"),
    ):
        pass


def test_a_playlist_is_never_opened(tmp_path, monkeypatch):
    (tmp_path / "a.mp4").write_text("#EXTM3U\n")
    monkeypatch.setattr(av, "open", pytest.fail)
    with (
        pytest.raises(VideoError, match=r"a\.mp4: a playlist, which names other files"),
        open_container(tmp_path / "a.mp4"),
    ):
        pass


def test_what_holds_a_video(tmp_path):
    path = encode(tmp_path / "a.mp4", noise(2, 16))
    assert holds_video(path) and stream_rate(path) == 25
    for content in (b"", b"text", b"\0\0\0\x18ftyp and no more"):
        (tmp_path / "b").write_bytes(content)
        assert holds_video(tmp_path / "b") is False
    assert holds_video(tmp_path / "c") is False
    sound = tmp_path / "d.mkv"
    with av.open(str(sound), "w") as made:
        track = made.add_stream("pcm_s16le", rate=16000, layout="mono")
        block = av.AudioFrame.from_ndarray(tone(0.1, 16000).reshape(1, -1), format="s16", layout="mono")
        block.sample_rate = 16000
        made.mux(track.encode(block))
        made.mux(track.encode(None))
    assert holds_video(sound) is False


def test_a_clip_that_is_left_early_is_not_said_to_be_cut(tmp_path, monkeypatch):
    """As many frames as are asked for, and no word about those behind them."""
    path = encode(tmp_path / "a.mp4", noise(5, 16))
    asked = []
    monkeypatch.setattr(streams, "refuse_short", lambda path, container, stream, count, last: asked.append(count))
    for stop, given, ended in ((1, 1, []), (4, 4, []), (5, 5, []), (6, 5, [5]), (None, 5, [5])):
        asked.clear()
        assert len(list(streams.iter_stream(path, stop, "accurate"))) == given and asked == ended
