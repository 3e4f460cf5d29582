"""Names out of lists that become file names: refused when they could leave the root or break a file system."""

import re

from evalkit.base.csvfile import Row

_SAFE = re.compile(r"[^\x00-\x1f/\\:*?\"<>|]+")
_VIDEO_ID = re.compile(r"(?:v=|youtu\.be/|/embed/|/shorts/)([\w-]{11})")


def safe_name(row: Row, column: str) -> str:
    """The cell as part of a file name. Raises the row's error for slashes, control characters and leading dots."""
    name = row.text(column)
    if not _SAFE.fullmatch(name) or name.startswith("."):
        raise row.wrong(column, "a name without slashes, control characters or a leading dot")
    return name


def watch_url(video_id: str) -> str:
    """The address of a YouTube video."""
    return f"https://www.youtube.com/watch?v={video_id}"


def video_id_of(url: str) -> str | None:
    """The id in the address of a YouTube video."""
    found = _VIDEO_ID.search(url)
    return found[1] if found else None
