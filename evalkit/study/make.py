"""Make a study from runs: choose scenes, deal trials, encode what is shown, and write the page and the key apart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.base.files import atomic_folder
from evalkit.errors import StudyError, UnknownNameError
from evalkit.records.frame_scores import SCHEMA_VERSION
from evalkit.study.design import INTACT, RUINED, Trial, Unit, compare_all, deal, opaque, rank
from evalkit.study.entrants import Candidate, Entrants, find_candidates
from evalkit.study.folder import Asked, Group, LeftOut, Scene, Study, StudyFolder, write_study
from evalkit.study.media import Medium, scene_media
from evalkit.study.page import write_page

MOST_TRIALS = 40
"""Trials of a rater where nothing else is asked for; people tire."""


@dataclass(frozen=True)
class Plan:
    """What can be chosen of a study. `scenes` limits the scenes of each protocol, `only` names their pairs."""

    ours: str | None
    question: str
    seed: int
    raters: int = 10
    per_rater: int | None = None
    checks: int = 3
    max_missed: int = 0
    scenes: int | None = None
    only: tuple[str, ...] = ()
    fps: float | None = None


@dataclass(frozen=True)
class Draft:
    """A study that is not written yet: the key, the trials of each rater, and the media to encode."""

    study: Study
    dealt: Sequence[Sequence[Trial]]
    media: Sequence[Medium]


def draft_study(groups: Sequence[Entrants], plan: Plan) -> Draft:
    """Choose scenes and deal trials.

    Raises `StudyError` when no pair can be shown, or when the plan asks for more than there is; `UnknownNameError` for
    an unknown pair in `plan.only`.
    """
    shown: dict[str, tuple[Entrants, Candidate]] = {}
    left_out: list[LeftOut] = []
    for entrants in groups:
        chosen, others = _choose(entrants, plan)
        left_out += others
        shown |= {opaque("s", plan.seed, entrants.protocol.id, one.pair.id): (entrants, one) for one in chosen}
    units = [
        Unit(scene, *couple)
        for scene, (entrants, _) in shown.items()
        for couple in compare_all(list(entrants.runs), plan.ours)
    ]
    checks = sorted(shown, key=lambda scene: rank(plan.seed, "check", scene))[: plan.checks]
    if len(checks) < plan.checks:
        raise StudyError(f"{plan.checks} attention checks need as many scenes; there are {len(checks)}. See --checks.")
    per_rater = plan.per_rater or min(len(units), MOST_TRIALS)
    traps = [Unit(scene, INTACT, RUINED, check=True) for scene in checks]
    dealt = deal(units, traps, plan.raters, per_rater, plan.seed)
    scenes = {name: _named(name, *part, plan.seed, name in checks) for name, part in shown.items()}
    media = [medium for name, part in shown.items() for medium in scene_media(scenes[name], *part, plan.fps)]
    return Draft(_study(groups, plan, scenes, left_out, dealt), dealt, media)


def write_draft(draft: Draft, out: Path, on_medium: Callable[[str, str], None]) -> None:
    """Write a study into the folder `out`, whole or not at all; `on_medium` is called for every encoded file.

    Raises `StudyError` when the folder holds something, `VideoError` for a damaged clip.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StudyError(f"{out} is not empty; a study never replaces anything. Choose another --out.")
    with atomic_folder(out) as temporary:
        folder = StudyFolder(temporary)
        for medium in draft.media:
            medium.write(folder.page / "media" / medium.name)
            on_medium(medium.name, "ok")
        write_page(folder.page, draft.study, draft.dealt)
        write_study(folder, draft.study)


def _choose(entrants: Entrants, plan: Plan) -> tuple[list[Candidate], list[LeftOut]]:
    known = {pair.id for pair in entrants.pairs}
    for name in plan.only:
        if name not in known:
            raise UnknownNameError(f"pair of {entrants.protocol.id}", name, known)
    candidates, left_out = find_candidates(entrants, plan.only)
    if not candidates or (plan.only and left_out):
        reasons = "; ".join(f"{one.pair}: {one.reason}" for one in left_out[:3]) or "no pair"
        raise StudyError(
            f"{'Not every' if candidates else 'No'} pair of {entrants.protocol.id} can be shown for all of "
            f"{', '.join(entrants.runs)} ({reasons}). A scene needs an unchanged clip of every method."
        )
    drawn = sorted(candidates, key=lambda candidate: rank(plan.seed, "scene", candidate.pair.id))[: plan.scenes]
    return [candidate for candidate in candidates if candidate in drawn], left_out


def _named(name: str, entrants: Entrants, candidate: Candidate, seed: int, is_check: bool) -> Scene:
    """The scene with names for its media that say nothing about what they show."""
    return Scene(
        protocol=entrants.protocol.id,
        pair=candidate.pair.id,
        source=opaque("m", seed, name, "source") + ".png",
        driving=opaque("m", seed, name, "driving") + ".mp4",
        clips={method: opaque("m", seed, name, "clip", method) + ".mp4" for method in candidate.clips},
        ruined=opaque("m", seed, name, "ruined") + ".mp4" if is_check else None,
    )


def _study(
    groups: Sequence[Entrants],
    plan: Plan,
    scenes: dict[str, Scene],
    left_out: Sequence[LeftOut],
    dealt: Sequence[Sequence[Trial]],
) -> Study:
    trials = {
        trial.id: Asked(
            rater=trial.rater,
            scene=trial.unit.scene,
            left=trial.left,
            right=trial.right,
            check=trial.unit.check,
        )
        for mine in dealt
        for trial in mine
    }
    described = [
        Group(
            protocol=entrants.protocol.id,
            protocol_hash=entrants.protocol.hash,
            data_hash=entrants.data_hash,
            title=entrants.protocol.title,
            motion=entrants.protocol.motion,
            methods=tuple(entrants.runs),
        )
        for entrants in groups
    ]
    return Study(
        schema_version=SCHEMA_VERSION,
        id=opaque("study-", plan.seed, *sorted(trials)),
        seed=plan.seed,
        question=plan.question,
        ours=plan.ours,
        max_missed=plan.max_missed,
        raters=plan.raters,
        groups=tuple(described),
        scenes=scenes,
        left_out=tuple(left_out),
        trials=trials,
    )
