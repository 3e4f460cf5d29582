"""Which requirements of metrics and methods are missing, and how to get them; grouped by requirement."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from evalkit.base.extras import extra_of, missing_modules
from evalkit.doctor.facts import Lacking
from evalkit.errors import EvalkitError
from evalkit.extractors import EXTRACTORS
from evalkit.method.checkpoints import can_run, checkpoint_status
from evalkit.method.find import MethodEntry, find_method, list_methods
from evalkit.metrics import METRICS, Metric
from evalkit.protocol.schema import find_protocol
from evalkit.scoring.availability import dangling, networks_of
from evalkit.weights import missing

FIRST_PROTOCOL, FIRST_METHOD = "demo_cross", "ours"
"""What the first command of the README runs."""


def lacking_metrics() -> list[Lacking]:
    """Metrics with missing libraries, weights or coefficients. A metric is listed under each of them."""
    return grouped([(kind, metric.key, remedy) for metric in METRICS.values() for kind, remedy in _of_metric(metric)])


def lacking_methods() -> list[Lacking]:
    """Methods that cannot run: no checkpoint is installed, or the adapter cannot be imported."""
    return grouped([(kind, e.card.id, remedy) for e in list_methods() for kind, remedy in _of_method(e)])


def metric_modules() -> dict[str, list[str]]:
    """Metric -> the optional modules that its networks import."""
    whole = [metric for metric in METRICS.values() if metric.input and not dangling(metric)]
    needs = {m.key: [n for one in networks_of([m.input[0]]) for n in one.modules] for m in whole if m.input}
    return {key: modules for key, modules in needs.items() if modules}


def first_command() -> list[str]:
    """What keeps the README's command from working; empty when nothing does.

    Metrics on networks of an extra or on files to fetch are left out of its table where these are missing.
    """
    wanted = [metric for key in find_protocol(FIRST_PROTOCOL).metrics if not _optional(metric := METRICS[key])]
    metrics = [f"{metric.key}: {remedy}" for metric in wanted for _, remedy in _of_metric(metric)]
    return metrics + [f"{FIRST_METHOD}: {remedy}" for _, remedy in _of_method(find_method(FIRST_METHOD))]


def grouped(found: Iterable[tuple[str, str, str]]) -> list[Lacking]:
    """(kind, name, remedy) -> one entry per kind and remedy, names in the order they came."""
    names: Mapping[tuple[str, str], list[str]] = defaultdict(list)
    for kind, name, remedy in found:
        names[kind, remedy].append(name)
    return [Lacking(kind, tuple(those), remedy) for (kind, remedy), those in names.items()]  # type: ignore[arg-type]


def _optional(metric: Metric) -> bool:
    networks = networks_of([metric.input[0]]) if metric.input and not dangling(metric) else []
    return any(one.weights or any(extra_of(module) for module in one.modules) for one in networks)


def _of_metric(metric: Metric) -> list[tuple[str, str]]:
    if metric.input is None:
        return []
    if reason := dangling(metric):
        return [("broken", reason)]
    name = metric.input[0]
    if EXTRACTORS[name].imported:
        return [("coefficients", f"Run {name} yourself and give --coefficients {name}=DIR (docs/metrics.md).")]
    chain = networks_of([name])
    libraries = missing_modules(module for one in chain for module in one.modules)
    files = missing(weight for one in chain for weight in one.weights)
    return [*([("library", libraries)] if libraries else []), *([("weights", files)] if files else [])]


def _of_method(entry: MethodEntry) -> list[tuple[str, str]]:
    try:
        found = checkpoint_status(entry)
    except EvalkitError as error:
        return [("library", str(error))]
    if found is None or can_run(found):
        return []
    absent = [one.note for one in found if one.state != "ready" and one.note]
    return [("checkpoint", " ".join(dict.fromkeys(absent)))]
