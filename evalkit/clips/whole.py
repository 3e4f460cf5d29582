"""Whether a video file is all there: what containers say of their own length, read from their bytes.

FFmpeg ends a cut-off file quietly. Most containers state how long they are; one that ends before that is refused. One
that does not say it gets a note instead, and a bare stream of one codec, whose cut last frame FFmpeg would make up, is
refused.
"""

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av

from evalkit.errors import VideoError

NO_LENGTH = "its container does not state its length, so that a clip that was cut off cannot be told from a whole one"
_MISSING_TAIL_S = 0.5
_BARE = re.compile(
    r"^(h26[1-6]|hevc|vvc|evc|m4v|mpegvideo|mjpeg|mjpeg_2000|ingenient|av1|obu|vc1|cavsvideo|avs[23]|dirac|dnxhd|"
    r"rawvideo|ipu|vc1test|[a-z0-9]+_pipe)$"
)
_ENDLESS = frozenset({"mpeg", "mpegts", "ogg", "nut", "ivf", "yuv4mpegpipe"})
"""Containers whose duration FFmpeg takes from the last time stamp it finds."""
_BOXES = {
    "ftyp",
    "moov",
    "mdat",
    "free",
    "skip",
    "wide",
    "moof",
    "mfra",
    "meta",
    "uuid",
    "sidx",
    "styp",
    "pdin",
    "udta",
}
_BOXES |= {"pnot", "ssix", "prft", "emsg"}
_RIFF_SLACK = 8
"""Some writers count the eight bytes before a chunk as part of it."""
_ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"


def refuse_bare(path: Path, form: str) -> None:
    """Raise `VideoError` for a stream without a container."""
    if _BARE.match(form):
        raise VideoError(
            f"{path}: a bare {form} stream, of which nobody can tell whether it is whole. Put it into a container: "
            "ffmpeg -i IN -c copy OUT.mkv"
        )


def refuse_cut(path: Path, form: str) -> None:
    """Raise `VideoError` for a file that is shorter than its container says. `form` is FFmpeg's name of the format."""
    size = path.stat().st_size
    with path.open("rb") as file:
        for name, stated in _STATED.items():
            if name in form.split(","):
                needed = stated(file, size)
                if needed is not None and needed > size:
                    raise VideoError(f"{path}: truncated, the file ends before its container does. Replace it.")


def refuse_short(path: Path, container: "av.container.InputContainer", stream: "av.VideoStream", frames: int,
                 last: "av.VideoFrame") -> None:  # fmt: skip
    """Raise `VideoError` when the frames end before the duration in the header does."""
    stated = stated_seconds(container, stream)
    if stated is None or last.time is None or not last.time_base:
        return
    shown = last.time + float(last.duration * last.time_base) - _start(container, stream)
    slack = float(stated) / frames / 2 + (0 if last.duration else _MISSING_TAIL_S)
    if shown < float(stated) - slack:
        of = f" of {stream.frames}" if stream.frames > frames else ""
        raise VideoError(f"{path}: truncated, {frames}{of} frames, {shown:.2f} s of {float(stated):.2f} s")


def stated_seconds(container: "av.container.InputContainer", stream: "av.VideoStream") -> Fraction | None:
    """How long the header, or else the last time stamp, says the stream is; None where nothing does."""
    if stream.duration and stream.time_base:
        return stream.duration * stream.time_base
    if len(container.streams) == 1 and container.duration:
        # Matroska counts from time 0, wherever the first frame stands.
        start = container.start_time if "matroska" in container.format.name else 0
        return Fraction(container.duration - (start or 0), av.time_base)
    return None


def states_length(path: Path, container: "av.container.InputContainer", stream: "av.VideoStream") -> bool:
    """Whether a cut-off file would be noticed; where not, `NO_LENGTH` is what a reader of scores has to know."""
    if container.format.name in _ENDLESS or stated_seconds(container, stream) is None:
        return False
    if "mp4" not in container.format.name.split(","):
        return True
    with path.open("rb") as file:
        kinds = {kind for kind, _ in _iter_boxes(file, path.stat().st_size)}
    return "moof" not in kinds or "mfra" in kinds


def _start(container: "av.container.InputContainer", stream: "av.VideoStream") -> float:
    return float((stream.start_time or 0) * stream.time_base) if stream.time_base else 0.0


def _riff(file: BinaryIO, size: int) -> int | None:
    """End of the last RIFF chunk (AVI above 1 GB has several); 0 and all ones are written by what cannot seek back."""
    position = 0
    while position + 12 <= size:
        file.seek(position)
        head = file.read(8)
        length = int.from_bytes(head[4:], "little")
        if head[:4] != b"RIFF" or length in (0, 0xFFFFFFFF):
            return position - _RIFF_SLACK
        position += 8 + length + length % 2
    return position - _RIFF_SLACK


def _boxes(file: BinaryIO, size: int) -> int | None:
    """End of the last box of an MP4."""
    return max((end for _, end in _iter_boxes(file, size)), default=None)


def _iter_boxes(file: BinaryIO, size: int) -> Iterator[tuple[str, int]]:
    """Kind and end of each box (ISO/IEC 14496-12, 4.2): size 1 is followed by 64 bits, 0 goes to the end of the file.

    Something else behind the movie ends it.
    """
    position = 0
    while position < size:
        file.seek(position)
        head = file.read(16)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8].decode("latin-1")
        if len(head) < 8 and head.strip(b"\0"):
            yield kind, size + 1
            return
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if kind not in _BOXES or (length < 8 and length != 0):
            return
        position = position + length if length else size
        yield kind, position


def _segment(file: BinaryIO, size: int) -> int | None:
    """End of the Segment of a Matroska file (RFC 8794, 9794); an unknown size, as of live recordings, says nothing."""
    file.seek(0)
    head = file.read(4096)
    start = head.find(_SEGMENT)
    if not head.startswith(_EBML) or start < 0:
        return None
    first = head[start + 4]
    octets = 9 - first.bit_length()
    value = int.from_bytes(head[start + 4 : start + 4 + octets], "big") & ((1 << 7 * octets) - 1)
    return None if value == (1 << 7 * octets) - 1 else start + 4 + octets + value


def _asf(file: BinaryIO, size: int) -> int | None:
    """The file size in the File Properties Object (ASF specification, 3.2)."""
    file.seek(0)
    head = file.read(65536)
    start = head.find(_ASF_FILE)
    return int.from_bytes(head[start + 40 : start + 48], "little") if start >= 0 else None


def _gif(file: BinaryIO, size: int) -> int | None:
    """One past the end when the trailer is missing (GIF89a, appendix A: blocks up to 0x3B)."""
    file.seek(0)
    data = file.read()
    if len(data) < 13:
        return size + 1
    position = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    while position < size and data[position] != 0x3B:
        if data[position] == 0x2C:
            position += 10
            if position > size:
                break
            packed = data[position - 1]
            position += 1 + (3 << (packed & 7) + 1 if packed & 0x80 else 0)
        elif data[position] == 0x21:
            position += 2
        else:
            return None  # not a block: for the decoder to say
        while position < size and data[position]:
            position += 1 + data[position]
        position += 1
    return size if position < size else size + 1


def _y4m(file: BinaryIO, size: int) -> int | None:
    """YUV4MPEG2 frames are all of one length, each after a line FRAME; only a file that ends inside one is seen."""
    file.seek(0)
    header = file.readline(4096)
    start = len(header)
    line = file.readline(4096)
    if not line.startswith(b"FRAME"):
        return None
    words = {word[:1]: word[1:] for word in header.decode("ascii", "replace").split()[1:]}
    try:
        width, height = int(words["W"]), int(words["H"])
    except (KeyError, ValueError):
        return None
    form = words.get("C", "420jpeg")
    depth = 2 if re.search(r"p(9|1\d)$|mono(9|1\d)", form) else 1
    half_w, half_h = -(-width // 2), -(-height // 2)
    chroma = {"420": half_w * half_h, "422": half_w * height, "444": width * height, "411": -(-width // 4) * height}
    planes = 0 if form.startswith("mono") else 2 * chroma.get(form[:3], 0)
    if not form.startswith("mono") and form[:3] not in chroma:
        return None
    frame = len(line) + (width * height + planes) * depth
    count = -(-(size - start) // frame)
    return start + count * frame


_STATED: dict[str, Callable[[BinaryIO, int], int | None]] = {
    "avi": _riff,
    "mp4": _boxes,
    "matroska": _segment,
    "asf": _asf,
    "gif": _gif,
    "yuv4mpegpipe": _y4m,
}
