"""A study as tables: the layout of papers (percent of votes, scenes won), every comparison, and strengths."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from evalkit.study.folder import Group, Study
from evalkit.study.score import Bounds, Preference, Results, Strength
from evalkit.tables.cells import NOTHING, Cell, Column, Mark, words
from evalkit.tables.table import Section, Table


def paper_tables(study: Study, results: Results) -> list[Table]:
    """The layout of FSRT's Table 2: how often the row's method was preferred to the column's, and scenes won.

    With a method of ours one table, a row per protocol; otherwise one table per protocol, a row per method.
    """
    if study.ours is not None:
        return [_against_ours(study, study.ours, results)]
    return [_matrix(study, group, results) for group in study.groups]


def all_tables(study: Study, results: Results) -> list[Table]:
    """Tables of papers, then every comparison with its intervals, then the strengths."""
    return [*paper_tables(study, results), _comparisons(study, results), _strengths(study, results)]


def count_line(results: Results) -> str:
    """What was counted and what was not, in one sentence."""
    parts = [f"{results.votes} votes of {results.raters} raters"]
    if results.left_out:
        reasons = "; ".join(f"rater {rater} {reason}" for rater, reason in results.left_out.items())
        parts.append(f"{len(results.left_out)} raters left out ({reasons})")
    if refused := sum(results.refused.values()):
        reasons = ", ".join(f"{reason}: {count}" for reason, count in sorted(results.refused.items()))
        parts.append(f"{refused} answers or sheets refused ({reasons})")
    if results.repeated:
        parts.append(f"{results.repeated} answers came more than once and count once")
    return "; ".join(parts)


def _against_ours(study: Study, ours: str, results: Results) -> Table:
    others = list(dict.fromkeys(one.second for one in results.preferences))
    found = {(one.protocol, one.second): one for one in results.preferences}
    rows = [
        (_row_name(group, study.groups), tuple(_votes(found.get((group.protocol, other))) for other in others))
        for group in study.groups
    ]
    caption = (
        f"User study: share of pairwise votes for {ours} over each method, with the number of {_scenes(results)} won"
    )
    return _table(others, rows, f"{caption} in brackets.", study, results)


def _matrix(study: Study, group: Group, results: Results) -> Table:
    mine = [one for one in results.preferences if one.protocol == group.protocol]
    found = {(one.first, one.second): one for one in mine}
    found |= {(one.second, one.first): _turned(one) for one in mine}
    rows = [(row, tuple(_votes(found.get((row, column))) for column in group.methods)) for row in group.methods]
    caption = (
        f"User study, {group.title}: share of pairwise votes for the row's method over the column's, with the number "
        f"of {_scenes(results)} won in brackets."
    )
    return _table(group.methods, rows, caption, study, results)


def _table(
    titles: Sequence[str], rows: Sequence[tuple[str, tuple[Cell, ...]]], caption: str, study: Study, results: Results
) -> Table:
    columns = tuple(Column(title, title, "", "%", 0) for title in titles)
    checked = any(asked.check for asked in study.trials.values())
    rule = f" Rule: more than {study.max_missed} missed attention checks, or none answered, leave a rater out."
    return Table(columns, tuple(rows), f"{caption} {count_line(results)}.{rule if checked else ''}", (), (Section(0),))


def _comparisons(study: Study, results: Results) -> Table:
    titles = ("Votes", "Preferred", "Wilson 95%", "Clustered 95%", "p", "Scenes won", "Agreement", "Alpha")
    rows = [(_comparison_name(one, study), tuple(map(words, _facts(one)))) for one in results.preferences]
    caption = "User study, every comparison. Wilson's interval and p (exact binomial test against one half) take votes "
    caption += (
        "as independent; the clustered interval is of other raters and scenes. Agreement: share of pairs of votes on "
    )
    caption += "one item that agree; alpha: Krippendorff's, nominal."
    together = (
        f"All comparisons: agreement {_percent(results.agreement)}, alpha {_number(results.alpha)} (chance taken "
    )
    together += f"within each). Left side chosen in {_percent(results.left_share)} {_bounds(results.left_interval)}"
    return Table(tuple(Column(t, t, "", "", 0) for t in titles), tuple(rows), caption, (together,))


def _comparison_name(one: Preference, study: Study) -> str:
    if len(study.groups) == 1:
        return f"{one.first} over {one.second}"
    group = next(group for group in study.groups if group.protocol == one.protocol)
    return f"{one.first} over {one.second}, {_row_name(group, study.groups)}"


def _facts(one: Preference) -> tuple[str, ...]:
    tied = f" ({one.scenes_tied} tied)" if one.scenes_tied else ""
    return (
        str(one.votes),
        _percent(one.share),
        _bounds(one.interval),
        _bounds(one.clustered),
        "-" if one.p_value is None else "<0.001" if one.p_value < 0.001 else f"{one.p_value:.3f}",
        f"{one.scenes_won} of {one.scenes}{tied}",
        _percent(one.agreement),
        _number(one.alpha),
    )


def _strengths(study: Study, results: Results) -> Table:
    columns = tuple(Column(group.protocol, _row_name(group, study.groups), "", "", 2) for group in study.groups)
    found = {(one.protocol, one.method): one for one in results.strengths}
    best = {
        one.protocol: max(o.strength for o in results.strengths if o.protocol == one.protocol)
        for one in results.strengths
    }
    ordered = sorted(results.strengths, key=lambda one: -one.strength)
    rows = []
    for method in dict.fromkeys(one.method for one in ordered):
        mine = [found.get((group.protocol, method)) for group in study.groups]
        rows.append((method, tuple(_strength(one, best) for one in mine)))
    caption = (
        "User study, Bradley-Terry strengths: log-odds of being preferred, 0 on average, with Wald's 95% interval."
    )
    return Table(columns, tuple(rows), caption, ())


def _strength(one: Strength | None, best: Mapping[str, float]) -> Cell:
    if one is None:
        return NOTHING
    text = f"{_number(one.strength)} [{_number(one.low)}, {_number(one.high)}]"
    mark: Mark = "best" if one.strength == best[one.protocol] else ""
    return Cell(one.strength, mark, None, one.low, one.high, "", text)


def _row_name(group: Group, groups: Sequence[Group]) -> str:
    """ "Relative motion" as in FSRT where that tells the rows apart, else the protocol's title."""
    motions = [other.motion for other in groups]
    return f"{group.motion.capitalize()} motion" if len(set(motions)) == len(motions) > 1 else group.title


def _turned(one: Preference) -> Preference:
    lost = one.scenes - one.scenes_won - one.scenes_tied
    share = None if one.share is None else 1 - one.share
    return replace(one, first=one.second, second=one.first, won=one.votes - one.won, share=share, scenes_won=lost)


def _scenes(results: Results) -> str:
    counts = sorted({one.scenes for one in results.preferences})
    return f"{counts[0]} scenes" if len(counts) == 1 else f"{counts[0]} to {counts[-1]} scenes"


def _votes(one: Preference | None) -> Cell:
    if one is None or one.share is None:
        return NOTHING
    return words(f"{_percent(one.share)} ({one.scenes_won})")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _bounds(bounds: Bounds | None) -> str:
    return "-" if bounds is None else f"[{bounds[0]:.0%}, {bounds[1]:.0%}]"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}".replace("-", "−")
