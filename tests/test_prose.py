"""Messages, help texts, docstrings and pages use the words of the trade, not word-for-word translations."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BETTER = {
    r"there (is|are) none of": "unknown, missing, does not have",
    r"(?<!there )(is|are) none\b": "is not one of them, is not a run folder",
    r"\bis told (the id|of every|of damaged)": "is called with, is called for",
    r"\bcame of (it|all|one)\b": "result",
    r"\bbe(came|comes) of\b": "outcome",
    r"\bput off\b": "deferred",
    r"\bof before\b": "recorded before",
    r"\bword for word\b": "duplicate",
    r"\bSensible without\b": "the defaults suit most uses",
    r"\bcosts only itself\b": "does not stop the others",
    r"\bin a circle\b": "loop, circular",
    r"\bmend\b": "fix",
    r"\bleaves? unsaid\b|\bleft unsaid\b": "does not state",
    r"\bheld to what\b": "checked against",
    r"\bleads somewhere\b": "is known",
    r"\bbut for 6e-6\b": "1 - 6e-6",
    r"\bis no (finished|full|true|valid) ": "is not a ...",
    r"\bCould see now\b": "detectable now",
}
"""Phrase (a pattern) -> what to say instead."""
ANY = re.compile("|".join(f"(?:{pattern})" for pattern in BETTER))


def texts() -> Iterator[tuple[str, str]]:
    """(place, text on one line) of every string in the packages, docstrings included, and of every page."""
    for path in sorted(file for package in ("evalkit", "baselines") for file in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", " ".join(node.value.split())
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))):
        yield str(path.relative_to(ROOT)), " ".join(path.read_text(encoding="utf-8").split())


def complaints(place: str, text: str) -> list[str]:
    """What to say instead of every phrase found."""
    if not ANY.search(text):
        return []
    found = ((pattern, re.search(pattern, text)) for pattern in BETTER)
    return [f"{place}: {hit.group(0)!r}, better: {BETTER[pattern]}" for pattern, hit in found if hit]


def test_no_phrase_that_reads_translated():
    assert [line for place, text in texts() for line in complaints(place, text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "Raises `UnknownNameError` for a format there is none of.",
        "--table is for papers (sfd, fsrt); 'x' is none.",
        "A finished run folder. Raises `RunError` when it is none, or was written by a newer evalkit.",
        "Rows of before latency and memory were kept show a dash.",
        "Rules per metric (docs/gate.md). Sensible without.",
        "comes again, word for word",
    ],
)
def test_the_known_bad_sentences_are_found(text):
    assert complaints("here", text)
