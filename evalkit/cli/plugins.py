"""`--plugin FILE`: code of the user's inside of a command, and what is said of plugins that are broken."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalkit.base.plugins import Broken


@contextmanager
def with_plugins(files: Sequence[Path]) -> Iterator[None]:
    """Inside, these files are plugins. Raises `PluginError` for one that cannot be used."""
    from evalkit.base.plugins import VARIABLE, plugin_files, using

    if not files:
        yield
        return
    with using(files):
        named = {str(path) for path in plugin_files()}
        refuse([one for one in all_broken() if one.plugin in named], f"See --plugin and ${VARIABLE}.")
        yield


def refuse(broken: "Sequence[Broken]", advice: str) -> None:
    """Raise `PluginError` that names what is broken, if anything is."""
    from evalkit.errors import PluginError

    if broken:
        raise PluginError(" ".join([*dict.fromkeys(map(str, broken)), advice]))


def all_broken() -> "list[Broken]":
    """What plugins provide that cannot be used, of every kind."""
    from evalkit.datasets import DATASETS
    from evalkit.extractors import EXTRACTORS
    from evalkit.method.find import METHODS
    from evalkit.metrics import METRICS

    registries = (METRICS, EXTRACTORS, DATASETS, METHODS)
    return list(dict.fromkeys(one for registry in registries for one in registry.broken()))


def say_broken(broken: "Sequence[Broken]") -> None:
    """One line on stderr per broken plugin, for lists that leave them out."""
    from evalkit.cli.echo import say

    for one in broken:
        say(str(one))
