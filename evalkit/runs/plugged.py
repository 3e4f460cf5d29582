"""Which code from outside a run used, for its record."""

from evalkit.base.places import resource_dir
from evalkit.base.plugins import Plugin
from evalkit.datasets import DATASETS
from evalkit.method.find import METHODS
from evalkit.records.run import PluginFacts
from evalkit.runs.plan import Plan
from evalkit.scoring.availability import plugins_of


def plugins_used(plan: Plan) -> dict[str, tuple[PluginFacts, ...]]:
    """The key `plugins` of `run.json`; absent without plugins, as in runs of older versions."""
    brought: dict[Plugin, list[str]] = {}
    for plugin, what in [*plugins_of(plan.metrics), *_of_method(plan), *_of_dataset(plan)]:
        brought.setdefault(plugin, []).append(what)
    facts = tuple(
        PluginFacts(name=plugin.name, version=plugin.version, sha256=plugin.sha256, brings=tuple(brings))
        for plugin, brings in brought.items()
    )
    return {"plugins": facts} if facts else {}


def _of_method(plan: Plan) -> list[tuple[Plugin, str]]:
    name = plan.configuration.method
    if plan.configuration.kind != "method" or (resource_dir("baselines") / name).is_dir():
        return []
    entry = METHODS.get(name)
    # A folder that the user named may bear the id of a plugin's method; its code tells them apart.
    if entry is None or entry.plugin is None or entry.code_sha256 != plan.configuration.code_sha256:
        return []
    return [(entry.plugin, f"method {name}")]


def _of_dataset(plan: Plan) -> list[tuple[Plugin, str]]:
    plugin = DATASETS[plan.protocol.dataset].plugin if plan.protocol.dataset in DATASETS else None
    return [(plugin, f"dataset {plan.protocol.dataset}")] if plugin else []
