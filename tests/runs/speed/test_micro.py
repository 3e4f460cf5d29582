"""Micro-benchmarks: the pieces of work of `evalkit bench` under pytest-benchmark, in turns with the reference kernel.

`python -m benchmarks.micro` measures them all and holds them against benchmarks/micro.json. In a test run every piece
that loads no network runs once.
"""

import time
from functools import cache

import pytest

from evalkit.doctor.contract.metrics import noise
from evalkit.runs.speed.bench import settle_memory
from evalkit.runs.speed.kernel import kernel_on
from evalkit.runs.speed.material import FRAMES, Material
from evalkit.runs.speed.measure import each, plan
from evalkit.runs.speed.workloads import all_workloads

SECONDS = 0.3


@cache
def available():
    return {one.name: one for one in all_workloads() if not one.lacks}


def pytest_generate_tests(metafunc):
    names = list(available())
    if not metafunc.config.getoption("benchmark_enable"):
        names = [name for name in names if name in CHEAP]
    metafunc.parametrize("name", names)


CHEAP = {"decode/h264", "decode/png", "decode/h264-half", "write/ffv1", "frechet/distance"}
CHEAP |= {"metric/l1", "metric/psnr", "metric/ssim"}
"""These load no network."""


@pytest.fixture(scope="module")
def material(tmp_path_factory, request):
    made = Material(tmp_path_factory.mktemp("material"))
    if not request.config.getoption("benchmark_enable"):
        made.frames = noise(FRAMES, 32)
    return made


@pytest.fixture(scope="module")
def kernel():
    found = kernel_on("cpu")
    found()
    settle_memory()
    return found


def test_micro(benchmark, material, kernel, name):
    workload, clock, beside = available()[name], time.process_time, []
    run = workload.prepare(material)
    run()
    turns = plan(each(run, 1, clock), each(kernel, 1, clock), SECONDS)
    benchmark.extra_info.update(work=workload.work, units=workload.units, runs=turns.runs, kernels=beside)

    def turn():
        for _ in range(turns.runs):
            found = run()
        return found

    found = benchmark.pedantic(
        turn, setup=lambda: beside.append(each(kernel, turns.kernels, clock)), rounds=turns.turns, iterations=1
    )
    beside.append(each(kernel, turns.kernels, clock))
    assert found is not None and len(beside) == (turns.turns if benchmark.enabled else 1) + 1
