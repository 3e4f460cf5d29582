"""JSON files with a schema version: read whole or refused with the file and the key, upgraded step by step."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from evalkit.base.files import canonical_sha256, write_json
from evalkit.base.validation import explain_invalid
from evalkit.errors import RunError
from evalkit.records.frame_scores import SCHEMA_VERSION, check_schema

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)


class Record(BaseModel):
    """A value stored on disk: its types are checked when it is read, NaN and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, **STRICT)


T = TypeVar("T")
Content = dict[str, Any]
Upgrade = Callable[[Content], Content]
"""Takes the content of one schema version to the next; what is damaged stays damaged."""


def read_record(path: Path, kind: type[T], upgrades: Mapping[int, Upgrade] | None = None) -> T:
    """Read a file as a `kind`. Raises `RunError` as `parse_json` and `build_sealed` do."""
    return build_sealed(path, kind, parse_json(path), upgrades)


def write_record(path: Path, record: Record) -> None:
    """Write `record` with the keys that were set and a digest of them, atomically."""
    write_json(path, sealed(content_of(record)))


def sealed(content: Content) -> Content:
    """`content` with `sha256`, a digest of all that is in it."""
    return {**content, "sha256": canonical_sha256(content)}


def check_seal(name: object, content: Content) -> None:
    """Raise `RunError` when `content` is not what its digest says. Older files hold none."""
    plain = {key: value for key, value in content.items() if key != "sha256"}
    try:
        whole = "sha256" not in content or content["sha256"] == canonical_sha256(plain)
    except (ValueError, RecursionError):  # numbers beyond all numbers, halves of characters: nothing evalkit writes
        whole = False
    if not whole:
        raise RunError(f"{name}: damaged, it does not hold what its digest says. Restore it, or make it again.")


def build_sealed(name: object, kind: type[T], content: Content, upgrades: Mapping[int, Upgrade] | None = None) -> T:
    """`build` without the digest, which is checked too. Raises `RunError` as `build` and `check_seal` do."""
    found = build(name, kind, {key: value for key, value in content.items() if key != "sha256"}, upgrades)
    check_seal(name, content)
    return found


def content_of(record: Record) -> Content:
    """`record` as JSON, with the keys that were set."""
    return record.model_dump(mode="json", exclude_unset=True)


def parse_json(path: Path) -> Content:
    """The JSON object in a file that states a `schema_version` of this evalkit or an older one.

    Raises `RunError` for a file that cannot be read, holds something else, or was written by a newer evalkit.
    """
    try:
        return parse_text(path, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"{path}: cannot be read ({error}). Restore it, or make it again.") from error


def parse_text(name: object, text: str) -> Content:
    """The same for the text of a file or of a line; `name` is what errors call it."""
    try:
        content = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RunError(f"{name}: damaged ({error}). Restore it, or make it again.") from error
    version = content.get("schema_version") if isinstance(content, dict) else None
    if not isinstance(content, dict) or type(version) is not int or version < 1:
        raise RunError(f"{name}: expected a JSON object with a whole number as schema_version, got {version!r}.")
    check_schema(name, version)
    return content


def build(name: object, kind: type[T], content: Content, upgrades: Mapping[int, Upgrade] | None = None) -> T:
    """`content` as a `kind`, upgraded from the schema version it states; `name` is what errors call it.

    A `Record` states its version; another kind, such as a dataclass, does not know it.

    Raises `RunError` that names the file and every key that is missing, unknown or of another type.
    """
    for step in range(content["schema_version"], SCHEMA_VERSION):
        content = upgrades[step](content) if upgrades and step in upgrades else content
    stated = {"schema_version": SCHEMA_VERSION} if issubclass(kind, Record) else {}
    keys = {key: value for key, value in content.items() if key != "schema_version"}
    try:
        # Through JSON, whose arrays a strict type takes for tuples.
        found: T = TypeAdapter(kind).validate_json(json.dumps({**stated, **keys}))
    except ValidationError as error:
        text = explain_invalid(name, error, kind)
        raise RunError(f"{text}{'' if text.endswith('?') else '.'} Restore it, or make it again.") from error
    return found


def within(content: Content, key: str, step: Upgrade) -> Content:
    """`content` with `step` applied to the object at `key`; anything else is left as it is, for `build` to name."""
    found = content.get(key)
    return {**content, key: step(found)} if isinstance(found, dict) else content


def within_each(content: Content, key: str, step: Upgrade) -> Content:
    """The same with `step` applied to every object in the mapping at `key`."""

    def each(rows: Content) -> Content:
        return {name: step(row) if isinstance(row, dict) else row for name, row in rows.items()}

    return within(content, key, each)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number; a missing value is null")
