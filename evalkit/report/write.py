"""`evalkit report`: runs of one protocol as a static site that opens from a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.base.garbage import without_collection
from evalkit.base.processes import run_all
from evalkit.report import overview
from evalkit.report.build import BuiltPair, Options, build_pair, plan_jobs
from evalkit.report.collect import Comparison
from evalkit.report.failures import failures
from evalkit.report.folder import MANIFEST, SiteFolder
from evalkit.report.groups import group_tables
from evalkit.report.history import HistoryPage, history_of
from evalkit.report.page import ASSETS, HISTORY, PAGES, Page, renderer
from evalkit.report.paged import paged
from evalkit.report.pairs import clip_means, pair_data, pair_list
from evalkit.report.ranks import Ranks, ranks
from evalkit.report.tradeoffs import pareto_data
from evalkit.report.trust import facts
from evalkit.report.worst import Worst, worst, worst_pairs
from evalkit.runs.find_clips import find_pairs


@dataclass(frozen=True)
class Written:
    """A finished report: its `files`, how many pairs have pages, and why those (by id) `without_video` have none."""

    index: Path
    methods: int
    pairs: int
    pages: int
    without_video: Mapping[str, str]
    files: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PartOf:
    """What a report is a part of: the address of its first page, and how rows were verified, by index of the method."""

    home: str = ""
    checked: Mapping[int, str] = field(default_factory=dict)


ALONE = PartOf()
"""Of nothing."""


def write_report(
    comparison: Comparison, out: Path, options: Options, on_pair: Callable[[str, str], None], part_of: PartOf = ALONE
) -> Written:
    """Write the site into `out`; videos that an earlier report made of the same clips are kept.

    `on_pair` is called with the id and "done" or "failed" (it has no video) as pairs are finished. `part_of`
    says what the report is a part of. Raises `RunError` when `out` or the history cannot be used. A clip that is
    missing costs only its tile.
    """
    history = history_of(comparison, options.history) if options.history else None
    groups = group_tables(comparison, options)
    site, page = SiteFolder.claim(out), _renderer(comparison, history, part_of.home)
    for asset in sorted(ASSETS.iterdir()):
        site.copy(asset, f"assets/{asset.name}")
    with without_collection():
        standing, found = ranks(comparison), worst(comparison, options.worst)
        pages = paged(comparison, found, options.pages)
        _write_data(site, comparison, standing, found, pages)
    header = next((m.header for m in comparison.methods if m.header.data), comparison.methods[0].header)
    sources, note = find_pairs(header, options.data) if options.media != "none" else ({}, None)
    without: dict[str, str] = {}
    # Pairs come in any order.
    beside = dict(zip(pages, zip([None, *pages], [*pages[1:], None], strict=False), strict=True))
    jobs = plan_jobs(comparison, out, options, sources, pages, worst_pairs(found))
    # Where nothing is decoded and nothing detected, starting processes would be most of the work.
    workers = options.workers if any(job.takes_long for job in jobs) else 1
    for built in run_all(build_pair, jobs, workers):
        pair = comparison.pairs[built.index]
        absent = note or (None if pair.id in sources else "the data has no pair of this name.")
        _write_pair(site, comparison, built, absent, page, beside[built.index])
        if reason := built.media.get("reason"):
            without[pair.id] = reason
        on_pair(pair.id, "failed" if reason and options.media != "none" else "done")
    site.text(
        "index.html", page("index", root="", **_overview(comparison, standing, history, part_of.checked), groups=groups)
    )
    site.text("pairs.html", page("pairs", root="", paged=len(pages), total=len(comparison.pairs)))
    for name in ("worst", "failures"):
        site.text(f"{name}.html", page(name, root=""))
    if history:
        site.data("history", history.data)
        site.text("history.html", page("history", root="", **history.context))
    site.finish()
    return Written(
        out / "index.html",
        len(comparison.methods),
        len(comparison.pairs),
        len(pages),
        without,
        frozenset({*site.written, MANIFEST}),
    )


def _renderer(comparison: Comparison, history: HistoryPage | None, home: str) -> Page:
    summary = comparison.summary
    shared = {
        "title": comparison.protocol.title,
        "task": summary.task.replace("_", "-").capitalize(),
        "protocol": f"{summary.protocol} v{summary.protocol_version}",
        "hash": summary.protocol_hash,
        "home": home,
    }
    return renderer((*PAGES, HISTORY) if history else PAGES, shared)


def _write_data(site: SiteFolder, comparison: Comparison, standing: Ranks, found: Worst, pages: list[int]) -> None:
    site.data("site", overview.site_data(comparison, standing))
    site.data("pareto", pareto_data(comparison))
    site.data("pairs", pair_list(comparison, set(pages)))
    site.data("worst", found)
    site.data("failures", failures(comparison))
    for place, column in enumerate(comparison.paired):
        site.data(f"clips-{place}", clip_means(comparison, column.key))


def _overview(
    comparison: Comparison, standing: Ranks, history: HistoryPage | None, checked: Mapping[int, str]
) -> dict[str, Any]:
    return {
        "description": comparison.protocol.description,
        "assumptions": comparison.protocol.assumptions,
        "counts": overview.counts(comparison),
        "facts": facts(comparison),
        "columns": overview.columns(comparison),
        "rows": overview.rows(comparison, standing, checked),
        "marked": any(cell.mark for _, cells in comparison.table.rows for cell in cells),
        "ranked_by": standing.ranked_by,
        "footnotes": comparison.table.footnotes,
        "runs": overview.runs(comparison, history.gates if history else {}, checked),
    }


def _write_pair(
    site: SiteFolder,
    comparison: Comparison,
    built: BuiltPair,
    absent: str | None,
    page: Page,
    beside: tuple[int | None, int | None],
) -> None:
    """Write the page of a pair; `beside` are the pairs with the pages before and after it."""
    index, pairs = built.index, comparison.pairs
    pair, previous, following = pairs[index], *(None if other is None else pairs[other] for other in beside)
    site.data(
        f"pair/{pair.slug}",
        {**pair_data(comparison, index), "media": built.media, "landmarks": built.landmarks, "absent": absent},
    )
    context = {
        "pair": pair,
        "place": index + 1,
        "total": len(pairs),
        "previous": previous,
        "following": following,
    }
    site.text(f"pairs/{pair.slug}.html", page("pair", root="../", **context))
    if video := built.media.get("video"):
        site.keep(f"media/{Path(video).stem}{suffix}" for suffix in (".mp4", ".jpg", ".json"))
    if built.landmarks["file"]:
        site.keep([f"data/landmarks/{built.landmarks['file']}"])
