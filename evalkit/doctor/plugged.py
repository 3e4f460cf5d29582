"""The plugins that are installed or named, and what of them cannot be used."""

from collections import defaultdict
from collections.abc import Iterator

from evalkit.base.files import canonical_sha256
from evalkit.base.plugins import Broken, Plugin
from evalkit.datasets import DATASETS
from evalkit.doctor.facts import PluginState
from evalkit.extractors import EXTRACTORS
from evalkit.method.find import METHODS
from evalkit.metrics import METRICS


def plugins() -> list[PluginState]:
    """Every plugin with what it provides, by name; this imports them all."""
    brought: dict[tuple[str, str | None], list[tuple[Plugin, str]]] = defaultdict(list)
    for plugin, what in _brought():
        brought[plugin.label, plugin.version].append((plugin, what))
    problems: dict[str, list[str]] = defaultdict(list)
    for one in _broken():
        problems[one.plugin].append(one.reason)
    states = [
        PluginState(name, version, _digest(things), tuple(what for _, what in things), tuple(problems.pop(name, ())))
        for (name, version), things in brought.items()
    ]
    states += [PluginState(name, None, None, (), tuple(reasons)) for name, reasons in problems.items()]
    return sorted(states, key=lambda one: one.name)


def _digest(things: list[tuple[Plugin, str]]) -> str:
    """Entry points of one distribution may have code of their own: then one digest over theirs."""
    digests = sorted({plugin.sha256 for plugin, _ in things})
    return digests[0] if len(digests) == 1 else canonical_sha256(digests)


def _brought() -> Iterator[tuple[Plugin, str]]:
    for metric in METRICS.plugged().values():
        if metric.plugin:
            yield metric.plugin, f"metric {metric.key}"
    for extractor in EXTRACTORS.plugged().values():
        if extractor.plugin:
            yield extractor.plugin, f"extractor {extractor.id}"
    for entry in METHODS.plugged().values():
        if entry.plugin:
            yield entry.plugin, f"method {entry.card.id}"
    for dataset in DATASETS.plugged().values():
        if dataset.plugin:
            yield dataset.plugin, f"dataset {dataset.id}"


def _broken() -> list[Broken]:
    every = (METRICS.broken(), EXTRACTORS.broken(), METHODS.broken(), DATASETS.broken())
    return list(dict.fromkeys(one for broken in every for one in broken))
