"""What a method costs beside its scores: speed, latency, peak memory. Definitions: docs/decisions/cost.md."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

CUDA_MEMORY = "CUDA memory allocated by PyTorch, networks included"
PROCESS_MEMORY = "resident memory of the generating process, libraries included"
WARM_UP = "the first step of every pair is left out of latency; fps and latency are medians over pairs"
_PROCESS = Path("/proc/self")
_RESET_PEAK = "5"
"""Written to `clear_refs`, sets the peak back to what is resident now (Linux, proc(5))."""


@dataclass(frozen=True)
class Step:
    """One answer of a method: how many frames it yielded, and its own seconds, decoding left out."""

    frames: int
    seconds: float


@dataclass(frozen=True)
class Cost:
    """What one pair cost: the method's own seconds, the wait for a step, frames per step, peak memory (bytes)."""

    seconds: float
    latency_s: float
    batch: int
    peak_bytes: int | None


def cost_of(steps: Sequence[Step], peak_bytes: int | None) -> Cost:
    """Sum up the steps of a pair, at least one of which has frames.

    The wait is the median over steps; the first, which also reads the source, counts only when it is alone.
    """
    answers = [step for step in steps if step.frames]
    wait = median(step.seconds for step in answers[1:] or answers)
    return Cost(sum(step.seconds for step in steps), wait, max(step.frames for step in answers), peak_bytes)


@contextmanager
def peak_memory(device: str) -> Iterator[Callable[[], int | None]]:
    """Yields a function that returns the peak since the beginning of the block, in bytes.

    On a GPU that is what PyTorch allocated there; else the resident memory of this process, None where the system does
    not report it.
    """
    if device.startswith("cuda"):
        cuda = sys.modules["torch"].cuda
        cuda.reset_peak_memory_stats(device)
        yield lambda: int(cuda.max_memory_allocated(device))
        return
    try:
        (_PROCESS / "clear_refs").write_text(_RESET_PEAK, encoding="ascii")
    except OSError:
        yield lambda: None
        return
    yield _resident_peak


@dataclass
class Shared:
    """Whether networks of other threads, such as those that score, have a part in what a method is seen to cost.

    They share its GPU and PyTorch's count of memory there. Seconds are a method's own only for a pair during which none
    of them ran, memory only until the first of them does: they stay. What they held before counts as theirs.

    Args:
        ran: how often networks of other threads have run so far.
        held: bytes that were allocated on the device before the method was built.
    """

    ran: Callable[[], int]
    held: int

    def __post_init__(self) -> None:
        self._built = self._begun = self.ran()

    def begin(self) -> None:
        """A pair begins."""
        self._begun = self.ran()

    def own(self, cost: Cost) -> Cost | None:
        """What of a pair's cost is the method's own; None for nothing."""
        now = self.ran()
        if now != self._begun:
            return None
        peak = cost.peak_bytes - self.held if cost.peak_bytes is not None and now == self._built else None
        return replace(cost, peak_bytes=peak)


def shared_gpu(device: str) -> Shared:
    """The sharing of a CUDA device in this process, before a method is built on it."""
    from evalkit.extractors.inference import SWITCHES

    return Shared(SWITCHES.entered_by_others, int(sys.modules["torch"].cuda.memory_allocated(device)))


def _resident_peak() -> int | None:
    lines = (_PROCESS / "status").read_text(encoding="ascii").splitlines()
    peaks = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")]
    return peaks[0] if peaks else None
