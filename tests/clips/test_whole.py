"""What containers state about their length, on bytes written out."""

import io
from contextlib import nullcontext
from fractions import Fraction
from types import SimpleNamespace

import pytest

from evalkit.clips.whole import (
    _asf,
    _boxes,
    _gif,
    _iter_boxes,
    _riff,
    _segment,
    _y4m,
    refuse_bare,
    refuse_cut,
    refuse_short,
    stated_seconds,
    states_length,
)
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


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"", 0),
        (riff(60)[:11], 0),  # a head that is not whole is none
        (riff(4), 12),
        (riff(4) + riff(4), 24),
        (riff(4) + riff(4)[:11], 12),
        (riff(5), 14),  # an odd length has a byte of padding
        (b"RIFX" + riff(4)[4:], 0),
        (riff(4) + b"JUNK" + bytes(20), 12),
        (b"RIFF\xff\xff\xff\xffAVI " + bytes(20), 0),
        (b"RIFF\xfe\xff\xff\xffAVI " + bytes(20), 8 + 0xFFFFFFFE),
        (b"RIFF\1\0\0\0AVI ", 10),
    ],
)
def test_where_the_last_riff_ends(data, end):
    """Less the eight bytes that some writers count twice."""
    assert _riff(io.BytesIO(data), len(data)) == end - 8


@pytest.mark.parametrize(
    ("data", "boxes"),
    [
        (b"", []),
        (box(b"free"), [("free", 8)]),
        (b"\0\0\0\7free", []),
        (b"\0\0\0\x10fre\xff" + bytes(8), []),
        (box(b"free") + bytes(7), [("free", 8)]),
        (box(b"free") + b"\0\0\0\1\0\0\0", [("free", 8), ("\0\0\0", 16)]),
        (box(b"mdat", (16).to_bytes(8, "big"), 1) + box(b"moov"), [("mdat", 16), ("moov", 24)]),
        (box(b"mdat", (15).to_bytes(8, "big"), 1) + box(b"moov"), [("mdat", 15)]),
        (box(b"mdat", (7).to_bytes(8, "big"), 1) + box(b"moov"), []),
        (box(b"mdat", b"", 0) + box(b"moov"), [("mdat", 16)]),
        (box(b"moov") + box(b"mdat", b"", 2), [("moov", 8)]),
        *((box(kind), [(kind.decode(), 8)]) for kind in (b"pnot", b"ssix", b"prft", b"emsg", b"udta", b"uuid")),
    ],
)
def test_boxes_one_by_one(data, boxes):
    assert list(_iter_boxes(io.BytesIO(data), len(data))) == boxes


@pytest.mark.parametrize(
    ("size", "end"),
    [
        (b"\x80", 0),
        (b"\xfe", 0x7E),
        (b"\xff", None),
        (b"\x7f\xff", None),
        (b"\x7f\xfe", 0x3FFE),
        (b"\x20\x01\x02", 0x102),
        (b"\x3f\xff\xff", None),
        (b"\x01\0\0\0\0\0\1\0", 256),
    ],
)
def test_sizes_of_one_to_eight_bytes(size, end):
    """RFC 8794, 4: the place of the first bit that is set is the number of bytes."""
    for before in (0, 40, 4096 - 4 - 8 - 4):
        data = b"\x1a\x45\xdf\xa3" + bytes(before) + b"\x18\x53\x80\x67" + size + bytes(20)
        found = _segment(io.BytesIO(data), len(data))
        assert found == (None if end is None else 4 + before + 4 + len(size) + end)


def test_a_segment_is_looked_for_at_the_beginning():
    data = b"\x1a\x45\xdf\xa3" + bytes(4096 - 4 - 3) + b"\x18\x53\x80\x67\x85" + bytes(20)
    assert _segment(io.BytesIO(data), len(data)) is None
    assert _segment(io.BytesIO(b"\x18\x53\x80\x67\x85"), 5) is None


def test_an_asf_is_looked_for_at_the_beginning():
    kind = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
    properties = kind + bytes(24) + (99).to_bytes(8, "little")
    for before, size in ((65536 - 48, 99), (65536 - 15, None)):
        data = bytes(before) + properties + bytes(8)
        assert _asf(io.BytesIO(data), len(data)) == size


GIF = b"GIF89a" + bytes(4) + b"\0\0\0"


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (GIF + b"\x3b", True),
        (GIF, False),
        (GIF[:12], False),
        (GIF + b"\x2c" + bytes(8), False),  # an image that ends before it says how
        (GIF + b"\x2c" + bytes(9), False),
        (GIF + b"\x2c" + bytes(9) + b"\2\0\x3b", True),
        (GIF + b"\x2c" + bytes(8) + b"\x82" + bytes(3 * 8) + b"\2\0\x3b", True),
        (GIF + b"\x2c" + bytes(8) + b"\x82" + bytes(3 * 8) + b"\2\0", False),
        (GIF + b"\x21\xfe\1a\0\x3b", True),
        (GIF + b"\x21\xfe\0\x3b", True),
        (GIF + b"\x21", False),
        (GIF + b"\x21\xfe", False),
        (GIF + b"\x21\xfe\5a", False),
        (b"GIF89a" + bytes(4) + b"\x82\0\0" + bytes(3 * 8) + b"\x3b", True),
        (b"GIF89a" + bytes(4) + b"\x82\0\0" + bytes(3 * 8 - 1) + b"\x3b", False),
        (b"GIF89a" + bytes(4) + b"\x02\0\0\x3b", True),  # a size without a table
    ],
)
def test_where_a_gif_ends(data, whole):
    assert _gif(io.BytesIO(data), len(data)) == len(data) + (not whole)


@pytest.mark.parametrize(
    ("form", "bare"),
    [
        *((form, True) for form in (
            "h261", "h263", "h264", "h266", "hevc", "vvc", "m4v", "mjpeg", "mpegvideo", "av1", "obu", "vc1", "avs2",
            "avs3", "rawvideo", "png_pipe", "ipu",
        )),
        *((form, False) for form in ("h267", "h260", "avi", "mov,mp4", "matroska,webm", "xh264", "h264x", "avs4")),
    ],
)  # fmt: skip
def test_which_streams_have_no_container(tmp_path, form, bare):
    with pytest.raises(VideoError, match=rf"a: a bare {form} stream") if bare else nullcontext():
        refuse_bare(tmp_path / "a", form)


@pytest.mark.parametrize("form", ["mp4", "mov,mp4,m4a", "mov, mp4", "avi"])
@pytest.mark.parametrize("missing", [0, 1])
def test_a_file_is_as_long_as_its_container_says(tmp_path, form, missing):
    data = box(b"ftyp", bytes(4)) + box(b"mdat", bytes(20))
    (tmp_path / "a").write_bytes(data[: len(data) - missing])
    cut = missing and "mp4" in form.split(",")
    with pytest.raises(VideoError, match="a: truncated, the file ends before") if cut else nullcontext():
        refuse_cut(tmp_path / "a", form)


@pytest.mark.parametrize(
    ("changes", "end", "short"),
    [
        # 2 s are stated: half of a frame of 0.04 s may be missing.
        ({}, 1.98, False),
        ({}, 1.979, True),
        # Of a last frame of unknown length half a second more.
        ({"duration": 0}, 1.481, False),
        ({"duration": 0}, 1.479, True),
        ({"time": None}, 0.0, False),
        ({"time_base": None}, 0.0, False),
    ],
)
def test_how_much_may_be_missing(tmp_path, changes, end, short):
    frame = SimpleNamespace(**{"time": end - 0.04, "time_base": Fraction(1, 25), "duration": 1, **changes})
    if changes.get("duration") == 0:
        frame.time = end
    with pytest.raises(VideoError, match=r"truncated, 50 frames, 1\.\d\d s of 2\.00 s") if short else nullcontext():
        refuse_short(tmp_path / "a", container(), stream(50, frames=50), 50, frame)


def test_frames_without_a_stated_length_are_never_short(tmp_path):
    frame = SimpleNamespace(time=0.0, time_base=Fraction(1, 25), duration=1)
    refuse_short(tmp_path / "a", container(), stream(), 1, frame)


def test_a_stream_that_starts_late_or_nowhere(tmp_path):
    """The start of the stream is counted from, in its own unit; without one from 0."""
    frame = SimpleNamespace(time=2.96, time_base=Fraction(1, 25), duration=1)
    refuse_short(tmp_path / "a", container(), stream(50, start=25), 50, frame)
    with pytest.raises(VideoError, match=r"truncated, 50 frames, 1\.00 s of 2\.00 s"):
        refuse_short(tmp_path / "a", container(), stream(50, start=50), 50, frame)
    refuse_short(tmp_path / "a", container(), stream(50), 50, frame)
    # What states no unit for its start but a length for the file begins at 0.
    refuse_short(tmp_path / "a", container(duration=3_000_000), stream(base=None, start=50), 75, frame)
