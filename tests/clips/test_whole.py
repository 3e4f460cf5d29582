"""What containers state about their length, on bytes written out."""

import io

from evalkit.clips.whole import _riff, _segment


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
