"""Placeholders of a command and of the files it reads."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from evalkit.errors import MethodError
from evalkit.method.foreign.card import When

Values = Mapping[str, object]
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\w+)\}")


def fill(text: str, values: Values) -> str:
    """`text` with its placeholders replaced. Raises `MethodError` for one that is unknown."""

    def put(found: re.Match[str]) -> str:
        if found[0] in ("{{", "}}"):
            return found[0][0]
        if found[1] not in values:
            raise MethodError(
                f"{text!r} of the card: unknown placeholder {found[0]}. Known: {', '.join(sorted(values))}"
            )
        return str(values[found[1]])

    return _PLACEHOLDER.sub(put, text)


def fill_value(value: Any, values: Values) -> Any:
    """A value of a settings file, filled at every depth; a text that is one placeholder takes its value as it is."""
    if isinstance(value, str):
        alone = re.fullmatch(r"\{(\w+)\}", value)
        found = values.get(alone[1]) if alone else None
        return found if isinstance(found, int | float) else fill(value, values)
    if isinstance(value, Mapping):
        return {fill(str(key), values): fill_value(each, values) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [fill_value(each, values) for each in value]
    return value


def holds(when: Mapping[str, str], values: Values) -> bool:
    """Whether all placeholders have the values stated."""
    return all(str(values.get(name, "")) == wanted for name, wanted in when.items())


def fill_command(command: Iterable[str | When], values: Values) -> list[str]:
    """Program and arguments, those of conditions that do not hold left out."""
    filled: list[str] = []
    for part in command:
        if isinstance(part, str):
            filled.append(fill(part, values))
        elif holds(part.when, values):
            filled += [fill(each, values) for each in part.use]
    return filled
