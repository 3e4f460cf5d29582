"""JSON files a gate reads: whole, of a schema it knows, and with the digest they state."""

import json
from pathlib import Path
from typing import Any

from evalkit.errors import RunError
from evalkit.files import canonical_sha256

KIND = "evalkit_gate_baseline"


def check_digest(path: Path) -> dict[str, Any]:
    """The content of a JSON file with a whole `schema_version`, and the digest it states, if it states one.

    Raises `RunError` when the file is no such JSON, or was changed since it was written.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
        stated = content.pop("sha256", None)
        content["schema_version"] = int(content["schema_version"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{path}: cannot be read as a baseline: {error!r}. Restore it, or make it again.") from error
    if content.get("kind") == KIND and stated != canonical_sha256(content):
        raise RunError(
            f"{path}: its content does not have the sha256 it states: it is damaged or was edited by hand. "
            "Restore it, or make it again with `evalkit gate save RUN FILE`."
        )
    return dict(content)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number; a missing value is null")
