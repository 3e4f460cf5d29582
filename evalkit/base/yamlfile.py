"""YAML files that users write: whatever is wrong with one, the parser answers with one kind of error."""

from pathlib import Path
from typing import Any

import yaml

from evalkit.base.files import refuse_special


def read_yaml(path: Path) -> Any:
    """The content of a YAML file, None for an empty one.

    Raises `yaml.YAMLError` for text that is no YAML, holds an impossible date or is nested too deeply,
    `UnicodeDecodeError` for bytes that are not UTF-8, `OSError`, and `EvalkitError` for a pipe, socket or device.
    """
    refuse_special(path)
    text = path.read_text(encoding="utf-8")
    try:
        return yaml.safe_load(text)
    except (ValueError, RecursionError) as error:
        raise yaml.YAMLError(f"{type(error).__name__}: {error}") from error
