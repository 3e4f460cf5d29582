"""What a file is by its first bytes: a container of video, a list of other files, or neither."""

import pytest

from evalkit.clips.kinds import is_playlist, is_video_head

BOXES = [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"]
BEGINNINGS = [
    b"\x1a\x45\xdf\xa3", b"FLV\x01", b"\x00\x00\x01\xba", b"OggS", b"GIF8", b"DKIF", b".RMF", b"YUV4MPEG2", b"nutfile",
    b"\x06\x0e\x2b\x34", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
]  # fmt: skip


def packets(first, step, mark=0x47, other=0x47, more=b""):
    """Two packets of MPEG-TS, of which the second is only begun: `mark` at `first`, `other` at `first + step`."""
    data = bytearray(first + step + 1)
    data[first], data[first + step] = mark, other
    return bytes(data) + more


@pytest.mark.parametrize(
    ("head", "video"),
    [
        *((b"\0\0\0\x18" + kind, True) for kind in BOXES),
        *((kind + b"\0\0\0\x18", False) for kind in BOXES),
        *((b"\0\0\0\0\0" + kind, False) for kind in BOXES),
        *((beginning + b"rest", True) for beginning in BEGINNINGS),
        *((beginning[:-1], False) for beginning in BEGINNINGS),
        *((b"x" + beginning, False) for beginning in BEGINNINGS),
        (b"RIFF\1\2\3\4AVI ", True),
        (b"RIFF\1\2\3\4AMV LIST", True),
        (b"RIFF\1\2\3\4WAVE", False),
        (b"RIFX\1\2\3\4AVI ", False),
        (b"RIFF\1\2\3AVI ", False),
        # MPEG-TS begins every 188 bytes with 0x47; with time stamps of four bytes before it, every 192.
        (packets(0, 188), True),
        (packets(0, 188, more=b"rest"), True),
        (packets(0, 188)[:-1], False),
        (packets(0, 188, other=0), False),
        (packets(0, 188, mark=0), False),
        (packets(0, 188, mark=1, other=1), False),
        (packets(0, 187, more=b"\0"), False),
        (packets(1, 188), False),
        (packets(4, 192), True),
        (packets(4, 192)[:-1], False),
        (packets(4, 192, other=0), False),
        (packets(4, 188, more=bytes(20)), False),
        (b"", False),
        (b"G", False),
        (b"Dear diary,", False),
    ],
)
def test_what_begins_as_a_video(tmp_path, head, video):
    (tmp_path / "a").write_bytes(head)
    assert is_video_head(tmp_path / "a") is video


@pytest.mark.parametrize(
    ("head", "listed"),
    [
        (b"#EXTM3U\n#EXTINF:1\na.ts", True),
        (b"ffconcat version 1.0\nfile a.mp4", True),
        (b"v=0\no=- 0 0", True),
        (b"[playlist]\nFile1=a", True),
        (b"\xef\xbb\xbf \n#EXTM3U", True),
        (b"<?xml version='1.0'?><MPD>", True),
        (b"  <SmoothStreamingMedia>", True),
        (b"<x><CompositionPlaylist>", True),
        (b"<html>no list</html>", False),
        (b"a text about <MPD", False),
        (b"a file named #EXTM3U", False),
        # It is looked for in the first 512 bytes.
        (b"<" + b" " * 507 + b"<MPD", True),
        (b"<" + b" " * 508 + b"<MPD", False),
        (b"", False),
    ],
)
def test_what_is_a_list_of_other_files(tmp_path, head, listed):
    (tmp_path / "a").write_bytes(head)
    assert is_playlist(tmp_path / "a") is listed
