"""The history of a gate as a page: of a report, or on its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.base.files import atomic_path
from evalkit.errors import RunError
from evalkit.gating.history import HistoryLine, HistoryValue, read
from evalkit.gating.history_series import Series, collect, short
from evalkit.metrics import METRICS
from evalkit.records.run import Summary
from evalkit.report.collect import Comparison
from evalkit.report.folder import MANIFEST
from evalkit.report.page import one_file
from evalkit.report.payload import plain
from evalkit.tables.cells import ARROWS

_DECIMALS = 3
_SAYS = {"good": ("pass",), "bad": ("regression",), "note": ("not_proven", "incomplete")}


@dataclass(frozen=True)
class HistoryPage:
    """`context` is for the template, `data` for its script; `gates` are links to verdicts, by index of the method."""

    context: Mapping[str, Any]
    data: Mapping[str, Any]
    gates: Mapping[int, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Judged:
    """A result that a checkpoint may be: its numbers, the digest of its weights, and where the site shows it."""

    summary: Summary
    checkpoint_sha256: str | None
    href: str


def judged_of(comparison: Comparison) -> list[Judged]:
    """The runs of a report."""
    return [
        Judged(m.measured.summary, m.header.configuration.checkpoint_sha256, f"index.html#run-{index}")
        for index, m in enumerate(comparison.methods)
    ]


def history_of(comparison: Comparison, path: Path) -> HistoryPage:
    """The checkpoints of the report's protocol in the history at `path`.

    Raises `RunError` when it cannot be read or has none of this protocol.
    """
    found = read(path)
    lines = [line for line in found if line.protocol == comparison.summary.protocol]
    if not lines:
        others = ", ".join(sorted({line.protocol for line in found})) or "no checkpoint at all"
        raise RunError(
            f"{path} has no checkpoint of {comparison.summary.protocol}; it has {others}. "
            f"Leave out --history, or look at it with `evalkit history {path}`."
        )
    return history_page(lines, path.name, judged_of(comparison), left_out=len(found) - len(lines))


def write_history(lines: Sequence[HistoryLine], name: str, out: Path) -> Path:
    """Write one file that opens without a server and holds all it needs; returns its path.

    It is `out`, if that ends with .html, else `index.html` in that folder. `name` is the history's. Raises `RunError`
    when the file cannot be written, or the folder holds a report.
    """
    path = out if out.suffix == ".html" and not out.is_dir() else out / "index.html"
    folder = path.parent
    if (folder / MANIFEST).is_file():
        raise RunError(
            f"{folder} holds a report. Choose another --out, or make the history a page of it: "
            "`evalkit report RUN... --history FILE`."
        )
    page = history_page(lines, name)
    text = one_file("history", name, {"history": page.data}, **page.context)
    try:
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunError(f"{out}: cannot write the history there ({error.strerror}). Choose another --out.") from error
    return path


def history_page(
    lines: Sequence[HistoryLine], name: str, judged: Sequence[Judged] = (), left_out: int = 0
) -> HistoryPage:
    """The page of `lines`; `judged` are the results that it can lead to, `left_out` the lines that it does not show."""
    series = collect(lines)
    runs = [_run_of(line, judged) for line in lines]
    gates: dict[int, list[Mapping[str, Any]]] = {}
    for place, (line, run) in enumerate(zip(lines, runs, strict=True)):
        if run is not None:
            gates.setdefault(run, []).append({"place": place, **_verdict(line), "name": short(line)})
    context = {
        "history": name,
        "left_out": left_out,
        "counts": _counts(lines, series),
        "last": {**_verdict(lines[-1]), "name": short(lines[-1])} if lines else None,
        "charts": [_chart(one) for one in series],
        "changes": _changes(series),
        "checkpoints": [
            _checkpoint(place, line, None if (run := runs[place]) is None else judged[run].href)
            for place, line in reversed(list(enumerate(lines)))
        ],
        "linked": bool(judged),
    }
    data = {
        "series": [_series_data(one) for one in series],
        "lines": [
            {
                "name": short(line),
                "time": line.time,
                "outcome": _verdict(line)["word"],
                "run": run,
                "metrics": [_value(key, row) for key, row in line.metrics.items()],
            }
            for line, run in zip(lines, runs, strict=True)
        ],
    }
    return HistoryPage(context, data, gates)


def _run_of(line: HistoryLine, judged: Sequence[Judged]) -> int | None:
    """The result that a line judged: same method, weights, protocol, clips and metrics, and the same numbers."""
    return next((index for index, one in enumerate(judged) if _is(line, one)), None)


def _is(line: HistoryLine, one: Judged) -> bool:
    summary = one.summary
    ours = (summary.method, summary.protocol_hash, summary.data_hash, one.checkpoint_sha256)
    theirs = (line.method, line.protocol_hash, line.data_hash, line.checkpoint_sha256)
    values = {key: row for key, row in line.metrics.items() if row.candidate is not None}
    return (
        ours == theirs
        and bool(values)
        and all(
            key in summary.metrics
            and (summary.metrics[key].value, summary.metrics[key].signature) == (row.candidate, row.signature)
            for key, row in values.items()
        )
    )


def _counts(lines: Sequence[HistoryLine], series: Sequence[Series]) -> list[tuple[int, str]]:
    numbers = (
        (len(lines), "checkpoint"),
        (len({line.method for line in lines}), "method"),
        (len({one.key for one in series}), "metric"),
        (sum(len(one.jumps) for one in series), "level change"),
    )
    return [(number, noun if number == 1 else f"{noun}s") for number, noun in numbers]


def _changes(series: Sequence[Series]) -> list[dict[str, Any]]:
    """Level changes, newest first."""
    found = [
        {
            "place": one.places[change.index],
            "chart": number,
            "name": short(one.lines[change.index]),
            "word": "worse" if change.worse else "better",
            "level": "bad" if change.worse else "good",
            "metric": _metric_name(one.key, one.title),
            "method": one.lines[change.index].title,
            "protocol": one.protocol,
            "before": _text(one.key, change.before),
            "after": _text(one.key, change.after),
            "unit": one.unit,
        }
        for number, one in enumerate(series)
        for change in one.changes
    ]
    return sorted(found, key=lambda row: -row["place"])


def _chart(series: Series) -> dict[str, Any]:
    last = series.lines[-1]
    return {
        "metric": _metric_name(series.key, series.title),
        "arrow": ARROWS[series.better],
        "better": series.better,
        "method": last.title,
        "protocol": series.protocol,
        "pairs": last.pairs,
        "signature": (series.signature or "").split("|") if series.signature else [],
    }


def _series_data(series: Series) -> dict[str, Any]:
    return {
        "metric": _metric_name(series.key, series.title),
        "method": series.lines[-1].title,
        "protocol": series.protocol,
        "better": series.better,
        "unit": series.unit,
        "decimals": _decimals(series.key),
        "points": [
            {"line": place, "value": plain(value), **_judgement(line.metrics[series.key])}
            for place, line, value in zip(series.places, series.lines, series.values, strict=True)
        ],
        "levels": [[start, end, plain(mean)] for start, end, mean in series.levels],
        "changes": [{"index": change.index, "worse": change.worse} for change in series.changes],
    }


def _checkpoint(place: int, line: HistoryLine, href: str | None) -> dict[str, Any]:
    return {
        "place": place,
        "time": line.time,
        "commit": line.commit,
        "checkpoint": line.checkpoint_sha256,
        "method": line.title,
        "protocol": line.protocol,
        "pairs": line.pairs,
        "href": href,
        **_verdict(line),
    }


def _verdict(line: HistoryLine) -> dict[str, str]:
    level = next((level for level, outcomes in _SAYS.items() if line.outcome in outcomes), "none")
    return {"level": level, "word": line.outcome.replace("_", " ")}


def _value(key: str, row: HistoryValue) -> dict[str, Any]:
    name = _metric_name(key, row.title)
    return {"metric": name, "decimals": _decimals(key), "value": plain(row.candidate), **_judgement(row)}


def _judgement(row: HistoryValue) -> dict[str, Any]:
    bounds = (row.change, row.change_low, row.change_high)
    return {"status": row.status, "change": [plain(bound) for bound in bounds]}


def _metric_name(key: str, title: str) -> str:
    variant = key.partition("[")[2].rstrip("]")
    return f"{title} ({variant})" if variant else title


def _decimals(key: str) -> int:
    """One more than in tables, for checkpoints differ by little."""
    return (METRICS[key].decimals if key in METRICS else _DECIMALS) + 1


def _text(key: str, value: float) -> str:
    text = f"{value:.{_decimals(key)}f}"
    return text if float(text) or not value else f"{value:.1e}"
