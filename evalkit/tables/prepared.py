"""What a table says of outputs that were cut, shortened or resized before they were scored."""

from collections.abc import Sequence

from evalkit.records.output_rules import marked
from evalkit.tables.results import Measured


def prepared_notes(results: Sequence[Measured]) -> tuple[str, ...]:
    """Lines for below a table: what was done to outputs, each with the titles of their rows."""
    titles: dict[str, list[str]] = {}
    for result in results:
        for words in dict.fromkeys(marked(entry.signature or "") for entry in result.summary.metrics.values()):
            if words:
                titles.setdefault(words, []).append(result.title)
    return tuple(f"outputs scored {words}: {', '.join(dict.fromkeys(rows))}" for words, rows in titles.items())
