"""Texts of strangers: what may be part of a path, and what may reach a terminal or a spreadsheet.

Names and titles come from cards, run folders and files that somebody else made. A name that becomes part of a path is
checked here, and a text that is printed or put into a table goes through `printable` here.
"""

import re

from evalkit.errors import EvalkitError

_STEERING = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)
"""Control characters but for line ends and tabs, marks that turn or hide text, and halves of characters, which no
stream takes: bytes of file names that are not UTF-8."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST_NAME = 200


def is_plain(name: str) -> bool:
    """Whether a name can be one part of a path: printable, no slashes, no leading dot, not too long for a file."""
    fits = bool(name) and len(name.encode(errors="surrogatepass")) <= _LONGEST_NAME
    return fits and not name.startswith(".") and "/" not in name and "\\" not in name and name.isprintable()


def is_one_part(name: str) -> bool:
    """Whether a name, which may hold any letters, is one file below a folder and no other place."""
    return bool(name) and not name.startswith(".") and "/" not in name and "\0" not in name


def check_plain(what: str, name: str, error: type[EvalkitError]) -> None:
    """Raise `error` for a name, given as `what`, that cannot be one part of a path."""
    if not is_plain(name):
        shown = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
        raise error(
            f"{what} {shown!r}: expected a plain name without slashes or a leading dot, {_LONGEST_NAME} bytes at most."
        )


def plain(name: str) -> str:
    """`name`, for fields of records that become part of a path. Raises `ValueError`."""
    if not is_plain(name):
        raise ValueError("expected a plain name, without slashes or a leading dot")
    return name


def printable(text: str) -> str:
    """`text` with characters that steer a terminal or turn its direction written out, such as `\\x1b` and `\\u202e`.

    Line ends and tabs stay.
    """
    return _STEERING.sub(lambda found: _written(found[0]), text)


def spreadsheet_cell(text: str) -> str:
    """`printable`, and with an apostrophe before what a spreadsheet would take for a formula."""
    safe = printable(text)
    return f"'{safe}" if safe.startswith(_FORMULA) else safe


def _written(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x20 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def duration(seconds: float) -> str:
    """ "7 s", "3 min 20 s" or "2 h 05 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
