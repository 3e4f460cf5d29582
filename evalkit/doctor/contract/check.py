"""Everything that a plugin provides, check by check."""

from collections.abc import Iterator
from functools import partial

from evalkit.base.plugins import Plugin, plugin_files
from evalkit.datasets import DATASETS
from evalkit.doctor.contract import datasets, extractors, methods, metrics
from evalkit.doctor.contract.checks import Result, run_check
from evalkit.extractors import EXTRACTORS
from evalkit.method.find import METHODS
from evalkit.metrics import METRICS


def check_plugin(name: str) -> list[Result]:
    """Results of all checks of the plugin `name`: a distribution, or a file that is used as one.

    A part that cannot be used is a failed check called "use". Empty for an unknown plugin.
    """
    every = (METRICS.broken(), EXTRACTORS.broken(), DATASETS.broken(), METHODS.broken())
    broken = dict.fromkeys(one for registry in every for one in registry if one.plugin == name)
    return [*(Result(name, "use", "failed", one.reason) for one in broken), *_checked(name)]


def known_plugins() -> list[str]:
    """The names of all plugins, whether they can be used or not."""
    found = {one.plugin for registry in (METRICS, EXTRACTORS, DATASETS, METHODS) for one in registry.broken()}
    found |= {metric.plugin.label for metric in METRICS.plugged().values() if metric.plugin}
    found |= {extractor.plugin.label for extractor in EXTRACTORS.plugged().values() if extractor.plugin}
    found |= {dataset.plugin.label for dataset in DATASETS.plugged().values() if dataset.plugin}
    found |= {entry.plugin.label for entry in METHODS.plugged().values() if entry.plugin}
    return sorted(found | {str(path) for path in plugin_files()})


def _checked(plugin: str) -> Iterator[Result]:
    def mine(origin: Plugin | None) -> bool:
        return origin is not None and origin.label == plugin

    for metric in METRICS.plugged().values():
        for name, of_metric in metrics.checks_of(metric).items() if mine(metric.plugin) else ():
            yield run_check(f"metric {metric.key}", name, partial(of_metric, metric))
    for extractor in EXTRACTORS.plugged().values():
        for name, of_extractor in extractors.checks_of(extractor).items() if mine(extractor.plugin) else ():
            yield run_check(f"extractor {extractor.id}", name, partial(of_extractor, extractor))
    for dataset in DATASETS.plugged().values():
        for name, of_dataset in datasets.checks_of(dataset).items() if mine(dataset.plugin) else ():
            yield run_check(f"dataset {dataset.id}", name, partial(of_dataset, dataset))
    for entry in METHODS.plugged().values():
        for name, of_method in methods.checks_of(entry).items() if mine(entry.plugin) else ():
            yield run_check(f"method {entry.card.id}", name, partial(of_method, entry))
