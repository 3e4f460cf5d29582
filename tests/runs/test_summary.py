"""What is summed up over a run."""

from evalkit.method.cost import CUDA_MEMORY, PROCESS_MEMORY
from evalkit.records.run_folder import Outcome
from evalkit.runs.summary import summed_up


def outcome(frames=10, seconds=2.0, **cost):
    return Outcome("p", "ok", frames=frames, seconds=seconds, **cost)


def test_runs_sum_up_medians_and_the_largest_peak():
    outcomes = [
        outcome(seconds=10.0, latency_s=0.9, batch=4, peak_bytes=5),
        outcome(seconds=2.0, latency_s=0.1, batch=8, peak_bytes=9),
        outcome(seconds=1.0, latency_s=0.2, batch=8, peak_bytes=7),
        Outcome("failed", "failed"),
    ]
    timings = summed_up(outcomes, "cuda:1")
    assert (timings.fps, timings.frames, timings.seconds) == (5.0, 30, 13.0)
    assert (timings.latency_s, timings.batch, timings.peak_memory_bytes) == (0.2, 8, 9)
    assert timings.peak_memory_of == CUDA_MEMORY and "first step" in timings.warm_up


def test_outcomes_of_an_older_evalkit_have_their_speed_and_nothing_else():
    timings = summed_up([outcome()], "cpu")
    assert timings.fps == 5 and timings.peak_memory_of == PROCESS_MEMORY
    assert timings.latency_s is timings.batch is timings.peak_memory_bytes is None
    assert summed_up([Outcome("p", "ok", frames=3)], "cpu").fps is None
