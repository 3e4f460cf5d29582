"""What the votes say: preferences, scenes won, intervals, strengths and agreement."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are imported when they are used

from evalkit.statistics.agreement import Disagreement, disagreement, pool
from evalkit.statistics.bradley_terry import strengths
from evalkit.statistics.estimate import LEVEL, estimate
from evalkit.study.design import compare_all
from evalkit.study.folder import Group, Study
from evalkit.study.votes import Gathered, Vote, count_votes, left_out

Bounds = tuple[float, float]


@dataclass(frozen=True)
class Preference:
    """How often `first` was preferred to `second` on a protocol.

    `interval` is Wilson's score interval, `p_value` that of the exact binomial test against 1/2; both take votes as
    independent. `clustered` is of other raters and scenes (None with too few of either). A scene is won by more than
    half of its votes.
    """

    protocol: str
    first: str
    second: str
    votes: int
    won: int
    share: float | None
    interval: Bounds | None
    clustered: Bounds | None
    p_value: float | None
    scenes: int
    scenes_won: int
    scenes_tied: int
    agreement: float | None
    alpha: float | None


@dataclass(frozen=True)
class Strength:
    """Bradley-Terry strength of a method among those of its protocol, in log-odds; they sum to 0."""

    protocol: str
    method: str
    strength: float
    low: float
    high: float


@dataclass(frozen=True)
class Results:
    """Everything a study says. `left_out` maps raters (from 1) to the reason, `raters` counts the others.

    `agreement` and `alpha` are over all comparisons, chance taken within each. `left_share` is how often the left side
    was chosen: far from a half, raters had a side.
    """

    preferences: tuple[Preference, ...]
    strengths: tuple[Strength, ...]
    raters: int
    votes: int
    left_out: Mapping[int, str]
    repeated: int
    refused: Mapping[str, int]
    agreement: float | None
    alpha: float | None
    left_share: float | None
    left_interval: Bounds | None


def score(study: Study, gathered: Gathered) -> Results:
    """Count everything that was gathered."""
    without = left_out(study, gathered.answers)
    votes = count_votes(study, gathered.answers, without)
    preferences, found, parts = [], [], []
    for group in study.groups:
        mine = [vote for vote in votes if vote.protocol == group.protocol]
        for couple in compare_all(group.methods, study.ours):
            between = [vote for vote in mine if {vote.preferred, vote.other} == set(couple)]
            parts.append(_disagreement(between))
            preferences.append(_preference(group.protocol, *couple, between, parts[-1]))
        found += _strengths(group, study.ours, mine)
    everyone = pool(parts)
    left = sum(vote.left for vote in votes)
    return Results(
        preferences=tuple(preferences),
        strengths=tuple(found),
        raters=len({vote.rater for vote in votes}),
        votes=len(votes),
        left_out={rater + 1: reason for rater, reason in without.items()},
        repeated=gathered.repeated,
        refused=gathered.refused,
        agreement=everyone.agreement,
        alpha=everyone.alpha,
        left_share=left / len(votes) if votes else None,
        left_interval=_wilson(left, len(votes)),
    )


def _preference(protocol: str, first: str, second: str, votes: Sequence[Vote], apart: Disagreement) -> Preference:
    won = sum(vote.preferred == first for vote in votes)
    scenes = Counter(vote.scene for vote in votes)
    ahead = Counter(vote.scene for vote in votes if vote.preferred == first)
    return Preference(
        protocol=protocol,
        first=first,
        second=second,
        votes=len(votes),
        won=won,
        share=won / len(votes) if votes else None,
        interval=_wilson(won, len(votes)),
        clustered=_clustered(votes, first),
        p_value=float(scipy.stats.binomtest(won, len(votes)).pvalue) if votes else None,
        scenes=len(scenes),
        scenes_won=sum(2 * ahead[scene] > count for scene, count in scenes.items()),
        scenes_tied=sum(2 * ahead[scene] == count for scene, count in scenes.items()),
        agreement=apart.agreement,
        alpha=apart.alpha,
    )


def _wilson(won: int, votes: int) -> Bounds | None:
    if not votes:
        return None
    found = scipy.stats.binomtest(won, votes).proportion_ci(confidence_level=LEVEL, method="wilson")
    return float(found.low), float(found.high)


def _clustered(votes: Sequence[Vote], first: str) -> Bounds | None:
    """Votes of one rater, or on one scene, go together; a share lies between 0 and 1."""
    if not votes:
        return None
    values = np.array([vote.preferred == first for vote in votes], dtype=np.float64)
    raters, scenes = [f"rater {vote.rater}" for vote in votes], [f"scene {vote.scene}" for vote in votes]
    found = estimate(values, np.ones_like(values), raters, scenes).interval()
    return None if found is None else (max(found[0], 0.0), min(found[1], 1.0))


def _disagreement(votes: Sequence[Vote]) -> Disagreement:
    items: dict[str, list[str]] = {}
    for vote in votes:
        items.setdefault(vote.scene, []).append(vote.preferred)
    return disagreement(list(items.values()))


def _strengths(group: Group, ours: str | None, votes: Sequence[Vote]) -> list[Strength]:
    place = {method: index for index, method in enumerate(group.methods)}
    wins = np.zeros((len(place), len(place)))
    compared = np.zeros(wins.shape, dtype=bool)
    for first, second in compare_all(group.methods, ours):
        compared[place[first], place[second]] = compared[place[second], place[first]] = True
    for vote in votes:
        wins[place[vote.preferred], place[vote.other]] += 1
    found, half = strengths(wins, compared)
    return [
        Strength(group.protocol, method, float(s), float(s - h), float(s + h))
        for method, s, h in zip(group.methods, found, half, strict=True)
    ]
