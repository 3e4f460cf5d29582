"""External methods: a card with an `external` part makes a method of somebody's repository (`method.foreign`)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.base.files import canonical_sha256
from evalkit.clips import video
from evalkit.errors import MethodError
from evalkit.method.cost import Cost, Step, cost_of
from evalkit.method.foreign.card import Foreign
from evalkit.method.foreign.command import Commands, Manifest, memory_sampled
from evalkit.method.foreign.place import (
    Place,
    clone_state,
    commit_warning,
    find_clone,
    find_python,
    python_version,
    refuse_version,
)
from evalkit.method.foreign.task import Setting, Task
from evalkit.method.foreign.weights import missing_weights, weight_digests
from evalkit.method.foreign.worker import Worker
from evalkit.method.interface import Driving, Job, MethodCard, MethodConfig
from evalkit.method.option_files import option_paths
from evalkit.method.user_config import Placed, user_config
from evalkit.method.watched import state_of
from evalkit.types import Frames, Motion

PLACE_OPTIONS: Mapping[str, str] = {
    "clone": "Folder of the repository.",
    "python": "Its Python interpreter; else .venv or venv in the clone.",
    "seconds": "Most seconds that a pair may take.",
    "memory_gb": "Most memory that all its processes may take together.",
    "strict_commit": "yes: refuse a clone at another commit than the card's, or with edited files.",
}
"""Options of every external method. They say where and how far, not what, so that runs do not record them."""
PROCESS_TREE_MEMORY = "resident memory of all processes of the method, sampled 20 times a second"
GPU_TREE_MEMORY = (
    "GPU memory of all processes of the method as the driver counts it, CUDA contexts and what PyTorch holds back "
    "included, sampled 20 times a second"
)
WORKER_GPU_MEMORY = "CUDA memory allocated by PyTorch in the worker, networks included"
NO_MEMORY = "not measured: the processes in a container belong to its engine"
WORKER_COST = "seconds inside the worker's animate, frames passed on and model loaded outside of them"
COMMAND_COST = "seconds of whole commands: starting Python, loading the model, reading and writing files included"
MANIFEST_COST = COMMAND_COST + "; shared among the pairs of a command by their frames"


@dataclass(frozen=True)
class Clone:
    """The clone that a run uses: place, commit (empty if unknown), digests of weights, and a warning."""

    place: Place
    commit: str
    weights: Mapping[str, str]
    warning: str


class External:
    """A method that runs in its own environment."""

    def __init__(self, card: Foreign, folder: Path, config: MethodConfig, clone: Clone, given: str) -> None:
        options = {name: value for name, value in config.options.items() if name not in PLACE_OPTIONS}
        setting = Setting(
            card, folder, clone.place, options, config.device, config.seed, clone.commit, config.logs, given=given
        )
        kinds: dict[str, type[Commands] | type[Manifest] | type[Worker]]
        kinds = {"command": Commands, "manifest": Manifest, "worker": Worker}
        self._runner = kinds[card.mode](setting)
        self._job: tuple[Job, Iterable[Job]] | None = None

    def begin(self, job: Job, coming: Iterable[Job]) -> None:
        """The next `animate` is of this pair; those `coming` may be made together with it."""
        self._job = job, coming

    def animate(self, sources: Frames, driving: Driving, motion: Motion) -> Iterator[Frames]:
        """Frames of a pair. Raises `MethodError`."""
        job, coming = self._job or (Job("pair", lambda: sources, driving, sources.shape[1], motion), ())
        self._job = None
        yield from self._runner.frames(_task(replace(job, driving=driving)), map(_task, coming))

    def cost(self) -> Cost | None:
        """What the last pair cost, measured where it ran; None if it failed."""
        spent = self._runner.spent
        if spent is None:
            return None
        return cost_of([Step(frames, seconds) for frames, seconds in spent.steps], spent.peak_bytes)

    def close(self) -> None:
        """End its processes."""
        self._runner.close()


def build_external(card: MethodCard, folder: Path, config: MethodConfig, asked: str) -> External:
    """The method of a card, which commands name `asked`.

    Raises `MethodError` when its clone, interpreter or weights are missing or do not fit.
    """
    foreign = foreign_of(card)
    if config.checkpoint or config.random_weights or config.compile or config.channels_last:
        raise MethodError(
            f"{card.id} runs in an environment of its own: --checkpoint, --random-weights, --compile and "
            "--channels-last do not reach it. Its card has options (`evalkit methods show`)."
        )
    for name in foreign.required:
        if not config.options.get(name):
            raise MethodError(f"{card.id}: expected --option {name}=... {card.options[name].help}")
    clone = locate(card, config.options, asked)
    if foreign.python and not foreign.container:
        refuse_version(card.id, clone.place.python, foreign.python, python_version(clone.place.python))
    # A finished step of a pair that failed is not taken over where any of this changed since.
    named = option_paths(card, folder, config.options, clone.place.clone)
    given = canonical_sha256([sorted(clone.weights.items()), [state_of(path) for _, path in named]])
    return External(foreign, folder, config, clone, given)


def foreign_of(card: MethodCard) -> Foreign:
    """The `external` part of a card. Raises `MethodError` for a card without one."""
    if card.external is None:
        raise MethodError(f"{card.id} is no external method; it runs in evalkit's own environment.")
    return card.external


def locate(card: MethodCard, options: Mapping[str, str], asked: str) -> Clone:
    """Find the clone of a method, and what is in it. Raises `MethodError`, with `strict_commit` for another commit."""
    foreign, place = foreign_of(card), place_of(card, options, asked)
    state = clone_state(place.clone)
    warning = commit_warning(foreign, state)
    if warning and options.get("strict_commit") == "yes":
        raise MethodError(f"{card.id}: {warning}. Check out {foreign.commit}, or leave out --strict-commit.")
    if missing := [weight.path for weight in missing_weights(foreign, place.clone)]:
        # Not refused: some repositories can be pointed at other folders, and each says itself what it misses.
        text = f"{len(missing)} weight file(s) of the card are not in the clone, such as {missing[0]}"
        warning = "; ".join(filter(None, (warning, text)))
    commit = "" if state is None else state[0] + (f"+edited:{state[1][:12]}" if state[1] else "")
    return Clone(place, commit, weight_digests(foreign, place.clone), warning)


def place_of(card: MethodCard, options: Mapping[str, str], asked: str, python_needed: bool = True) -> Place:
    """Where the clone of a method is and what it may take here: options go before variables and the user's file.

    `asked` is how commands name the method. Without `python_needed` a missing interpreter is the one that would be
    looked for first. Raises `MethodError`.
    """
    foreign, known = foreign_of(card), user_config().external.get(card.id, Placed())
    clone = find_clone(card.id, options.get("clone") or known.clone, foreign.entry, asked)
    python = "python"
    if not foreign.container:
        try:
            python = find_python(card.id, options.get("python") or known.python, clone, asked)
        except MethodError:
            if python_needed:
                raise
            python = str(options.get("python") or known.python or clone / ".venv" / "bin" / "python")
    memory = _number(options, "memory_gb") or known.memory_gb or foreign.limits.memory_gb
    seconds = _number(options, "seconds") or known.seconds or foreign.limits.seconds
    start_s = max(seconds, foreign.limits.start_seconds) if not options.get("seconds") else seconds
    return Place(card.id, clone, python, seconds, start_s, int(memory * 1e9) if memory else None)


def _number(options: Mapping[str, str], name: str) -> float | None:
    if not (text := options.get(name)):
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise MethodError(f"--option {name}={text}: expected a number above 0.")
    return value


def cost_words(card: MethodCard, device: str) -> tuple[str, str] | None:
    """What the memory of an external method is of, and what its seconds include; None for any other method."""
    if card.external is None:
        return None
    includes = {"command": COMMAND_COST, "manifest": MANIFEST_COST, "worker": WORKER_COST}[card.external.mode]
    if device.startswith("cuda") and card.external.mode == "worker":
        return WORKER_GPU_MEMORY, includes
    words = {"host": PROCESS_TREE_MEMORY, "gpu": GPU_TREE_MEMORY, "none": NO_MEMORY}
    return words[memory_sampled(card.external, device)], includes


def _task(job: Job) -> Task:
    rate = video.frame_rate(job.driving.path) / job.driving.selection.stride
    return Task(job.pair, job.sources, job.driving, rate, job.size, job.motion)
