"""What containers state about their length, on bytes written out."""

import io
from fractions import Fraction
from types import SimpleNamespace

import pytest

from evalkit.clips.whole import _asf, _boxes, _gif, _riff, _segment, _y4m, refuse_short, stated_seconds, states_length
from evalkit.errors import VideoError


def riff(size, kind=b"AVI "):
    return b"RIFF" + size.to_bytes(4, "little") + kind + bytes(size - 4)


def test_an_avi_ends_with_its_last_riff():
    """OpenDML, 1996: AVI above 1 GB has several; a list of odd length has a byte of padding."""
    first, second = riff(61) + b"\0", riff(40, b"AVIX")
    for data, end in (
        (first, len(first)),
        (first + second, len(first + second)),
        (first + second[:-9], len(first) + 48),
    ):
        assert _riff(io.BytesIO(data), len(data)) == end - 8
    # A writer that could not go back leaves zeros: the file ends at least where that chunk begins.
    unfinished = first + b"RIFF\0\0\0\0AVIX" + bytes(90)
    assert _riff(io.BytesIO(unfinished), len(unfinished)) == len(first) - 8


def test_a_segment_states_where_it_ends():
    """RFC 8794: a size of one to eight bytes, all ones for one that is not known."""
    head, segment = b"\x1a\x45\xdf\xa3\x80", b"\x18\x53\x80\x67"
    for size, end in ((b"\x85", 10 + 5), (b"\x40\x85", 11 + 0x85), (b"\xff", None), (b"\x01" + b"\xff" * 7, None)):
        file = io.BytesIO(head + segment + size + bytes(200))
        file.seek(3)  # wherever others left it
        assert _segment(file, 300) == end
    assert _segment(io.BytesIO(head + bytes(100)), 105) is None
    assert _segment(io.BytesIO(bytes(9) + head + segment + b"\x85"), 19) is None


def box(kind, content=b"", length=None):
    return (8 + len(content) if length is None else length).to_bytes(4, "big") + kind + content


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (box(b"ftyp", bytes(4)) + box(b"moov", bytes(20)), 40),
        (box(b"ftyp", bytes(4)) + box(b"mdat", bytes(20), 500), 512),
        # A length of 1 is followed by one of 64 bits; 0 goes to the end of the file.
        (box(b"mdat", (24).to_bytes(8, "big") + bytes(8), 1) + box(b"moov", bytes(4)), 36),
        (box(b"mdat", (1 << 33).to_bytes(8, "big"), 1), 1 << 33),
        (box(b"ftyp", bytes(4)) + box(b"mdat", bytes(30), 0), 50),
        # What is no box of a movie ends it, and a head that is cut off is missing something.
        (box(b"moov", bytes(4)) + b"thanks for watching", 12),
        (box(b"moov", bytes(4)) + b"\0\0\0\7mdat", 12),
        (box(b"moov", bytes(4)) + b"\0\0\1", 16),
        (box(b"moov", bytes(4)) + bytes(5), 12),
        (b"thanks for watching", None),
    ],
)
def test_an_mp4_ends_with_its_last_box(data, end):
    assert _boxes(io.BytesIO(data), len(data)) == end


@pytest.mark.parametrize("table", [0, 0x80, 0x81])
def test_a_gif_ends_with_its_trailer(table):
    """GIF89a: a header of 13 bytes, tables of 3 * 2^(n+1), blocks of lengths up to a zero, 0x3B."""
    colours = bytes(3 << (table & 7) + 1 if table else 0)
    head = b"GIF89a" + bytes(4) + bytes([table, 0, 0]) + colours
    extension = b"\x21\xf9\4" + bytes(4) + b"\0"
    image = b"\x2c" + bytes(8) + bytes([table]) + colours + b"\2" + b"\3abc" + b"\2de" + b"\0"
    whole = head + extension + image + image + b"\x3b"
    for more in (b"", b"behind it"):
        assert _gif(io.BytesIO(whole + more), len(whole + more)) == len(whole + more)
    for length in range(len(whole)):
        assert _gif(io.BytesIO(whole[:length]), length) == length + 1
    assert _gif(io.BytesIO(head + b"\7" + whole), 400) is None


def test_an_asf_states_its_size():
    """ASF specification, 3.2: 40 bytes into the File Properties Object."""
    kind = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
    data = bytes(30) + kind + bytes(24) + (70_000).to_bytes(8, "little") + bytes(40)
    file = io.BytesIO(data)
    file.seek(50)  # wherever others left it
    assert _asf(file, len(data)) == 70_000
    assert _asf(io.BytesIO(kind + data[46:]), 100) == 70_000
    assert _asf(io.BytesIO(data[:40]), 40) is None


@pytest.mark.parametrize(
    ("form", "size"),
    [
        (b"", 35 + 2 * 12),
        (b" C420jpeg", 35 + 2 * 12),
        (b" C422", 35 + 2 * 20),
        (b" C444", 35 * 3),
        (b" C411", 35 + 2 * 10),
        (b" Cmono", 35),
        (b" C420p10", 2 * (35 + 2 * 12)),
        (b" C422p9", 2 * (35 + 2 * 20)),
        (b" Cmono12", 2 * 35),
    ],
)
def test_the_frames_of_a_y4m_are_of_one_length(form, size):
    """7x5: half of the chroma's columns are 4, half of its rows 3."""
    data = b"YUV4MPEG2 W7 H5 F25:1" + form + b"\n" + 2 * (b"FRAME Ip\n" + bytes(size))
    for cut in (0, 1, size):
        file = io.BytesIO(data[: len(data) - cut])
        file.seek(9)
        assert _y4m(file, len(data) - cut) == len(data)
    assert _y4m(io.BytesIO(data), len(data) + 1) == len(data) + size + 9


@pytest.mark.parametrize(
    "data", [b"YUV4MPEG2 W7 H5\nPICTURE\n", b"YUV4MPEG2 W7\nFRAME\n", b"YUV4MPEG2 W7 Hx\nFRAME\n",
             b"YUV4MPEG2 W7 H5 C9\nFRAME\n", b"YUV4MPEG2 W7 H5\n"]
)  # fmt: skip
def test_a_y4m_that_says_too_little_states_no_length(data):
    assert _y4m(io.BytesIO(data), len(data)) is None


def container(name="mov,mp4,m4a", streams=1, duration=None, start=None):
    return SimpleNamespace(
        format=SimpleNamespace(name=name), streams=[0] * streams, duration=duration, start_time=start
    )


def stream(duration=None, base=Fraction(1, 25), start=None, frames=0):
    return SimpleNamespace(duration=duration, time_base=base, start_time=start, frames=frames)


@pytest.mark.parametrize(
    ("given", "of", "seconds"),
    [
        (container(streams=2, duration=9_000_000), stream(50), 2),
        (container(duration=3_000_000, start=1_000_000), stream(50, None), 3),
        (container(duration=3_000_000, start=1_000_000), stream(), 3),
        # Matroska counts from time 0, and some files state no start.
        (container("matroska,webm", duration=3_000_000, start=1_000_000), stream(), 2),
        (container("matroska,webm", duration=3_000_000), stream(), 3),
        (container(streams=2, duration=3_000_000), stream(), None),
        (container(), stream(), None),
    ],
)
def test_how_long_a_stream_is_said_to_be(given, of, seconds):
    assert stated_seconds(given, of) == seconds


@pytest.mark.parametrize(
    ("given", "kinds", "states"),
    [
        (container(), [b"ftyp", b"moov", b"mdat"], True),
        # Fragments may go on for ever, unless a list of all of them stands at the end.
        (container(), [b"ftyp", b"moov", b"moof", b"mdat"], False),
        (container(), [b"ftyp", b"moov", b"moof", b"mdat", b"mfra"], True),
        (container("matroska,webm"), [b"moof"], True),
        (container("mpegts"), [b"moov"], False),
    ],
)
def test_which_files_state_their_length(tmp_path, given, kinds, states):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"".join(box(kind) for kind in kinds))
    assert states_length(path, given, stream(50)) is states
    assert not states_length(path, given, stream())


@pytest.mark.parametrize(
    ("last", "frames", "short"),
    [
        (49, 50, False),
        (48.6, 50, False),  # half a frame may be missing
        (48.4, 49, True),
        (20, 21, True),
    ],
)
def test_frames_that_end_before_the_header_says(tmp_path, last, frames, short):
    """50 frames of 0.04 s are stated; the last one seen begins at `last` frames and lasts one."""
    frame = SimpleNamespace(time=last * 0.04 + 1, time_base=Fraction(1, 25), duration=1)
    given, of = container(), stream(50, start=25, frames=50)
    if short:
        with pytest.raises(VideoError, match=rf"a\.mp4: truncated, {frames} of 50 frames, .* s of 2\.00 s"):
            refuse_short(tmp_path / "a.mp4", given, of, frames, frame)
    else:
        refuse_short(tmp_path / "a.mp4", given, of, frames, frame)
