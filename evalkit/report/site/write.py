"""The whole site, page by page, into a folder."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evalkit.errors import EvalkitError
from evalkit.gating.history import HistoryLine, read
from evalkit.leaderboard.board import board_table
from evalkit.report import build
from evalkit.report.collect import Comparison, collect, slug
from evalkit.report.folder import SiteFolder
from evalkit.report.groups import group_tables
from evalkit.report.history import HistoryPage, Judged, history_page
from evalkit.report.page import ASSETS, HISTORY, renderer
from evalkit.report.paged import page_count
from evalkit.report.payload import plain
from evalkit.report.site.boardpage import board_context, site_data, status_words
from evalkit.report.site.boards import SiteBoard, make_boards
from evalkit.report.site.couples import couple_data, couples_of, wins
from evalkit.report.site.given import known_cards, read_given
from evalkit.report.site.methods import method_context, method_list
from evalkit.report.site.metrics import metric_context, metric_ids, metric_list
from evalkit.report.site.overall import methods_of, overall
from evalkit.report.site.places import method_page, metric_page, protocol_page
from evalkit.report.site.search import search_index
from evalkit.report.tradeoffs import pareto_of
from evalkit.report.write import PartOf, write_report
from evalkit.tables.formats import text_of
from evalkit.tables.options import TableOptions
from evalkit.tables.results import Measured
from evalkit.tables.table import table_of

OWN_ASSETS = Path(__file__).parent / "assets"
PAGES = (
    ("index", "Leaderboard"),
    ("protocols", "Protocols"),
    ("methods", "Methods"),
    ("metrics", "Metrics"),
    ("compare", "Compare"),
)
WITHOUT_VIDEOS = build.Options(media="none")
FORMATS = (("csv", "csv"), ("tex", "latex"), ("json", "json"))


@dataclass(frozen=True)
class SiteOptions:
    """Options of a site.

    `title` stands above the first page. `history` are files of `evalkit gate --history`, for a page more. With
    `reports` a report of every board's runs lies below, made with `report`.
    """

    title: str = "Leaderboard"
    history: Sequence[Path] = ()
    reports: bool = True
    report: build.Options = WITHOUT_VIDEOS


@dataclass(frozen=True)
class WrittenSite:
    """A finished site. `without_report` says why for every board (by title) whose runs have no report."""

    index: Path
    boards: int
    methods: int
    reports: int
    without_report: Mapping[str, str]


OnReport = Callable[[str, int], AbstractContextManager[Callable[[str, str], None]]]
"""Called with the title and the number of pairs of a report; what it gives while that is made is called with pairs."""


def write_site(paths: Sequence[Path], out: Path, options: SiteOptions, on_report: OnReport) -> WrittenSite:
    """Write the site of what is at `paths` into `out`: run folders, folders of leaderboards, and single rows of them.

    Raises `RunError` for any other path, for a damaged file, when results cannot be told apart, and when `out`
    cannot be used.
    """
    cards = known_cards()
    boards = make_boards(read_given(paths, cards))
    methods = methods_of(boards)
    lines = [line for path in options.history for line in read(path)]
    comparisons = {board.slug: _comparison(board) for board in boards}
    pages = (*PAGES, HISTORY) if options.history else PAGES
    site = SiteFolder.claim(out, "site")
    for asset in sorted([*ASSETS.iterdir(), *OWN_ASSETS.iterdir()]):
        site.copy(asset, f"assets/{asset.name}")
    page = renderer(pages, {"title": options.title, "brand": options.title, "home": "", "searched": True}, "site")
    history = _history(lines, options.history, boards) if options.history else None
    written = _reports(site, boards, comparisons, options, on_report)
    tested = [couples_of(board) for board in boards]
    won = [wins(board, couples) for board, couples in zip(boards, tested, strict=True)]
    for board, couples in zip(boards, tested, strict=True):
        _write_board(site, board, couple_data(board, couples))
        report = f"reports/{board.slug}/" if board.slug in written else None
        why = "" if report else _why(board, comparisons[board.slug], options)
        groups = _groups(board, comparisons[board.slug], options)
        gates = history.gates if history else {}
        context = board_context(board, groups, report, why, _gates_of(board, boards, gates))
        at = {"at": f"boards/{board.slug}/", "pairs_at": f"{report}pairs/" if report else ""}
        site.text(protocol_page(board.slug), page("protocol", root="../", section="protocols", **at, **context))
    site.data("boards", [_board_facts(board, board.slug in written) for board in boards])
    reports = {key: found for key, found in comparisons.items() if isinstance(found, Comparison) and key in written}
    site.data("search", search_index(boards, methods, pages, reports, site.written))
    _write_tables(site, boards)
    site.text("index.html", page("leaderboard", root="", section="index", **overall(boards, methods, cards)))
    site.text("protocols.html", page("protocols", root="", boards=[_card(b, b.slug in written) for b in boards]))
    site.text("methods.html", page("methods", root="", methods=method_list(boards, methods, won, cards)))
    site.text("metrics.html", page("metrics", root="", metrics=metric_list(boards)))
    site.text("compare.html", page("compare", root=""))
    for method in methods:
        context = method_context(boards, method, cards)
        site.text(method_page(method.name), page("method", root="../", section="methods", **context))
    for name in metric_ids(boards):
        context = metric_context(boards, name)
        site.text(metric_page(name), page("metric", root="../", section="metrics", **context))
    if history:
        site.data("history", history.data)
        site.text("history.html", page("history", root="", **history.context))
    site.finish()
    absent = {
        board.title: _why(board, comparisons[board.slug], options) for board in boards if board.slug not in written
    }
    return WrittenSite(out / "index.html", len(boards), len(methods), len(written), absent)


def _comparison(board: SiteBoard) -> Comparison | str:
    """The runs of a board as a report compares them, or why there is none."""
    runs = [one.run for one in board.results if one.run is not None]
    if not runs:
        return "its rows are of a leaderboard, which has no clips."
    if board.others:
        return "a metric has different signatures, and a report compares runs in all of theirs."
    try:
        return collect(runs)
    except EvalkitError as error:
        return str(error)


def _reports(
    site: SiteFolder,
    boards: Sequence[SiteBoard],
    comparisons: Mapping[str, Comparison | str],
    options: SiteOptions,
    on_report: OnReport,
) -> set[str]:
    """Write the reports below the site; the slugs of the boards that have one."""
    done: set[str] = set()
    for board in boards:
        comparison = comparisons[board.slug]
        if not options.reports or isinstance(comparison, str):
            continue
        folder = f"reports/{board.slug}"
        chosen = replace(options.report, by=())
        part_of = PartOf(f"../../{protocol_page(board.slug)}", _checked(board, comparison))
        with on_report(board.title, page_count(len(comparison.pairs), chosen.pages)) as on_pair:
            report = write_report(comparison, site.path / folder, chosen, on_pair, part_of)
        site.keep(f"{folder}/{name}" for name in report.files)
        done.add(board.slug)
    return done


def _checked(board: SiteBoard, comparison: Comparison) -> dict[int, str]:
    """How the rows of a report were verified, by index of the method."""
    words = {given.run: status_words(given.entry.row) for given in board.results if given.entry.row.verification}
    paths = [method.folder.path for method in comparison.methods]
    return {index: words[path] for index, path in enumerate(paths) if path in words}


def _why(board: SiteBoard, comparison: Comparison | str, options: SiteOptions) -> str:
    if isinstance(comparison, str):
        return f"There is no report: {comparison}"
    return "" if options.reports else "This site was made without reports (--no-reports)."


def _groups(board: SiteBoard, comparison: Comparison | str, options: SiteOptions) -> list[dict[str, Any]]:
    return [] if isinstance(comparison, str) else group_tables(comparison, options.report)


def _write_board(site: SiteFolder, board: SiteBoard, couples: Mapping[str, Any]) -> None:
    anchors = [one.anchor for one in board.measured]
    at = f"boards/{board.slug}"
    site.data(f"{at}/site", site_data(board))
    site.data(f"{at}/pareto", pareto_of(board.table, board.metrics, anchors))
    site.data(f"{at}/couples", couples)
    site.data(
        f"{at}/pairs",
        [
            {"id": name, "slug": slug(name), "source": source, "driving": driving, "failed": []}
            for name, source, driving in board.pairs
        ],
    )
    for place, matrix in enumerate(board.clips.values()):
        means = [[plain(float(value)) for value in row] for row in matrix.means]
        site.data(f"{at}/clips-{place}", {"means": means})


def _board_facts(board: SiteBoard, reported: bool) -> dict[str, Any]:
    """What the page of A against B needs to offer a board."""
    return {
        "slug": board.slug,
        "title": board.title,
        "methods": [{"name": one.name, "title": t} for one, t in zip(board.board.entries, board.titles, strict=True)],
        "report": f"reports/{board.slug}/" if reported else "",
    }


def _card(board: SiteBoard, reported: bool) -> dict[str, Any]:
    row = board.first.row
    ranked = [(s.rank, title) for s, title in zip(board.standings, board.titles, strict=True) if s]
    return {
        "title": board.title,
        "href": protocol_page(board.slug),
        "report": f"reports/{board.slug}/index.html" if reported else "",
        "id": f"{row.protocol} v{row.protocol_version}",
        "task": row.task,
        "dataset": row.dataset,
        "description": board.words.description,
        "methods": len(board.titles),
        "pairs": row.pairs.run,
        "metrics": list(dict.fromkeys(column.title for column in board.metrics)),
        "first": [title for rank, title in ranked if rank == 1],
    }


def _write_tables(site: SiteFolder, boards: Sequence[SiteBoard]) -> None:
    """Every board as a table in files, and all of them in one."""
    tables = {board.slug: board_table(board.board) for board in boards}
    everything = [one for board in boards for one in _of_its_own(board)]
    tables["all"] = table_of(everything, TableOptions(style="paper", intervals="half"))
    for name, table in tables.items():
        for suffix, format in FORMATS:
            site.text(f"tables/{name}.{suffix}", text_of([table], format, paper=True, standalone=False))


def _of_its_own(board: SiteBoard) -> list[Measured]:
    """The rows of a board under its own name, for a table in which two boards of one protocol stand side by side."""
    return [
        replace(one, heading=board.title, summary=one.summary.model_copy(update={"protocol": board.slug}))
        for one in board.measured
    ]


def _history(lines: Sequence[HistoryLine], paths: Sequence[Path], boards: Sequence[SiteBoard]) -> HistoryPage:
    """The gate's history, whose checkpoints lead to the rows that they judged."""
    judged = [
        Judged(
            one.entry.row.summary, one.entry.row.identity.checkpoint_sha256, f"{protocol_page(board.slug)}#run-{row}"
        )
        for board in boards
        for row, one in enumerate(board.results)
    ]
    return history_page(lines, ", ".join(path.name for path in paths), judged)


def _gates_of(board: SiteBoard, boards: Sequence[SiteBoard], gates: Mapping[int, Sequence[Any]]) -> dict[int, Any]:
    """The verdicts on the rows of a board, by row."""
    before = sum(len(other.results) for other in boards[: boards.index(board)])
    return {row: gates[before + row] for row in range(len(board.results)) if before + row in gates}
