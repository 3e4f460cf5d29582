"""YAML files that users write: whatever is wrong with one, the parser answers with one kind of error.

The only way to YAML for the rest of evalkit. A key that comes twice is refused, as YAML 1.2 asks (3.2.1.3): parsers
that let the last one win drop rules without a word. Files of strangers are bounded in bytes, depth and what aliases
unfold to.
"""

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from evalkit.base.files import refuse_special

if TYPE_CHECKING:
    from yaml import SafeLoader as Composer
else:
    from yaml.composer import Composer

MOST_BYTES = 4 << 20
MOST_DEEP = 50
MOST_NODES = 200_000
"""Scalars, lists and mappings of a file with every alias unfolded; a paper's card has some hundred."""


def read_yaml(path: Path) -> Any:
    """The content of a YAML file, None for an empty one.

    Raises `yaml.YAMLError` as `parse_yaml` and for a file of more than `MOST_BYTES`, `UnicodeDecodeError` for bytes
    that are not UTF-8, `OSError`, and `EvalkitError` for a pipe, socket or device.
    """
    refuse_special(path)
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise yaml.YAMLError(f"more than {MOST_BYTES} bytes; that is no file of settings")
    return parse_yaml(content.decode("utf-8-sig"))


def parse_yaml(text: str) -> Any:
    """The content of one YAML document, None for an empty one.

    Raises `yaml.YAMLError` for text that is no YAML, a key that comes twice in a mapping, an impossible date, an alias
    inside of what it stands for, a zero byte or half of a character in a text, and for what is nested deeper or unfolds
    to more than the limits.
    """
    if _Fast is not None and not _APART.search(text):
        with contextlib.suppress(yaml.YAMLError, ValueError, RecursionError):  # the other loader says what is wrong
            return yaml.load(text, _Fast)
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        if error.problem == _BRACKET:  # a metric's variant in a list
            error.problem += ': a name with brackets needs quotes, such as "csim[dlib]"'
        raise
    except (ValueError, RecursionError) as error:
        raise yaml.YAMLError(f"{type(error).__name__}: {error}") from error


_APART = re.compile(r"[\t?!%\ufeff]|[>|][-+0-9]*#")
"""What libyaml takes and PyYAML refuses: one rule for all installations."""
_BRACKET = "expected ',' or ']', but got '['"
_MERGE = "tag:yaml.org,2002:merge"


class _Refused(yaml.MarkedYAMLError):
    """YAML that is not read."""


class _Limits(Composer):
    """Composes the nodes of a safe loader within the limits; the keys of a mapping are different ones."""

    _depth = 0
    _sizes: dict[int, int]
    """Nodes that a composed node unfolds to, by its id; the document holds them all until it is built."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """One node of the document, counted with all that is below it."""
        mark, alias = self.peek_event().start_mark, self.check_event(yaml.AliasEvent)  # type: ignore[no-untyped-call]
        self._depth += 1
        if self._depth > MOST_DEEP:
            raise _Refused(None, None, f"nested deeper than {MOST_DEEP}", mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        if node is None:
            return None
        if isinstance(node, yaml.ScalarNode) and not _is_text(node.value):
            raise _Refused(None, None, "a zero byte or half of a character, which no text holds", mark)
        if not alias:
            self._sizes[id(node)] = 1 + sum(self._sizes[id(child)] for child in _children(node))
            self._refuse_twice(node)
        elif id(node) not in self._sizes:
            raise _Refused(None, None, "an alias inside of what it stands for", mark)
        if self._sizes[id(node)] > MOST_NODES:
            raise _Refused(None, None, f"unfolds to more than {MOST_NODES} values", mark)
        return node

    def _refuse_twice(self, node: yaml.Node) -> None:
        """Keys that `<<` brings may be said again, which is what it is for; they are not here yet."""
        seen: dict[Any, int] = {}
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode):
                value = key.value if key.tag == _MERGE else self.construct_object(key)
                if value in seen:
                    said = f"the key {str(value)[:80]!r} comes twice, first in line {seen[value]}; keep one"
                    raise _Refused(None, None, said, key.start_mark)
                seen[value] = key.start_mark.line + 1


class _Loader(_Limits, yaml.SafeLoader):
    """A loader whose errors quote the line."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._sizes = {}


_Fast: type | None = None
"""The same with the parser of libyaml, where PyYAML has it: a fifth of the time. Its errors quote no line."""
if yaml.__with_libyaml__:
    from yaml._yaml import CParser

    class _LibyamlLoader(_Limits, CParser, SafeConstructor, Resolver):
        def __init__(self, stream: str) -> None:
            CParser.__init__(self, stream)
            Composer.__init__(self)  # type: ignore[call-arg]
            SafeConstructor.__init__(self)
            Resolver.__init__(self)
            self._sizes = {}

    _Fast = _LibyamlLoader


def _is_text(value: str) -> bool:
    """Escapes of YAML can write what neither UTF-8 nor a path can hold."""
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
