"""YAML files that users write: whatever is wrong with one, the parser answers with one kind of error."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from evalkit.base.files import refuse_special


class _UniqueKeys(yaml.SafeLoader):
    """A safe loader that refuses a key that comes twice: YAML demands unique keys, and PyYAML keeps the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping of a node, whose own keys are all different. Keys merged by `<<` may be overridden."""
        seen: set[Hashable] = set()
        for name, _ in node.value:
            if name.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(name, deep=True)
            if not isinstance(key, Hashable):
                continue
            if key in seen:
                text = f"the key {key!r} comes twice"
                raise yaml.constructor.ConstructorError(None, None, text, name.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:
    """The content of a YAML file, None for an empty one.

    Raises `yaml.YAMLError` for text that is no YAML, holds a key twice or an impossible date, or is nested too deeply,
    `UnicodeDecodeError` for bytes that are not UTF-8, `OSError`, and `EvalkitError` for a pipe, socket or device.
    """
    refuse_special(path)
    text = path.read_text(encoding="utf-8")
    try:
        return yaml.load(text, _UniqueKeys)
    except (ValueError, RecursionError) as error:
        raise yaml.YAMLError(f"{type(error).__name__}: {error}") from error
