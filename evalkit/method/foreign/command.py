"""Pairs by commands: the steps of the card for each, or one command for many through a manifest."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from uuid import uuid4

from evalkit.base.files import write_json
from evalkit.errors import MethodError, VideoError
from evalkit.method.foreign.card import Foreign, Output, Step
from evalkit.method.foreign.container import contained, is_elsewhere, remove
from evalkit.method.foreign.fill import Values, fill, fill_command
from evalkit.method.foreign.output import (
    Stillness,
    find_result,
    matches,
    output_of,
    present,
    refuse_still,
    result_frames,
    watched,
)
from evalkit.method.foreign.process import Ended, Process, Sampled
from evalkit.method.foreign.surroundings import added_variables, environment
from evalkit.method.foreign.task import Setting, Spent, Task, failed, write_log
from evalkit.method.foreign.workfolder import Work, clone_alone, shared_values, work_for
from evalkit.types import Frames

_LOOK_S = 0.2


class Commands:
    """Runs the steps of the card for one pair after the other. `spent` is what the last pair cost."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.spent: Spent | None = None

    def frames(self, task: Task, coming: Iterable[Task] = ()) -> Iterator[Frames]:
        """The generated frames of a pair, in chunks of (t, size, size, 3) uint8. Raises `MethodError`."""
        setting = self._setting
        with work_for(setting, task) as work:
            output = output_of(setting.card.output, work.values)
            parts: list[tuple[str, str]] = []
            seconds, peaks = 0.0, list[int]()
            deadline = time.monotonic() + setting.place.seconds
            with clone_alone(setting.place.clone, setting.card.alone):
                before = present(output, work.values)
                for step in setting.card.steps:
                    took, peak = self._step(step, work, task.pair, deadline, parts)
                    seconds += took
                    peaks += [peak] if peak else []
                result = _found(setting, task.pair, output, work.values, before, parts)
                yield from _checked(setting, task, result, work)
            self.spent = Spent(((work.wanted, seconds),), max(peaks, default=None))

    def close(self) -> None:
        """Nothing runs between pairs."""

    def _step(
        self, step: Step, work: Work, pair: str, deadline: float, parts: list[tuple[str, str]]
    ) -> tuple[float, int | None]:
        """Run a step that is not done; returns its seconds and peak memory."""
        stamp = work.folder / f".done_{step.name}"
        if stamp.is_file() and step.makes and matches(step.makes, work.values):
            parts.append((step.name, "kept from an earlier attempt"))
            return 0.0, None
        setting = self._setting
        process, began = start(setting, step, work.values, [work.given, work.folder]), time.monotonic()
        ended = finish(setting, process, lambda: deadline)
        took = time.monotonic() - began
        parts.append((step.name, process.output.text()))
        write_log(setting, pair, parts)
        made = not step.makes or bool(matches(step.makes, work.values))
        if ended.why or (ended.code and (step.exit == "zero" or not made)):
            raise failed(setting, pair, f"step {step.name} {ended}", process.output.last_line())
        if not made:
            expected = fill(step.makes or "", work.values)
            what = f"step {step.name} ended with status {ended.code} and made no {expected}"
            raise failed(setting, pair, what, process.output.last_line())
        if step.makes:
            stamp.touch()
        return took, process.peak()


class Manifest:
    """Runs one command for many pairs; pairs that it finished stay finished when it fails on a later one."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._open: dict[str, _Batched] = {}
        self._held = contextlib.ExitStack()
        self.spent: Spent | None = None

    def frames(self, task: Task, coming: Iterable[Task] = ()) -> Iterator[Frames]:
        """The generated frames of a pair. The command runs for it and those `coming`, unless it already has."""
        if task.pair not in self._open:
            self._run([task, *islice(coming, self._setting.card.pairs - 1)])
        batched = self._open.pop(task.pair)
        if batched.error:
            raise batched.error
        output = output_of(self._setting.card.output, batched.work.values)
        result = find_result(output, batched.work.values, batched.before)
        yield from _checked(self._setting, task, result, batched.work)
        self.spent = batched.spent

    def close(self) -> None:
        """Forget pairs that nobody asked for."""
        self._open.clear()
        self._held.close()

    def _run(self, tasks: Sequence[Task]) -> None:
        setting, step = self._setting, self._setting.card.steps[0]
        shared = shared_values(setting, tasks[0].size, tasks[0].motion)
        output = output_of(setting.card.output, shared)
        self.close()
        tasks, works = self._written(tasks)
        before = [present(output, work.values) for work in works]
        manifest = works[0].folder / "manifest.json"
        write_json(manifest, {"version": 1, "pairs": [_entry(work, output) for work in works]})
        values = {**shared, "work": works[0].given, "manifest": works[0].given / manifest.name}
        found: list[int] = []

        def finished() -> list[int]:
            return [index for index, work in enumerate(works) if _is_there(output, work, before[index])]

        began = [time.monotonic()]

        def deadline() -> float:
            """Every pair has its time; a new result starts the next one's."""
            now = finished()
            if len(now) > len(found):
                found[:] = now
                began[0] = time.monotonic()
            return began[0] + setting.place.seconds

        with clone_alone(setting.place.clone, setting.card.alone):
            start_s = time.monotonic()
            process = start(setting, step, values, [one for work in works for one in (work.given, work.folder)])
            ended = finish(setting, process, deadline)
            took = time.monotonic() - start_s
        total, there = sum(work.wanted for work in works), finished()
        printed = [(step.name, process.output.text())]
        culprit = next((index for index in range(len(works)) if index not in there), None)
        for index, (task, work) in enumerate(zip(tasks, works, strict=True)):
            share = took * work.wanted / total
            spent = Spent(((work.wanted, share),), process.peak())
            batched = _Batched(work, before[index], spent)
            if index not in there:
                if (ended.why or ended.code) and index != culprit:
                    continue  # the command did not come to it; it is asked for again, in a command of its own
                write_log(setting, task.pair, printed)
                what = f"the command {ended} and wrote no result for this pair"
                batched.error = failed(setting, task.pair, what, process.output.last_line())
            write_log(setting, task.pair, printed)
            self._open[task.pair] = batched

    def _written(self, tasks: Sequence[Task]) -> tuple[list[Task], list[Work]]:
        """Inputs of the first pair and of those others that have any; what is wrong with them is said on their turn."""
        written, works = [tasks[0]], [self._held.enter_context(work_for(self._setting, tasks[0]))]
        for task in tasks[1:]:
            with contextlib.suppress(MethodError, VideoError, OSError):
                works.append(self._held.enter_context(work_for(self._setting, task)))
                written.append(task)
        return written, works


class _Batched:
    def __init__(self, work: Work, before: dict[Path, tuple[int, int]], spent: Spent) -> None:
        self.work, self.before, self.spent = work, before, spent
        self.error: MethodError | None = None


def start(setting: Setting, step: Step, values: Values, folders: Sequence[Path], pipes: bool = False) -> Process:
    """Start a step of the card, in its container if there is one. Raises `MethodError`."""
    place, card = setting.place, setting.card
    added = added_variables(setting.device, {key: fill(value, values) for key, value in step.env.items()})
    command, folder = fill_command(step.command, values), Path(fill(step.folder, values))
    name = f"evalkit_{uuid4().hex[:16]}"
    memory, sampled = place.memory_bytes, memory_sampled(card, setting.device)
    if card.container:
        mounted = list(dict.fromkeys([place.clone, setting.folder.absolute(), *folders]))
        command = contained(card.container, command, folder, mounted, added, name, memory)
        memory = None if is_elsewhere(card.container) else memory
    process = Process(command, folder, environment(place.python, added), memory, pipes, sampled)
    if card.container:
        process.on_kill = partial(remove, card.container, name)
    return process


def memory_sampled(card: Foreign, device: str) -> Sampled:
    """Which memory is measured from outside: on a GPU that of a command, since a worker counts its own."""
    if card.container and is_elsewhere(card.container):
        return "none"
    return "gpu" if device.startswith("cuda") and card.mode != "worker" else "host"


def finish(setting: Setting, process: Process, deadline: Callable[[], float]) -> Ended:
    """Wait for a process until its deadline, which may move; then it is killed with all it started."""
    try:
        while (ended := process.wait(_LOOK_S)) is None:
            if time.monotonic() > deadline():
                return process.kill(f"was stopped after {setting.place.seconds:g} s, the limit for a pair")
        return ended
    except BaseException:
        process.kill("was interrupted")
        raise


def _is_there(output: Output, work: Work, before: dict[Path, tuple[int, int]]) -> bool:
    try:
        find_result(output, work.values, before)
    except MethodError:
        return False
    return True


def _entry(work: Work, output: Output) -> dict[str, object]:
    keys = ("name", "source", "driving", "frames", "fps")
    entry = {key: work.values[key] for key in keys} | {"output": fill(output.path[0], work.values)}
    return {key: value if isinstance(value, int) else str(value) for key, value in entry.items()}


def _found(
    setting: Setting,
    pair: str,
    output: Output,
    values: Values,
    before: dict[Path, tuple[int, int]],
    parts: Sequence[tuple[str, str]],
) -> Path:
    try:
        return find_result(output, values, before)
    except MethodError as error:
        last = [line.strip() for line in parts[-1][1].splitlines() if line.strip()][-1:] if parts else []
        raise failed(setting, pair, str(error), "".join(last)) from error


def _checked(setting: Setting, task: Task, result: Path, work: Work) -> Iterator[Frames]:
    output, made = output_of(setting.card.output, work.values), Stillness()
    first = setting.card.driving.repeat_first
    yield from watched(result_frames(result, output, work.handed, first, work.wanted, task.size), made)
    refuse_still(made, work.driving, output.still)
