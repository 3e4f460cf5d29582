"""Turn pydantic's findings into one paragraph a person can act on."""

import difflib
from pathlib import Path

from pydantic import BaseModel, ValidationError


def explain_invalid(path: Path, error: ValidationError, model: type[BaseModel]) -> str:
    """File, key, value and reason for each finding; unknown keys get the nearest known one."""
    return f"{path}: " + "; ".join(_one(finding, model) for finding in error.errors())


def _one(finding: "object", model: type[BaseModel]) -> str:
    assert isinstance(finding, dict)
    keys = ".".join(str(part) for part in finding["loc"])
    if finding["type"] == "extra_forbidden":
        known = _known_keys(model, finding["loc"][:-1])
        near = difflib.get_close_matches(str(finding["loc"][-1]), known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        return f"unknown key {keys!r}, {hint}"
    if finding["type"] == "missing":
        return f"key {keys!r} is missing"
    return f"{keys or 'content'}: {finding['msg']} (got {finding['input']!r})"


def _known_keys(model: type[BaseModel], parents: tuple[int | str, ...]) -> list[str]:
    """Keys of the (nested) model that `parents` leads to; a union is searched by the class it names."""
    current = model
    for parent in parents:
        field = current.model_fields.get(str(parent))
        nested = field.annotation if field else None
        if not (isinstance(nested, type) and issubclass(nested, BaseModel)):
            break
        current = nested
    return sorted(current.model_fields)
