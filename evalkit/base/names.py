"""Names of files: compared as people see them, short enough to be written, and shown even where they are no text."""

import hashlib
import unicodedata
from pathlib import Path

LONGEST = 200
"""Bytes of a name that files are called by: suffixes and the marks of unfinished files fit into 255 with it."""
_DIGITS = 16


def nfc(text: str) -> str:
    """`text` in Unicode's composed form: Macs write é as two characters, others as one."""
    return unicodedata.normalize("NFC", text)


def short_name(name: str) -> str:
    """`name`, or when it has more than `LONGEST` bytes its beginning, `~` and 16 digits of its sha256."""
    if len(name.encode()) <= LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]
    return f"{name.encode()[: LONGEST - _DIGITS - 1].decode(errors='ignore')}~{digest}"


def is_text(name: str) -> bool:
    """Whether a file name is UTF-8. Python stands in for other bytes by characters that cannot be written."""
    return not any("\ud800" <= character <= "\udfff" for character in name)


def shown(name: object) -> str:
    r"""A name or path for a message: bytes that are not UTF-8 as `\xe9`."""
    return str(name).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def path_in(folder: Path, relative: str) -> Path:
    """`folder / relative`, also where the disk spells a part of it in another Unicode form."""
    path = folder
    for part in Path(relative).parts:
        path = _child(path, part)
    return path


def _child(folder: Path, name: str) -> Path:
    """One step of `path_in`; what is not there, or may not be seen, is called as it was asked for."""
    try:
        if name.isascii() or (folder / name).exists():
            return folder / name
        return next((entry for entry in sorted(folder.iterdir()) if nfc(entry.name) == nfc(name)), folder / name)
    except OSError:
        return folder / name
