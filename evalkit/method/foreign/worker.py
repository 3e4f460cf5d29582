"""A worker: a foreign process that keeps its model loaded. One that fails is ended; the next pair gets another."""

import contextlib
import hashlib
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.clips import video
from evalkit.errors import MethodError, VideoError
from evalkit.method.foreign.command import start
from evalkit.method.foreign.inputs import write_array, write_driving, write_source
from evalkit.method.foreign.messages import Reader, pack
from evalkit.method.foreign.output import Stillness, refuse_still, watched
from evalkit.method.foreign.process import Process
from evalkit.method.foreign.task import Setting, Spent, Task, failed, write_log
from evalkit.method.foreign.workfolder import DROP_IN, shared_values
from evalkit.types import Frames

_SHARED_MEMORY = Path("/dev/shm")
_END_S = 5.0
_ENDING_S = 0.5


class Worker:
    """Sends pairs to a worker process, which is started for the first one. `spent` is what the last pair cost."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._running: _Running | None = None
        self._count = 0
        self.spent: Spent | None = None

    def frames(self, task: Task, coming: Iterable[Task] = ()) -> Iterator[Frames]:
        """The generated frames of a pair, in chunks of (t, size, size, 3) uint8. Raises `MethodError`.

        A pair that is not asked for to its end ends the process, too: what it would still say is not waited for.
        """
        # The folder is removed after the process has ended: one that still writes there could keep it.
        with tempfile.TemporaryDirectory(dir=_scratch(self._setting), prefix="evalkit_") as folder:
            yield from self._frames(task, Path(folder))

    def _frames(self, task: Task, folder: Path) -> Iterator[Frames]:
        whole = False
        running = None
        try:
            running = self._ready(task)
            yield from self._answers(running, task, folder)
            whole = True
        except VideoError as error:
            raise MethodError(f"answered with frames that cannot be taken: {error}") from error
        except TimeoutError as error:
            seconds = self._setting.place.seconds if running else self._setting.place.start_seconds
            what = "for a pair" if running else "for loading the model"
            raise self._failure(task, f"was stopped after {seconds:g} s, the limit {what}") from error
        finally:
            if not whole:
                self._keep_log(task)
                self.close()

    def close(self) -> None:
        """End the process and everything it started."""
        if self._running:
            self._running.end()
            self._running = None

    def _ready(self, task: Task) -> "_Running":
        """The process with its model loaded."""
        setting = self._setting
        if self._running and self._running.process.wait(0) is None:
            self._running.process.forget_output()
            return self._running
        self.close()
        self._running = running = _Running(setting, task)
        deadline = time.monotonic() + setting.place.start_seconds
        if "hello" not in self._hear(running, task, deadline):
            raise MethodError("did not begin with a greeting; is evalkit_worker.py of this version?")
        running.send({"options": dict(setting.options)})
        said = self._hear(running, task, deadline)
        if "ready" not in said:
            raise MethodError(f"did not load its model but said {str(said)[:200]}")
        return running

    def _answers(self, running: "_Running", task: Task, folder: Path) -> Iterator[Frames]:
        setting, seen, made = self._setting, Stillness(), Stillness()
        self._count += 1
        names = {"id": self._count, "pair": task.pair}
        running.process.reset_peak()
        asked, wanted, handed = _inputs(setting, folder, task, seen)
        running.send({**names, **asked, "options": dict(setting.options), "seed": _seed(setting, task)})
        deadline = time.monotonic() + setting.place.seconds
        steps, count, gpu = list[tuple[int, float]](), 0, None
        first = setting.card.driving.repeat_first
        while True:
            said = self._hear(running, task, deadline, names)
            if "done" in said:
                steps.append((0, float(said.get("seconds", 0.0))))
                gpu = said.get("gpu_peak")
                break
            if said.get("first") != count:
                raise MethodError(f"answered with frame {said.get('first')}; frame {count} was expected next")
            chunk = _taken(folder, said, task.size)
            begins, ends = max(0, first - count), max(0, first + wanted - count)
            count += len(chunk)
            if count > handed:
                raise MethodError(f"answered with more than {handed} frames for {handed} driving frames")
            kept = chunk[begins:ends]
            steps.append((len(kept), float(said.get("seconds", 0.0))))
            if len(kept):
                made.look(kept)
                asked_at = time.monotonic()
                yield kept
                deadline += time.monotonic() - asked_at  # what is done with frames is not the method's time
        if count != handed:
            raise MethodError(f"answered with {count} frames for {handed} driving frames")
        refuse_still(made, seen, still=False)
        peak = gpu if setting.device.startswith("cuda") else running.process.peak()
        self.spent = Spent(tuple(steps), peak if isinstance(peak, int) else None)
        self._keep_log(task)

    def _hear(
        self, running: "_Running", task: Task, deadline: float, names: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The next message, which has to be about this pair."""
        said = running.reader.read(deadline)
        if said is None:
            ended = running.process.wait(_END_S) or running.process.kill("closed its pipe and went on")
            raise self._failure(task, f"its worker {ended}")
        if "error" in said and (names is None or said.get("id") == names["id"]):
            raise self._failure(task, f"its worker raised {str(said['error'])[:400]}", last=False)
        if names and any(said.get(key) != value for key, value in names.items()):
            raise MethodError(f"answered for pair {said.get('pair')!r} when asked for {task.pair!r}")
        return said

    def _failure(self, task: Task, what: str, last: bool = True) -> MethodError:
        self._keep_log(task)
        printed = self._running.process.printed().last_line() if self._running and last else ""
        return failed(self._setting, task.pair, what, printed)

    def _keep_log(self, task: Task) -> None:
        if self._running:
            write_log(self._setting, task.pair, [("worker", self._running.process.printed().text())])


class _Running:
    """A process, and the messages it sends."""

    def __init__(self, setting: Setting, task: Task) -> None:
        folders = [_scratch(setting), DROP_IN]
        values = shared_values(setting, task.size, task.motion)
        self.process: Process = start(setting, setting.card.steps[0], values, folders, pipes=True)
        assert self.process.stdout is not None
        self.reader = Reader(self.process.stdout)

    def send(self, message: dict[str, Any]) -> None:
        """Send a message; whether anybody reads it shows in the answer."""
        with contextlib.suppress(OSError, ValueError):
            if self.process.stdin:
                self.process.stdin.write(pack(message))

    def end(self) -> None:
        """Close its input, which is its sign to end; kill what is still there after a moment."""
        with contextlib.suppress(OSError):
            if self.process.stdin:
                self.process.stdin.close()
        self.process.wait(_ENDING_S)
        self.process.kill("was not needed any more")


def _scratch(setting: Setting) -> Path:
    """Where arrays are exchanged: shared memory, else the folder for temporary files."""
    found = setting.scratch or (_SHARED_MEMORY if _SHARED_MEMORY.is_dir() else Path(tempfile.gettempdir()))
    found.mkdir(parents=True, exist_ok=True)
    return found


def _inputs(setting: Setting, folder: Path, task: Task, seen: Stillness) -> tuple[dict[str, Any], int, int]:
    card, sources = setting.card, task.sources()
    frames = watched(iter(task.driving), seen)
    if card.driving.form == "array":
        source = folder / "source.npy"
        np.save(source, np.stack([video.fit(one, card.source.size) for one in sources]))
        driving, wanted = write_array(folder / "driving.npy", card.driving, frames)
    else:
        source = write_source(folder, card.source, sources[0])
        driving, wanted = write_driving(folder, card.driving, frames, task.fps)
    answers = folder / "answers"
    answers.mkdir()
    handed = card.driving.handed(wanted)
    asked = {
        "source": str(source),
        "driving": str(driving),
        "answers": str(answers),
        "frames": handed,
        "size": task.size,
        "fps": task.fps,
        "motion": task.motion,
    }
    return asked, wanted, handed


def _taken(folder: Path, said: dict[str, Any], size: int) -> Frames:
    """The frames of an answer, checked and brought to the size of the protocol; their file is removed."""
    path = Path(str(said.get("file")))
    if path.parent != folder / "answers":
        raise MethodError(f"answered with a file outside of its folder: {str(path)[:200]}")
    try:
        chunk: NDArray[np.generic] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise MethodError(f"answered with a file that cannot be read: {error}") from error
    path.unlink(missing_ok=True)
    if chunk.ndim != 4 or chunk.shape[3] != 3 or not chunk.size:
        raise MethodError(f"answered with an array {chunk.shape}; expected (t, H, W, 3)")
    if len(chunk) != said.get("frames"):
        raise MethodError(f"answered with {len(chunk)} frames and said {said.get('frames')}")
    return np.stack([video.fit(frame, size) for frame in video.to_uint8(chunk)])


def _seed(setting: Setting, task: Task) -> int:
    """Of the run and the pair, so that a pair comes out the same whatever ran before it."""
    return int.from_bytes(hashlib.sha256(f"{setting.seed}:{task.pair}".encode()).digest()[:4], "big")
