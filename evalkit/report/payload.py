"""Data for the pages: JSON inside a script, because a page opened from a file may not fetch anything."""

import json
import math
from pathlib import Path
from typing import Any

from evalkit.base.files import atomic_path
from evalkit.types import Values

_HARMLESS = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029", "\x7f": "\\u007f"}
)
_DIGITS = 6


def script(name: str, content: Any) -> str:
    """JavaScript that hands `content` to the page under `name`.

    No character that ends a script element, opens a tag or begins a comment is left in it, whatever a name holds.
    Raises `ValueError` for NaN and infinity: a missing value is None.
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"evalkit.receive({json.dumps(name)},{text.translate(_HARMLESS)});\n"


def write_script(path: Path, name: str, content: Any) -> None:
    """Write `script(name, content)`, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(script(name, content), encoding="utf-8")


def plain(value: float | None) -> float | None:
    """`value` with six significant digits, enough to draw and print; None for NaN."""
    if value is None or math.isnan(value):
        return None
    return float(f"{value:.{_DIGITS}g}")


def plain_all(values: Values) -> list[float]:
    """The same of many numbers, none of them NaN; one formatting of all is several times as fast as one of each."""
    return [float(text) for text in (f"%.{_DIGITS}g " * len(values) % tuple(values.tolist())).split()]
