"""What a file is by its name, or else by its first bytes: a video, a picture, a playlist of other files, or none."""

from pathlib import Path

VIDEO_SUFFIXES = frozenset({
    ".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2", ".mj2", ".ismv", ".f4v", ".mkv", ".mk3d", ".webm", ".avi",
    ".divx", ".xvid", ".gif", ".flv", ".wmv", ".asf", ".mpg", ".mpeg", ".mpe", ".m1v", ".m2v", ".mpv", ".vob",
    ".ts", ".m2ts", ".mts", ".m2t", ".ogv", ".ogm", ".mxf", ".gxf", ".nut", ".y4m", ".ivf", ".dv", ".dif", ".rm",
    ".rmvb", ".amv", ".wtv", ".nsv", ".h264", ".264", ".avc", ".h265", ".265", ".hevc", ".mjpeg", ".mjpg", ".obu",
})  # fmt: skip
IMAGE_SUFFIXES = frozenset(
    {".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".webp", ".tif", ".tiff"}
)
UNREAD_IMAGES = frozenset({
    ".heic", ".heif", ".avif", ".jxl", ".jp2", ".j2k", ".jpx", ".ppm", ".pgm", ".pbm", ".pnm", ".pam", ".tga",
    ".exr", ".hdr", ".psd", ".svg", ".ico", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raw", ".eps", ".pcx",
    ".sgi", ".qoi", ".dds",
})  # fmt: skip
"""Pictures of kinds that evalkit does not read."""
UNFINISHED = frozenset({".part", ".partial", ".crdownload", ".download", ".ytdl", ".tmp", ".aria2"})
"""What programs call a file while they are writing it."""
_HEAD = 512
_BEGINNINGS = (
    *(b"\x1a\x45\xdf\xa3", b"FLV\x01", b"\x00\x00\x01\xba", b"OggS", b"GIF8", b"DKIF", b".RMF", b"YUV4MPEG2"),
    *(b"nutfile", b"\x06\x0e\x2b\x34", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
)
"""Matroska, FLV, MPEG-PS, Ogg, GIF, IVF, RealMedia, YUV4MPEG2, NUT, MXF, ASF."""
_MANIFESTS = (b"<MPD", b"<SmoothStreamingMedia", b"CompositionPlaylist")


def is_video_head(path: Path) -> bool:
    """Whether a file begins as the containers of video do; some of them also hold sound alone.

    Raises `OSError`.
    """
    head = _head(path)
    boxes = head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
    riff = head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"AMV ")
    packets = any(len(head) > at + step and head[at] == head[at + step] == 0x47 for at, step in ((0, 188), (4, 192)))
    return boxes or riff or packets or head.startswith(_BEGINNINGS)


def is_playlist(path: Path) -> bool:
    """Whether a file is a list of other files or addresses, which FFmpeg would open. Raises `OSError`."""
    head = _head(path).removeprefix(b"\xef\xbb\xbf").lstrip()
    marked = head.startswith(b"<") and any(word in head for word in _MANIFESTS)
    return marked or head.startswith((b"#EXTM3U", b"ffconcat", b"v=0", b"[playlist]"))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)
