"""Which metrics and methods use a network file, and which files a metric, a protocol or a method needs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from evalkit.errors import UnknownNameError
from evalkit.method.find import find_method, list_methods
from evalkit.metrics import METRICS, find_metric
from evalkit.protocol.schema import find_protocol
from evalkit.scoring.availability import weights_of
from evalkit.weights import catalogue, find


def metric_users() -> Mapping[str, list[str]]:
    """Weight name -> the keys of the metrics that need it; [] for files that none needs."""
    return _turned({key: weights_of(metric) for key, metric in METRICS.items()})


def method_users() -> Mapping[str, list[str]]:
    """Weight name -> the ids of the methods that use it beside their checkpoint; [] for files that none uses."""
    return _turned({entry.card.id: entry.card.weights for entry in list_methods()})


def wanted_files(
    names: Sequence[str], metrics: Sequence[str], protocols: Sequence[str], methods: Sequence[str]
) -> tuple[str, ...]:
    """The network files named, and those that these metrics, protocols and methods need, each once.

    Files a variable names, which only the user can have, are left out. Raises `UnknownNameError` for an unknown name;
    where it is that of a metric, a protocol or a method, the message says how to ask for its files.
    """
    for name in names:
        _check(name)
    keys = [find_metric(name) for name in metrics]
    keys += [find_metric(name) for protocol in protocols for name in find_protocol(protocol).metrics]
    needed = [name for metric in keys for name in weights_of(metric) if not name.startswith("$")]
    used = [name for method in methods for name in find_method(method).card.weights]
    return tuple(dict.fromkeys([*names, *needed, *used]))


def _turned(files: Mapping[str, Sequence[str]]) -> Mapping[str, list[str]]:
    users: defaultdict[str, list[str]] = defaultdict(list)
    for user, names in files.items():
        for name in names:
            users[name].append(user)
    return users


def _check(name: str) -> None:
    try:
        find(name)
    except UnknownNameError as error:
        for option, lookup in (("metric", find_metric), ("protocol", find_protocol), ("method", find_method)):
            try:
                lookup(name)
            except UnknownNameError:
                continue
            note = f"It is a {option}: evalkit weights fetch --{option} {name}"
            raise UnknownNameError("weight file", name, catalogue(), note) from error
        raise
