"""Two folders of outputs as facts, file by file and key by key, without what may differ from run to run."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

PASSED_OVER = {".lock", "log.jsonl"}
MAY_DIFFER = {
    *("created", "updated", "timings", "seconds", "latency_s", "peak_bytes"),
    *("provenance", "commit", "code_sha256", "device.name", "device.threads"),
}
"""Ends of keys: clocks, memory, the commit and its hashes, the machine."""
TEXT = {".txt", ".md", ".tex", ".csv", ".html"}
_CLOCK_OR_COMMIT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}|(?<=commit )[0-9a-f]{40}")
_INDEX = re.compile(r"\[\d+\]")
_RECEIVED = re.compile(r"evalkit\.receive\((\"[^\"]*\"),(.*)\);\s*", re.DOTALL)


def differences(before: Path, after: Path) -> dict[str, list[str]]:
    """File (relative) -> what differs in it; empty when the folders hold the same facts."""
    one, other = files(before), files(after)
    found = {name: ["only before"] for name in sorted(one.keys() - other.keys())}
    found |= {name: ["only after"] for name in sorted(other.keys() - one.keys())}
    for name in sorted(one.keys() & other.keys()):
        if lines := list(compared(facts(one[name], before), facts(other[name], after))):
            found[name] = lines
    return found


def files(folder: Path) -> dict[str, Path]:
    """All files that are compared, by their path in `folder`."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in PASSED_OVER
    }


def compared(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """A line for every key that differs."""
    for key in [*one, *(key for key in other if key not in one)]:
        # As text, so that NaN equals NaN and 1 differs from 1.0 and True.
        there, here = (repr(side[key]) if key in side else "absent" for side in (one, other))
        if there != here:
            yield f"{key}: {there} -> {here}"


def facts(path: Path, folder: Path) -> dict[str, Any]:
    """Key -> value of one file: cells of tables, leaves of JSON, lines of text, else the sha256.

    The path of `folder` reads "." wherever it stands, and keys that may differ are left out.
    """
    if path.suffix == ".parquet":
        return table_facts(path)
    if path.suffix not in {".json", ".js", *TEXT}:
        return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    text = path.read_text(encoding="utf-8").replace(str(folder), ".")
    if path.suffix == ".json":
        # The digest that a baseline states of itself covers the commit.
        return {key: value for key, value in leaves(json.loads(text)) if key != "sha256"}
    if path.suffix == ".js" and (script := _RECEIVED.fullmatch(text)):
        return {"script": script[1], **dict(leaves(json.loads(script[2])))}
    lines = _CLOCK_OR_COMMIT.sub("...", text).splitlines()
    return {f"line {number}": line for number, line in enumerate(lines, 1)}


def leaves(content: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted key -> value, for every leaf of `content` that may not differ."""
    if may_differ(key):
        return
    if isinstance(content, dict) and content:
        for name, value in content.items():
            yield from leaves(value, f"{key}.{name}" if key else name)
    elif isinstance(content, list) and content:
        for number, value in enumerate(content):
            yield from leaves(value, f"{key}[{number}]")
    else:
        yield key, content


def may_differ(key: str) -> bool:
    """Whether a dotted key ends with one of `MAY_DIFFER`."""
    plain = _INDEX.sub("", key)
    return any(plain == end or plain.endswith(f".{end}") for end in MAY_DIFFER)


def table_facts(path: Path) -> dict[str, Any]:
    """The schema of a parquet file with its metadata, and its cells."""
    table = pq.read_table(path)
    metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    found = {f"metadata {key}": value for key, value in sorted(metadata.items())}
    found |= {f"type of {field.name}": str(field.type) for field in table.schema}
    rows = table.to_pylist()
    return found | {f"row {number} {name}": value for number, row in enumerate(rows) for name, value in row.items()}
