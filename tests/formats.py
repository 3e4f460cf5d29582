"""`docs/formats.md` from the types behind the files: `python -m tests.formats` writes it, a test checks it.

The meaning of a key is the text below its field, the words about a file are the docstring of its type.
"""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from evalkit.gating.baseline_file import BaselineFile, BaselinePair, BaselineRun, BaselineScores
from evalkit.gating.history import HistoryLine, HistoryValue
from evalkit.gating.verdict_record import MetricVerdict, SideFacts, VerdictRecord, WorstPair
from evalkit.leaderboard.row import BoardRow, RowClips, RowProvenance, Speed
from evalkit.leaderboard.verification import RowVerification
from evalkit.records.frame_scores import FRAME_COLUMNS, SCHEMA_VERSION
from evalkit.records.output_rules import OutputRules
from evalkit.records.progress import Progress, WorkerFacts
from evalkit.records.protocol_facts import DrivingFacts, ProtocolFacts
from evalkit.records.run import (
    Configuration,
    DataFacts,
    DeviceFacts,
    Identity,
    MetricSummary,
    PairCounts,
    PluginFacts,
    ProvenanceFacts,
    RunHeader,
    Summary,
    Timings,
)
from evalkit.records.run_folder import Outcome
from evalkit.runs.aggregate import ClipScore
from evalkit.runs.speed.baseline import Measurement, SpeedFile
from evalkit.runs.summary import CLIP_SCHEMA
from evalkit.study.folder import Asked, Group, LeftOut, Scene, Study

PAGE = Path(__file__).resolve().parent.parent / "docs" / "formats.md"
JSON, PARQUET = ("Key", "Type", "Meaning"), ("Column", "Type", "Meaning")

INTRODUCTION = f"""# Files

The files of runs, leaderboards, gates and user studies, key by key. This page is made of the types behind the files by
`python -m tests.formats`; do not edit it.

Each states a `schema_version`, now {SCHEMA_VERSION}. Files of older versions are read, those of newer ones refused.
A JSON file is checked when it is read: a key that is missing, unknown, or of another
type ends the command in one sentence that names the file and the key. Keys marked *optional* may be absent. A missing
value is null; there is no NaN. A parquet file states the sha256 of what is read from it (schema 1 did not): a damaged
one is noticed, and the scores of a pair are then computed again.
"""

_SEALED = "Has `sha256` beside these keys: digest of all of them."
SECTIONS: tuple[tuple[str, str, tuple[type, ...]], ...] = (
    ("Run folder: summary.json", _SEALED, (Summary, PairCounts, MetricSummary)),
    (
        "Run folder: run.json",
        _SEALED,
        (
            RunHeader,
            Configuration,
            OutputRules,
            ProtocolFacts,
            DrivingFacts,
            DeviceFacts,
            ProvenanceFacts,
            Timings,
            PluginFacts,
            DataFacts,
        ),
    ),
    (
        "Run folder: pairs/PAIR.json",
        "Has a `schema_version` beside these keys, and `sha256`: digest of all of them.",
        (Outcome,),
    ),
    ("Run folder: progress.json", _SEALED, (Progress, WorkerFacts)),
)
TABLES = (
    (
        "Run folder: pairs/PAIR.parquet and frames.parquet",
        "Scores of one pair, and of all pairs of a finished run; one row per pair, metric and frame. The metadata hold "
        "`schema_version`, `signatures` (metric key to signature, as JSON) and `sha256`.",
        [(name, str(kind), meaning) for name, (kind, meaning) in FRAME_COLUMNS.items()],
    ),
)
LATER: tuple[tuple[str, str, tuple[type, ...]], ...] = (
    (
        "Leaderboard: PROTOCOL/METHOD[@TAG].json",
        _SEALED,
        (BoardRow, Identity, Speed, RowProvenance, RowVerification, RowClips),
    ),
    ("Gate: baseline file", "", (BaselineFile, BaselineRun, BaselinePair, BaselineScores)),
    ("Gate: verdict", "", (VerdictRecord, MetricVerdict, WorstPair, SideFacts)),
    ("Gate: history", "", (HistoryLine, HistoryValue)),
    ("User study: key.json", "", (Study, Group, Scene, LeftOut, Asked)),
    ("Speed: the file of evalkit bench --save", _SEALED, (SpeedFile, Measurement)),
)
OUTCOMES = """## Run folder: outcomes.parquet

The outcomes of all pairs of a finished run: the keys of pairs/PAIR.json as columns, lists as JSON. Whoever reads a
finished run opens this file, not one per pair; it is gone as soon as a pair is made again. Absent in runs of earlier
versions, whose pairs are read one by one.
"""
OTHERS = """## Other files of a run folder

| File | What it is |
| --- | --- |
| `generated/PAIR.mkv` | The generated clip, or a prepared output, lossless, one frame per driving frame. |
| `contact_sheet.png` | Source, driving and generated frames, true ones where they are known, worst pairs first. |
| `log.jsonl` | One line per event, for people: `time`, `event`, and what belongs to it. |
| `trace.jsonl` | One line per task: who did it, when, and seconds by stage (`evalkit profile`). |
| `.lock` | Held by the process that works in the folder. |
"""


# The first type of a section has no heading of its own.
_ANCHORS = {
    types[0]: re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title, _, types in (*SECTIONS, *LATER)
}


def page() -> str:
    """The text of docs/formats.md."""
    clips = [(field.name, str(field.type), meanings(ClipScore)[field.name]) for field in CLIP_SCHEMA]
    parts = [INTRODUCTION, *(section(*one) for one in SECTIONS)]
    parts += [f"## {title}\n\n{fold(words)}\n\n{table(PARQUET, rows)}" for title, words, rows in TABLES]
    words = f"{inspect.getdoc(ClipScore)} The metadata are those of frames.parquet."
    parts += [f"## Run folder: clips.parquet\n\n{fold(words)}\n\n{table(PARQUET, clips)}", OUTCOMES, OTHERS]
    return "\n".join([*parts, *(section(*one) for one in LATER)])


def section(title: str, words: str, types: tuple[type, ...]) -> str:
    """A heading, and a table for each type: that of the file, then those inside it."""
    parts = [f"## {title}"]
    for index, kind in enumerate(types):
        parts += [f"### {kind.__name__}"] if index else []
        about = inspect.getdoc(kind) or ""
        parts += [*(fold(text) for text in about.split("\n\n")), *([fold(words)] if words and not index else [])]
        parts += [table(JSON, rows(kind)).rstrip("\n")]
    return "\n\n".join(parts) + "\n"


def rows(kind: type) -> list[tuple[str, str, str]]:
    """Key, type and meaning of every field of a model or dataclass."""
    fields: dict[str, Any] = getattr(kind, "__pydantic_fields__", {}) or kind.__dataclass_fields__
    hints, known = get_type_hints(kind), meanings(kind)
    return [
        (name, type_name(hints[name]) + ("" if field.is_required() else ", optional"), known[name])
        for name, field in fields.items()
    ]


def meanings(kind: type) -> dict[str, str]:
    """The text below each field, of a class and of those it builds on."""
    found: dict[str, str] = {}
    for one in kind.__mro__:
        if one.__module__.split(".")[0] != "evalkit":
            continue
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(one))).body
        assert isinstance(body, ast.ClassDef)
        for line, below in zip(body.body, body.body[1:], strict=False):
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and isinstance(below, ast.Expr):
                text = ast.literal_eval(below.value)
                found.setdefault(line.target.id, " ".join(text.split()))
    return found


def type_name(hint: Any) -> str:
    """An annotation in the words of JSON."""
    plain = {str: "text", int: "whole number", float: "number", bool: "true or false", type(None): "null", Any: "any"}
    if hint in plain:
        return plain[hint]
    parts, origin = get_args(hint), get_origin(hint)
    if origin is None:
        return f"object [{hint.__name__}](#{_ANCHORS.get(hint, hint.__name__.lower())})"
    if str(origin) == "typing.Literal":
        return " or ".join(f"`{part}`" for part in parts)
    if origin is tuple:
        return f"list of {type_name(parts[0])}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"object: key to {type_name(parts[1])}"
    return " or ".join(dict.fromkeys(type_name(part) for part in parts))


def table(head: tuple[str, str, str], lines: list[tuple[str, str, str]]) -> str:
    """A markdown table whose first column is code."""
    shown = [(f"`{name}`", kind.replace("|", "\\|"), meaning.replace("|", "\\|")) for name, kind, meaning in lines]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ("---",) * 3, *shown))


def fold(text: str) -> str:
    """A paragraph with lines of at most 120 characters."""
    return textwrap.fill(" ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
