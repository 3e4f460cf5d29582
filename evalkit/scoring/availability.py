"""Which metrics can be computed here: a metric with missing weights or libraries is reported, never replaced."""

from collections.abc import Collection, Iterable, Sequence

from evalkit.base.extras import absent_modules, by_extra, missing_modules
from evalkit.base.plugins import Plugin
from evalkit.errors import PluginError, UnknownNameError
from evalkit.extractors import EXTRACTORS, Extractor
from evalkit.metrics import Metric
from evalkit.scoring.features import dependency_order
from evalkit.weights import absent, missing


def unavailable(metrics: Sequence[Metric], imported: Collection[str] = ()) -> dict[str, str]:
    """Metric key -> why it cannot be computed, with the commands that help, for those that cannot.

    `imported` are the networks whose coefficients the user supplied.
    """
    reasons = {metric.key: _reason(metric, imported) for metric in metrics}
    return {key: reason for key, reason in reasons.items() if reason is not None}


def lacking(metric: Metric) -> str:
    """What a metric needs that is not here, in a few words; empty when it runs.

    Names of network files as `evalkit weights fetch` takes them, the extras that bring libraries in brackets, as `pip`
    takes them, libraries that no extra brings by their names, or whose coefficients.
    """
    if metric.input is None:
        return ""
    if dangling(metric):
        return metric.input[0]
    if EXTRACTORS[metric.input[0]].imported:
        return f"coefficients of {metric.input[0]}"
    chain = networks_of([metric.input[0]])
    files = absent(name for one in chain for name in one.weights)
    extras, libraries = by_extra(absent_modules(name for one in chain for name in one.modules))
    return ", ".join([*([f"[{','.join(extras)}]"] if extras else []), *libraries, *files])


def networks_of(extractors: Iterable[str]) -> list[Extractor]:
    """These extractors and all they build on."""
    return [EXTRACTORS[name] for name in dependency_order(extractors)]


def networks_under(metric: Metric) -> tuple[str, ...]:
    """The extractor that a metric builds on, where evalkit runs one: none for pixels, coefficients, unknown names."""
    if metric.input is None or dangling(metric) or EXTRACTORS[metric.input[0]].imported:
        return ()
    return (metric.input[0],)


def weights_of(metric: Metric) -> tuple[str, ...]:
    """The names of the network files that a metric needs."""
    return tuple(dict.fromkeys(name for one in networks_of(networks_under(metric)) for name in one.weights))


def missing_networks(extractors: Iterable[str]) -> str | None:
    """Why these extractors cannot run here, with the commands that help; None when they can."""
    chain = networks_of(extractors)
    reasons = (
        missing_modules(module for extractor in chain for module in extractor.modules),
        missing(weight for extractor in chain for weight in extractor.weights),
    )
    return ". ".join(reason for reason in reasons if reason) or None


def dangling(metric: Metric) -> str | None:
    """The first unknown name that a metric builds on; None if all are known, as for those of evalkit."""
    try:
        missing(weight for one in networks_of([metric.input[0]] if metric.input else []) for weight in one.weights)
    except (UnknownNameError, PluginError) as error:
        return str(error)
    return None


def plugins_of(metrics: Sequence[Metric]) -> list[tuple[Plugin, str]]:
    """The plugins behind these metrics, each with what comes from it: a metric, or an extractor that one builds on."""
    found = [(metric.plugin, f"metric {metric.key}") for metric in metrics if metric.plugin]
    networks = networks_of(dict.fromkeys(metric.input[0] for metric in metrics if metric.input))
    return found + [(one.plugin, f"extractor {one.id}") for one in networks if one.plugin]


def _reason(metric: Metric, imported: Collection[str]) -> str | None:
    if metric.input is None or metric.input[0] in imported:
        return None
    if reason := dangling(metric):
        return reason
    if EXTRACTORS[metric.input[0]].imported:
        return f"Run {metric.input[0]} yourself and give --coefficients {metric.input[0]}=DIR (docs/metrics.md)."
    return missing_networks([metric.input[0]])
