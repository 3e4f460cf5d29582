"""A page for every metric, method, protocol, dataset and network file, from the registry that the program uses."""

import re
from collections.abc import Iterable, Mapping, Sequence

from docs.site.sources import ROOT, in_site
from evalkit.datasets import DATASETS, Dataset
from evalkit.method.find import MethodEntry, list_methods
from evalkit.metrics import METRICS, Metric
from evalkit.protocol.schema import Protocol, list_protocols
from evalkit.scoring.availability import weights_of
from evalkit.tables.cells import ARROWS
from evalkit.tables.markdown import escape_markdown
from evalkit.weights import catalogue

ROOMS = ("metrics", "methods", "protocols", "datasets", "weights")
"""Folders of the site that are made here."""
_FILES = catalogue()


def pages(repository: str) -> dict[str, str]:
    """Page of the site -> its text. Plugins of this machine are left out."""
    by_id: dict[str, list[Metric]] = {}
    for metric in METRICS.values():
        if metric.plugin is None:
            by_id.setdefault(metric.id, []).append(metric)
    methods = {entry.card.id: entry for entry in list_methods() if entry.plugin is None}
    protocols, datasets = list_protocols(), [one for one in DATASETS.values() if one.plugin is None]
    found = {f"metrics/{id}.md": _metric(id, variants, protocols) for id, variants in by_id.items()}
    found |= {f"methods/{id}.md": _method(entry, repository) for id, entry in methods.items()}
    found |= {f"protocols/{one.id}.md": _protocol(one) for one in protocols}
    found |= {f"datasets/{one.id}.md": _dataset(one, protocols) for one in datasets}
    found["metrics/index.md"] = _index(
        "Every metric",
        "The definitions in one text are in [metrics](../metrics.md). One page per metric, with all its variants:",
        ("Metric", "", "Variants", "What"),
        (
            (f"[{v[0].title}]({id}.md)", ARROWS[v[0].better], str(len(v)), _text(v[0].description))
            for id, v in by_id.items()
        ),
    )
    found["methods/index.md"] = _index(
        "Every method",
        "How they are run and what was checked is in [methods](../methods.md) and [external methods]"
        "(../external_methods.md).",
        ("Method", "Kind", "Year", "Licence", "What"),
        (
            (f"[{_text(c.title)}]({c.id}.md)", c.kind, str(c.year or ""), _text(c.licence), _text(c.description))
            for c in (entry.card for entry in methods.values())
        ),
    )
    found["protocols/index.md"] = _index(
        "Every protocol",
        "What is run and how it is scored. `evalkit protocols show NAME` prints one whole.",
        ("Protocol", "Version", "Task", "Dataset", "Title"),
        ((f"[`{p.id}`]({p.id}.md)", f"v{p.version}", _words(p.task), p.dataset, _text(p.title)) for p in protocols),
    )
    found["datasets/index.md"] = _index(
        "Every dataset",
        "How to get and prepare them is in [datasets](../datasets.md).",
        ("Dataset", "Size", "Licence"),
        ((f"[{_text(d.title)}]({d.id}.md)", _text(d.size), _text(d.licence)) for d in datasets),
    )
    return found | {"weights/index.md": _weights(by_id)}


def _metric(id: str, variants: Sequence[Metric], protocols: Sequence[Protocol]) -> str:
    first = variants[0]
    parts = [f"# {first.title} (`{id}`)", f"{_text(first.description)}"]
    parts += [
        f"The bare name `{id}` means `{first.key}`. What moves a value is in its signature; values with different "
        "signatures are never compared. In one text with the others: [metrics](../metrics.md)."
    ]
    for metric in variants:
        used = [f"[{p.id}](../protocols/{p.id}.md)" for p in protocols if metric.key in p.metrics]
        files = [_file(name) for name in weights_of(metric)]
        bounds = f"{metric.low:g} to {metric.high:g}"
        parts += [
            f"## {metric.key}",
            *([_text(metric.description)] if metric is not first else []),
            _facts(
                {
                    "Better": f"{metric.better} {ARROWS[metric.better]}",
                    "Unit": metric.unit or "none",
                    "Range": bounds,
                    "Printed decimals": str(metric.decimals),
                    "Compared with": f"the {metric.reference} clip",
                    "Tasks": ", ".join(sorted(map(_words, metric.tasks))),
                    "One value": "per frame, then the mean" if metric.by_frame else "per set: all frames of a protocol",
                    "Looks at": "the frames" if metric.input is None else f"`{metric.input[1]}` of `{metric.input[0]}`",
                    "Constants": _text(metric.settings),
                    "Version": str(metric.version),
                    "Source": _text(metric.paper),
                    "Known differences": _text(metric.differences) or "none known",
                    "Beside it": f"`{metric.beside}`" if metric.beside else "",
                    "Network files": ", ".join(files),
                    "In protocols": ", ".join(used),
                }
            ),
        ]
    return "\n\n".join(parts) + "\n"


def _method(entry: MethodEntry, repository: str) -> str:
    card = entry.card
    parts = [
        f"# {_text(card.title)} (`{card.id}`)",
        _text(card.description),
        _facts(
            {
                "Kind": card.kind,
                "Paper": _text(card.paper),
                "Year": str(card.year or ""),
                "Licence": _text(card.licence),
                "Trained on": _text(", ".join(card.trained_on)),
                "Repository": _text(card.repository),
                "Weights": _text(card.checkpoint),
                "Motion": ", ".join(card.motions),
                "Sources": "any number" if card.max_sources is None else str(card.max_sources),
                "Input": f"{card.input_size} pixels" if card.input_size else "",
                "Output": f"{card.output_size} pixels" if card.output_size else "",
                "Parameters": f"{card.parameters:,}" if card.parameters else "",
                "Also called": ", ".join(card.aliases),
            }
        ),
        f"    evalkit run --protocol demo_cross --method {card.id}",
    ]
    if card.options:
        rows = [
            (f"`{name}`", _text(o.default) or "none", _text(", ".join(o.choices)) or "any", _text(o.help))
            for name, o in card.options.items()
        ]
        parts += ["## Options", _table(("`--option`", "Default", "Values", "What"), rows)]
    source = f"baselines/{card.id}/README.md"
    if (ROOT / source).is_file():
        parts += ["## About", in_site(f"methods/{card.id}.md", source, repository).partition("\n")[2].strip()]
    return "\n\n".join(parts) + "\n"


def _protocol(protocol: Protocol) -> str:
    driving, pairs = protocol.driving, protocol.pairs
    frames = [f"from {driving.start}", f"every {driving.stride}" if driving.stride > 1 else ""]
    frames += [f"at most {driving.maximum}" if driving.maximum else "to the end"]
    frames += [f"without the last {driving.end_margin}" if driving.end_margin else ""]
    metrics = [f"[{key}](../metrics/{key.partition('[')[0]}.md)" for key in map(_full, protocol.metrics)]
    parts = [
        f"# {_text(protocol.title)} (`{protocol.id}`)",
        _text(protocol.description),
        _facts(
            {
                "Version": f"{protocol.version}, hash `{protocol.hash[:12]}`",
                "Task": _words(protocol.task),
                "Dataset": f"[{protocol.dataset}](../datasets/{protocol.dataset}.md)",
                "Pairs": f"{_words(pairs.rule or 'a list')}"
                + (f", {pairs.count} with seed {pairs.seed}" if pairs.count else ""),
                "Source frames": ", ".join(map(str, protocol.source.frames)),
                "Driving frames": ", ".join(filter(None, frames)),
                "Motion": protocol.motion,
                "Size": f"{protocol.resolution} pixels",
                "Frames to RGB": protocol.rgb,
                "Metrics": ", ".join(metrics),
                "Averaging": f"over {protocol.averaging}s",
                "Missing faces": _words(protocol.no_face),
                "Coverage floor": f"{protocol.coverage_floor:.0%}",
                "Anchors": ", ".join(f"[{name}](../methods/{name}.md)" for name in protocol.anchors),
                "Source": _text(protocol.citation),
                "Licence": _text(protocol.licence),
                "Supersedes": _text(str(protocol.supersedes or "")),
            }
        ),
        f"    evalkit run --protocol {protocol.id} --method ours"
        + ("" if protocol.dataset == "demo" else " --data DIR"),
    ]
    if protocol.assumptions:
        parts += ["## What the source leaves open", "\n".join(f"- {_text(one)}" for one in protocol.assumptions)]
    return "\n\n".join(parts) + "\n"


def _dataset(dataset: Dataset, protocols: Sequence[Protocol]) -> str:
    used = [
        f"- [{one.id}](../protocols/{one.id}.md): {_text(one.title)}" for one in protocols if one.dataset == dataset.id
    ]
    recipe = dataset.recipe
    parts = [
        f"# {_text(dataset.title)} (`{dataset.id}`)",
        _facts(
            {
                "Size": _text(dataset.size),
                "Licence": _text(dataset.licence),
                "How to get it": _text(dataset.obtain),
                "Lists": _text(recipe.lists) if recipe else "",
                "Downloads": _text(recipe.raw) if recipe else "",
                "Parts": ", ".join(recipe.splits) if recipe else "",
            }
        ),
        *(["## Protocols", "\n".join(used)] if used else []),
        "How data are prepared and checked: [datasets](../datasets.md).",
    ]
    return "\n\n".join(parts) + "\n"


def _weights(by_id: Mapping[str, Sequence[Metric]]) -> str:
    users: dict[str, list[str]] = {}
    for metric in (metric for variants in by_id.values() for metric in variants):
        for name in weights_of(metric):
            users.setdefault(name, []).append(f"[{metric.key}](../metrics/{metric.id}.md)")
    parts = ["# Network files", "`evalkit weights list` says which are here, `evalkit weights fetch NAME` gets one."]
    for entry in _FILES.values():
        parts += [
            f"## {entry.name}",
            _text(entry.title),
            _facts(
                {
                    "Size": f"{entry.bytes:,} bytes" if entry.bytes else "",
                    "SHA-256": f"`{entry.sha256}`" if entry.sha256 else "not known",
                    "Licence": _text(entry.licence),
                    "Source": _text(entry.source),
                    "From": _text(", ".join(entry.addresses)),
                    "Used by": ", ".join(users.get(entry.name, [])),
                }
            ),
        ]
    return "\n\n".join(parts) + "\n"


def _file(name: str) -> str:
    """A network file by name; one that a variable of the environment names is nobody's but the user's."""
    if name not in _FILES:
        return f"`{name}`"
    return f"[{name}](../weights/index.md#{re.sub('[^a-z0-9_-]', '', name.lower())})"


def _index(title: str, words: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return f"# {title}\n\n{words}\n\n{_table(head, rows)}\n"


def _facts(facts: Mapping[str, str]) -> str:
    return _table(("What", "Value"), ((f"**{name}**", text) for name, text in facts.items() if text))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _text(text: str) -> str:
    """A text of a card, in which nothing is markup."""
    return escape_markdown(" ".join(text.split()))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _full(key: str) -> str:
    return METRICS[key].key if key in METRICS else key
