"""Turns, ratios and their spread, on a clock that only moves when work is done."""

import pytest

from evalkit.runs.speed.measure import TURNS, measure, plan, timing


class Clock:
    """Seconds that pass are those that work says it takes, times how busy the machine is."""

    def __init__(self):
        self.now, self.busy = 0.0, 1.0

    def __call__(self):
        return self.now

    def work(self, seconds):
        def run():
            self.now += seconds * self.busy

        return run


@pytest.mark.parametrize(("seconds", "ratio"), [(1.0, 100.0), (0.03, 3.0), (0.00002, 0.002)])
def test_the_ratio_is_that_of_the_times(seconds, ratio):
    clock = Clock()
    found = measure(clock.work(seconds), clock.work(0.01), clock, 0.3)
    assert (found.ratio, found.low, found.high) == pytest.approx((ratio, ratio, ratio), rel=1e-6)
    assert found.seconds == pytest.approx(seconds, rel=1e-6) and found.turns >= TURNS


def test_a_machine_that_grows_busier_cancels_out():
    clock = Clock()

    def busier(run):
        def both():
            clock.busy *= 1.01
            run()

        return both

    found = measure(busier(clock.work(0.02)), clock.work(0.01), clock, 0.3)
    assert found.seconds > 1.03 * 0.02 and found.ratio == pytest.approx(2.0, rel=0.02)


def test_twice_the_work_is_twice_the_ratio():
    clock = Clock()
    once, twice = (measure(clock.work(n * 0.02), clock.work(0.01), clock, 0.3).ratio for n in (1, 2))
    assert twice / once == pytest.approx(2.0, rel=1e-6)


def test_short_work_is_repeated_and_long_work_sees_the_kernel_for_longer():
    assert plan(once=1e-4, kernel_once=0.01, seconds=0.3).runs == 100
    long = plan(once=2.0, kernel_once=0.01, seconds=0.3)
    assert (long.turns, long.runs, long.kernels) == (TURNS, 1, 10)
    assert plan(once=0.0, kernel_once=0.0, seconds=0.3).turns == 50, "a clock that stood still divides by nothing"


def test_quartiles_of_the_turns():
    found = timing([1.0, 2.0, 3.0, 4.0, 5.0], [1.0] * 6)
    assert (found.low, found.ratio, found.high, found.seconds) == (2.0, 3.0, 4.0, 3.0)
    assert timing([2.0], [1.0, 3.0]).ratio == 1.0, "the kernel before and after count alike"
