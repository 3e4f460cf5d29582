"""What a site is made of: run folders, folders of leaderboards, and single rows of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evalkit.errors import RunError
from evalkit.leaderboard.entry import Entry, make_entry, overlaps, read_entry, trained_on_of
from evalkit.method.find import list_methods
from evalkit.method.interface import MethodCard
from evalkit.records.protocol_facts import ProtocolFacts
from evalkit.records.run import RunHeader, read_header


@dataclass(frozen=True)
class Given:
    """One result. `run` is its folder and `header` what `run.json` says; None for a row of a leaderboard."""

    entry: Entry
    run: Path | None
    header: RunHeader | None

    @property
    def title(self) -> str:
        """Its row in tables."""
        return self.entry.measured().title

    @property
    def protocol(self) -> ProtocolFacts | None:
        """The protocol as the run recorded it; a row of a leaderboard has only its id, version and hash."""
        return self.header.protocol if self.header else None


def known_cards() -> dict[str, MethodCard]:
    """The cards of all methods that are installed here, by id."""
    return {entry.card.id: entry.card for entry in list_methods()}


def read_given(paths: Sequence[Path], cards: Mapping[str, MethodCard]) -> list[Given]:
    """The results at `paths`: run folders, leaderboard files, and folders with `<protocol>/<method>.json`.

    `cards` say what methods were trained on. A result that is given twice, as a run and as the row that was made of it,
    is taken once: the run is kept, and that the row was verified.
    Raises `RunError` for any other path, and for a damaged file.
    """
    found = [given for path in paths for given in _read(path, cards)]
    found.sort(key=lambda given: given.run is None)
    kept: list[Given] = []
    for given in found:
        place = next((i for i, other in enumerate(kept) if _same(given.entry, other.entry)), None)
        if place is None:
            kept.append(given)
        elif checked := given.entry.row.verification:
            kept[place] = _with(kept[place], verification=checked)
    if not kept:
        raise RunError("A site needs at least one run folder or leaderboard.")
    return kept


def _read(path: Path, cards: Mapping[str, MethodCard]) -> Iterable[Given]:
    if (path / "run.json").is_file() or (path / "summary.json").is_file():
        return [_of_run(path, cards)]
    if path.is_file():
        return [Given(read_entry(path), None, None)]
    rows = sorted([*path.glob("*.json"), *path.glob("*/*.json")]) if path.is_dir() else []
    if not rows:
        raise RunError(
            f"{path} is neither a run folder nor a leaderboard. Give run folders, such as runs/demo_cross/*, or the "
            "folder of leaderboards."
        )
    return [Given(read_entry(row), None, None) for row in rows]


def _of_run(path: Path, cards: Mapping[str, MethodCard]) -> Given:
    header = read_header(path)
    entry = make_entry(path, path.parent.parent, (), force=True)
    card = cards.get(entry.row.method)
    trained = trained_on_of(card) if card else None
    stated = {
        "flags": _not_ranked(entry, header),
        "trained_on": trained,
        "overlap": None if trained is None else overlaps(trained, entry.row.dataset),
    }
    return _with(Given(replace(entry, path=path), path, header), **stated)


def _with(given: Given, **stated: Any) -> Given:
    """The result with other statements in its row."""
    return replace(given, entry=replace(given.entry, row=given.entry.row.model_copy(update=stated)))


def _not_ranked(entry: Entry, header: RunHeader) -> tuple[str, ...]:
    """Why a run takes no part in ranks. Changed code does not keep a run from them; its page says so."""
    pairs = entry.row.pairs
    found = (
        (pairs.run < pairs.protocol, f"only {pairs.run} of {pairs.protocol} pairs were run"),
        (bool(pairs.failed), f"{len(pairs.failed)} of {pairs.run} pairs failed"),
        (header.configuration.random_weights, "random weights"),
    )
    return tuple(text for wrong, text in found if wrong)


def _same(one: Entry, other: Entry) -> bool:
    """Whether both are the same numbers of the same method."""
    a, b = one.row, other.row
    heads = [(row.protocol_hash, row.data_hash, row.method, row.tag, row.identity) for row in (a, b)]
    values = [{key: (m.value, m.signature) for key, m in row.metrics.items()} for row in (a, b)]
    return heads[0] == heads[1] and values[0] == values[1]
