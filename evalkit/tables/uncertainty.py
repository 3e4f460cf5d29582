"""What a table says of its intervals: why a number has none, and where one promises too much."""

from collections.abc import Sequence

from evalkit.tables.results import Measured

SKEWED = "clips very skewed: the interval holds the truth in fewer than 95 % of cases"
_OLD = "bootstrap"


def interval_notes(groups: Sequence[Sequence[Measured]]) -> tuple[str, ...]:
    """Lines for below a table of results, grouped by protocol."""
    notes: list[str] = []
    for group in groups:
        of = f"{group[0].heading}: " if len(groups) > 1 else ""
        notes += [f"{of}{note}" for note in (*_without(group), *_skewed(group))]
    return tuple(notes)


def _without(group: Sequence[Measured]) -> list[str]:
    """The words of numbers that have no interval, each with the metrics it is said of."""
    entries = [(key, entry) for result in group for key, entry in result.summary.metrics.items() if entry.n]
    words: dict[str, list[str]] = {}
    for key, entry in entries:
        if entry.ci_word:
            words.setdefault(entry.ci_word, []).append(key)
    if len(words) == 1 and all(entry.ci_word for _, entry in entries):
        return [f"no intervals: {word}" for word in words]
    return [f"no interval of {', '.join(dict.fromkeys(keys))}: {word}" for word, keys in words.items()]


def _skewed(group: Sequence[Measured]) -> list[str]:
    """One line, with the metrics that are said of the same rows together."""
    rows: dict[str, list[str]] = {}
    for result in group:
        for key, entry in result.summary.metrics.items():
            if entry.skewed and entry.ci_low is not None:
                rows.setdefault(key, []).append(result.title)
    metrics: dict[str, list[str]] = {}
    for key, titles in rows.items():
        metrics.setdefault(", ".join(titles), []).append(key)
    told = "; ".join(f"{', '.join(keys)} of {titles}" for titles, keys in metrics.items())
    return [f"{SKEWED}: {told}"] if told else []


def old_intervals(group: Sequence[Measured]) -> list[str]:
    """A line about results whose intervals were made by resampling, as evalkit did before schema 3."""
    old = [result.title for result in group if any(_is_old(e.ci) for e in result.summary.metrics.values())]
    return [f"intervals of an older evalkit, too narrow with few people; run again: {', '.join(old)}"] if old else []


def _is_old(made: str | None) -> bool:
    return (made or "").startswith(_OLD)
