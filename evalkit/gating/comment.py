"""A verdict as markdown: the comment on a pull request and the summary of a job."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from evalkit.gating.formats import COLUMNS, HEADLINES, cells, explanation
from evalkit.gating.verdict import Verdict
from evalkit.gating.verdict_record import MetricVerdict, WorstPair

_ICONS = {"pass": "✅", "regression": "❌", "not_proven": "❔", "incomplete": "⚠️", "not_comparable": "⛔"}
_MARKS = {"better": "🟢", "worse": "🔴", "not_proven": "⚪", "suspicious": "🟣", "broken": "🟡"}
_SHORT = ("Metric", "Verdict", "Baseline", "Candidate", "Change", "Lost at most", "Margin")
_SHORT_CELLS = tuple(COLUMNS.index(name) for name in _SHORT)
_MANY = 100


@dataclass(frozen=True)
class Pictures:
    """Where the strips of the worst pairs lie: `links` are addresses by pair, `folder` names a place without one.

    A relative link leads nowhere in a comment or a job summary, so without addresses the folder is only named.
    """

    links: Mapping[str, str] = field(default_factory=dict)
    folder: str | None = None


def pictures(written: Mapping[str, Path], document: Path | None, base: str | None) -> Pictures:
    """Of strips by pair: links below the address `base`, else their folder as seen from the markdown `document`."""
    if base is not None:
        return Pictures({pair: f"{base.rstrip('/')}/{quote(path.name)}" for pair, path in written.items()})
    folder = next((path.resolve().parent for path in written.values()), None)
    if folder is None:
        return Pictures()
    return Pictures(folder=os.path.relpath(folder, document.resolve().parent) if document else folder.name)


def markdown(verdict: Verdict, strips: Pictures = Pictures()) -> str:
    """The headline, the reasons, a short table, all numbers folded away, and the pairs that lost most."""
    one, other = verdict.baseline, verdict.candidate
    stage = "" if verdict.stage == "full" else f", stage {verdict.stage}"
    pairs = "" if other.pairs is None else f"{other.pairs} pairs, "
    lines = [f"## {_ICONS[verdict.outcome]} evalkit gate: {HEADLINES[verdict.outcome]}", ""]
    lines += [
        f"**{_escape(other.title)}** against **{_escape(one.title)}** on `{other.protocol}`, "
        f"{pairs}exit code {verdict.exit_code}{stage}.",
        "",
    ]
    lines += [f"- {_escape(text)}" for text in (*verdict.reasons, *verdict.warnings)]
    if verdict.metrics:
        lines += ["", *_table(_SHORT, 2, _short_rows(verdict.metrics))]
        full = [[_escape(cell) for cell in cells(row)] for row in verdict.metrics]
        lines += ["", "<details><summary>All numbers</summary>", "", *_table(COLUMNS, 2, full)]
        lines += ["", _escape(explanation(verdict)), "", "</details>"]
    if verdict.worst:
        heading = ("Pair", "Metric", "Baseline", "Candidate", "Loss / tolerated")
        lines += ["", "Pairs that lost most:", "", *_table(heading, 2, [_worst(p, strips) for p in verdict.worst])]
    if verdict.worst and strips.folder:
        lines += ["", f"Their pictures are in the folder `{strips.folder}` of the report."]
    return "\n".join(lines) + "\n"


def times_tolerated(pair: WorstPair) -> str:
    """How many times the tolerance a pair lost, as far as the number says something; "-" without a tolerance."""
    if pair.tolerances is None:
        return "-"
    if pair.tolerances > _MANY:
        return f"over {_MANY}"
    return f"{pair.tolerances:.1f}" if pair.tolerances < 10 else f"{pair.tolerances:.0f}"


def _short_rows(rows: Sequence[MetricVerdict]) -> list[list[str]]:
    """Titles for people; variants that share a title also show their key."""
    titles = Counter(row.title for row in rows)
    short = []
    for row in rows:
        whole = cells(row)
        texts = [_escape(whole[i]) for i in _SHORT_CELLS]
        arrow = whole[0].removeprefix(row.key)
        texts[0] = _escape(row.title) + (f" (`{row.key}`)" if titles[row.title] > 1 else "") + arrow
        mark = _MARKS.get(row.status) if row.judged else None
        texts[1] = f"{mark} **{texts[1]}**" if mark else texts[1]
        short.append(texts)
    return short


def _worst(pair: WorstPair, strips: Pictures) -> list[str]:
    name = _escape(pair.pair)
    if pair.pair in strips.links:
        name = f"[{name}]({strips.links[pair.pair]})"
    return [name, _escape(pair.metric), f"{pair.baseline:.4g}", f"{pair.candidate:.4g}", times_tolerated(pair)]


def _table(heading: Sequence[str], left: int, rows: Sequence[Sequence[str]]) -> list[str]:
    """`left` columns are aligned left, the others right."""
    rule = ["---"] * left + ["---:"] * (len(heading) - left)
    return ["| " + " | ".join(row) + " |" for row in (heading, rule, *rows)]


def _escape(text: str) -> str:
    for special in "\\`*_<>|[]":
        text = text.replace(special, "\\" + special)
    return " ".join(text.split())
