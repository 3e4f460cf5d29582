"""Turn pydantic's findings into one paragraph a person can act on."""

import difflib
import reprlib
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ValidationError


def explain_invalid(name: object, error: ValidationError, model: object) -> str:
    """File (`name`), key, value and reason for each finding; unknown keys get the nearest known one."""
    findings = error.errors()
    more = f"; and {len(findings) - _MOST} more" if len(findings) > _MOST else ""
    return f"{name}: " + "; ".join(_one(finding, model) for finding in findings[:_MOST]) + more


def _one(finding: Any, model: object) -> str:
    keys = ".".join(str(part) for part in finding["loc"])
    if len(keys) > _LONGEST:
        keys = f"{keys[:_LONGEST]}..."
    if finding["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        known = _known_keys(model, finding["loc"][:-1])
        near = difflib.get_close_matches(str(finding["loc"][-1])[:_LONGEST], known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        return f"unknown key {keys!r}, {hint}"
    if finding["type"] in ("missing", "missing_argument"):
        return f"key {keys!r} is missing"
    if finding["type"] == "value_error":  # of several keys together; their values are in the message
        return f"{keys or 'content'}: {finding['ctx']['error']}"
    return f"{keys or 'content'}: {finding['msg']} (got {_shown(finding['input'])})"


def _shown(value: object) -> str:
    text = _SHORT.repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


_MOST = 8
_LONGEST = 200
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = _LONGEST
"""Looks at the beginning only of what would be long, so that a message about a large value comes at once."""


def _known_keys(model: object, parents: tuple[int | str, ...]) -> list[str]:
    """Keys of the (nested) model that `parents` leads to; keys of mappings and places in lists lead nowhere new."""
    current = model
    for parent in parents:
        field = _fields(current).get(str(parent))
        current = (_model_in(field.annotation) or current) if field else current
    return sorted(_fields(current))


def _fields(model: object) -> Mapping[str, Any]:
    """Fields of a model or of a dataclass that pydantic knows."""
    found: Mapping[str, Any] = getattr(model, "model_fields", None) or getattr(model, "__pydantic_fields__", {})
    return found


def _model_in(annotation: object) -> object:
    """The first model in an annotation such as `Mapping[str, Model]` or `Model | None`."""
    if isinstance(annotation, type) and _fields(annotation):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
