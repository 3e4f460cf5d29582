"""What can be found from every page: methods, protocols, metrics, signatures, pages and pairs."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

from evalkit.metrics import METRICS
from evalkit.report.collect import Comparison
from evalkit.report.site.boardpage import task_words
from evalkit.report.site.boards import SiteBoard
from evalkit.report.site.metrics import metric_list
from evalkit.report.site.overall import SiteMethod
from evalkit.report.site.places import method_page, protocol_page, signature_id

MOST_PAIRS = 5000
"""Pairs beyond these are found on the page of pairs of their report only."""


def search_index(
    boards: Sequence[SiteBoard],
    methods: Sequence[SiteMethod],
    pages: Sequence[tuple[str, str]],
    reports: Mapping[str, Comparison],
    written: Set[str],
) -> list[list[Any]]:
    """[kind, title, address, further words] of everything; what is looked for is in title or words.

    Pairs are found whose pages are `written`.
    """
    found = [["Page", text, f"{file}.html", ""] for file, text in pages]
    found += [["Method", method.title, method_page(method.name), method.name] for method in methods]
    for board in boards:
        row = board.first.row
        words = f"{row.protocol} {task_words(row.task)} {row.dataset} {row.protocol_hash[:12]}"
        found.append(["Protocol", board.title, protocol_page(board.slug), words])
        if board.slug in reports:
            found.append(["Report", f"Report of {board.title}", f"reports/{board.slug}/index.html", words])
    for metric in metric_list(boards):
        found.append(["Metric", metric["title"], metric["href"], f"{metric['id']} {metric['description']}"])
        for key in metric["variants"]:
            description = METRICS[key].description if key in METRICS else ""
            found.append(["Variant", key, f"{metric['href']}#{key}", description])
            signatures = {board.signature(key) for board in boards} - {None}
            for signature in sorted(text for text in signatures if text):
                found.append(["Signature", key, f"{metric['href']}#{signature_id(signature)}", signature])
    pairs = [
        ["Pair", pair.id, address, f"{pair.source_identity} {pair.driving_identity} {slug}"]
        for slug, comparison in reports.items()
        for pair in comparison.pairs
        if (address := f"reports/{slug}/pairs/{pair.slug}.html") in written
    ]
    return found + pairs[:MOST_PAIRS]
