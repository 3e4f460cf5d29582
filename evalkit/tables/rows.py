"""Which results and metrics a table shows, under which names, and in which order its rows stand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from evalkit.errors import RunError, UnknownNameError
from evalkit.tables.cells import Cell, Column
from evalkit.tables.options import TableOptions
from evalkit.tables.results import Measured, find_row


def matching(name: str, keys: Sequence[str]) -> list[str]:
    """The metric keys that `name` means: itself, or all variants of that id."""
    return [key for key in keys if name in (key, key.partition("[")[0])]


def chosen(results: Sequence[Measured], options: TableOptions) -> list[Measured]:
    """The results with the metrics asked for only, under the names asked for. Raises `UnknownNameError`."""
    keys = list(dict.fromkeys(key for result in results for key in result.summary.metrics))
    wanted = [key for name in options.metrics for key in matching(name, keys)] or keys
    for name in options.metrics:
        if not matching(name, keys):
            raise UnknownNameError("metric in these runs", name, {*keys, *(key.partition("[")[0] for key in keys)})
    known = known_names(results)
    for name in options.rename:
        if name not in known:
            raise UnknownNameError("method, metric or protocol in these runs", name, known)
    return [_narrowed(result, wanted, options.rename) for result in results]


def known_names(results: Sequence[Measured]) -> set[str]:
    """What `TableOptions.rename` may name: methods, with and without their tags, metrics and protocols."""
    keys = {key for result in results for key in result.summary.metrics}
    methods = {name for result in results for name in (result.method, _whole(result))}
    return {*methods, *keys, *(result.protocol for result in results)}


def _whole(result: Measured) -> str:
    return f"{result.method}@{result.tag}" if result.tag else result.method


def _narrowed(result: Measured, wanted: Sequence[str], names: Mapping[str, str]) -> Measured:
    metrics = {
        key: entry.model_copy(update={"title": names.get(key, entry.title)})
        for key in wanted
        if (entry := result.summary.metrics.get(key)) is not None
    }
    return replace(
        result,
        summary=result.summary.model_copy(update={"metrics": metrics}),
        title=names.get(_whole(result), result.title),
        heading=names.get(result.protocol, result.heading),
    )


def with_anchors(group: Sequence[Measured], anchors: bool) -> list[Measured]:
    """The results that have a row. Raises `RunError` when none is left."""
    rows = [result for result in group if anchors or not result.anchor]
    if not rows:
        raise RunError(f"All runs of {group[0].protocol} are anchors; nothing is left without them.")
    return rows


def in_order(
    results: Sequence[Measured], columns: Sequence[Column], cells: Mapping[str, Sequence[Cell]], options: TableOptions
) -> tuple[list[str], str | None]:
    """Row titles in the order asked for, with ours last, and the title of ours. Raises `UnknownNameError`."""
    titles = list(cells)
    if options.sort == "id":
        ids = {result.title: (result.method, result.tag) for result in reversed(results)}
        titles.sort(key=lambda title: ids[title])
    elif options.sort != "given":
        index = _column(options.sort, columns)
        sign = -1 if columns[index].better == "higher" else 1
        values = {title: cells[title][index].value for title in titles}
        titles.sort(key=lambda title: (values[title] is None, sign * (values[title] or 0.0)))
    if options.ours is None:
        return titles, None
    last = find_row(results, options.ours)
    return [title for title in titles if title != last] + [last], last


def _column(name: str, columns: Sequence[Column]) -> int:
    for index, column in enumerate(columns):
        if matching(name, [column.key]):
            return index
    raise UnknownNameError("order of rows", name, ["given", "id", *dict.fromkeys(column.key for column in columns)])
