"""From answers to votes: merging what the server and the exported files hold, and who is left out."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.base.files import refuse_special
from evalkit.errors import StudyError
from evalkit.study.answers import UNKNOWN, Answer, contradiction, largest_sheet, read_sheet
from evalkit.study.design import INTACT
from evalkit.study.folder import Study, StudyFolder
from evalkit.study.store import stored_answers, stored_refusals

NO_CHECK = "answered no attention check"


@dataclass(frozen=True)
class Gathered:
    """All answers, one per trial. `repeated` came more than once; `refused` counts refusals by reason."""

    answers: tuple[Answer, ...]
    repeated: int
    refused: Mapping[str, int]


@dataclass(frozen=True)
class Vote:
    """`rater` (from 0) preferred `preferred` to `other` on a scene of a protocol. `left` says which side it was on."""

    rater: int
    protocol: str
    scene: str
    preferred: str
    other: str
    left: bool


def gather(folder: StudyFolder, study: Study, tokens: Sequence[str], files: Iterable[Path]) -> Gathered:
    """What the server stored, then what the files add. Of contradicting answers the first stands.

    Raises `StudyError` when a file cannot be opened; what is wrong inside one is refused and counted.
    """
    found: dict[str, Answer] = {}
    refused: Counter[str] = Counter()
    if folder.answers.is_file():
        for answer in stored_answers(folder.answers):
            if answer.trial in study.trials and study.trials[answer.trial].rater == answer.rater:
                found[answer.trial] = answer
            else:
                refused[UNKNOWN] += 1
        refused += stored_refusals(folder.answers)
    repeated = 0
    for path in files:
        refuse_special(path)
        try:
            with path.open("rb") as file:
                sheet = read_sheet(study, tokens, file.read(largest_sheet(study) + 1))
        except OSError as error:
            raise StudyError(f"{path}: cannot be read ({error.strerror}). Give the files that raters saved.") from error
        refused.update(refusal.reason for refusal in sheet.refusals)
        for answer in sheet.answers:
            known = found.setdefault(answer.trial, answer)
            if known.choice != answer.choice:
                refused[contradiction(answer).reason] += 1
            else:
                repeated += known is not answer
    return Gathered(tuple(found.values()), repeated, dict(refused))


def left_out(study: Study, answers: Sequence[Answer]) -> dict[int, str]:
    """Raters who do not count, and why: too many attention checks missed, or none answered."""
    missed: Counter[int] = Counter()
    checked: Counter[int] = Counter()
    for answer in answers:
        asked = study.trials[answer.trial]
        if asked.check:
            checked[answer.rater] += 1
            missed[answer.rater] += _chosen(study, answer)[0] != INTACT
    reasons = {}
    for rater in sorted({answer.rater for answer in answers}):
        if not checked[rater]:
            reasons[rater] = NO_CHECK
        elif missed[rater] > study.max_missed:
            reasons[rater] = f"missed {missed[rater]} of {checked[rater]} attention checks"
    return reasons


def count_votes(study: Study, answers: Sequence[Answer], without: Iterable[int] = ()) -> list[Vote]:
    """The votes of all raters but those `without`; attention checks do not count."""
    ignored = set(without)
    votes = []
    for answer in answers:
        asked = study.trials[answer.trial]
        if not asked.check and answer.rater not in ignored:
            scene = study.scenes[asked.scene]
            chosen = _chosen(study, answer)
            votes.append(Vote(answer.rater, scene.protocol, asked.scene, *chosen, answer.choice == "left"))
    return votes


def _chosen(study: Study, answer: Answer) -> tuple[str, str]:
    asked = study.trials[answer.trial]
    return (asked.left, asked.right) if answer.choice == "left" else (asked.right, asked.left)
