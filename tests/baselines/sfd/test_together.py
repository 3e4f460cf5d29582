"""Several processes train as one with the same batch: by gloo, on the CPU."""

import json
import os
import resource
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from baselines.sfd.lab.train import main
from baselines.sfd.lab.training.checkpoint import LAST
from baselines.sfd.lab.training.config import Data
from baselines.sfd.lab.training.feed import Feed
from baselines.sfd.lab.training.prepared import StoredFrames
from baselines.sfd.lab.training.processes import Processes
from baselines.sfd.lab.training.sampling import draw, share
from baselines.sfd.weights import read_file
from evalkit.errors import MethodError
from tests.baselines.sfd.conftest import make_corpus, tiny_config

ROOT = Path(__file__).parents[3]
STEPS = 8


def torchrun(processes: int, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def losses(tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[dict[str, float]]]:
    """Number of processes -> losses step by step; outside this process, as they compute in float64."""
    out = tmp_path_factory.mktemp("together")
    command = [sys.executable, "-m", "tests.baselines.sfd.together", str(out), str(STEPS), "1", "2", "4"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert not done.returncode, done.stderr
    return {count: json.loads((out / f"{count}.json").read_text()) for count in (1, 2, 4)}


@pytest.mark.slow
@pytest.mark.parametrize("processes", [2, 4])
def test_several_processes_take_the_steps_of_one(losses, processes):
    alone, found = losses[1], losses[processes]
    assert len(found) == len(alone) == STEPS
    for expected, step in zip(alone, found, strict=True):
        assert step == pytest.approx(expected, rel=1e-5, abs=1e-5)
    assert abs(alone[-1]["total"] - alone[0]["total"]) > 1, "something was learned"


@pytest.mark.slow
def test_a_lost_process_costs_the_steps_since_the_last_checkpoint(tiny_options, tmp_path):
    """Two begin, one is lost, two go on; then one goes on alone, with the same batch."""
    out = tmp_path / "out"
    asked = [*tiny_options, "--out", str(out), "--log-every", "1", "--save-minutes", "0", "--keep-every", "3"]
    done = torchrun(2, "--max-restarts", "1", str(Path(__file__).with_name("lost.py")), *asked, "--steps", "4")
    assert not done.returncode, done.stderr
    steps = [json.loads(line)["step"] for line in (out / "losses.jsonl").read_text().splitlines()]
    assert steps == [1, 2, 3, 4] and "from step 2 to 4" in done.stderr
    assert read_file(out / "step-0000003.safetensors")[0]["step"] == 3
    assert main([*asked, "--steps", "5", "--resume"]) == 0
    assert read_file(out / LAST)[0]["step"] == 5


def test_a_step_is_shared_out_in_order():
    draws = draw(make_corpus(), 3, 16, Data(), (0, 1))
    for count, parts in ((1, 1), (2, 1), (4, 2), (1, 8)):
        shares = [share(draws, part, parts, rank, count) for part in range(parts) for rank in range(count)]
        assert [one for some in shares for one in some] == draws


def test_parts_follow_from_batch_and_processes():
    config = tiny_config(batch=64, at_once=8)
    assert [config.parts(count) for count in (1, 2, 8, 16, 32)] == [8, 4, 1, 1, 1]
    assert tiny_config(batch=24, at_once=10).parts(1) == 3
    with pytest.raises(MethodError, match=r"64 pairs of a step cannot be shared among 3 processes; .* multiple of 6"):
        config.parts(3)


def test_thousands_of_clips_need_few_open_files(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), dtype=np.uint8)
    clips = [StoredFrames(tmp_path / f"{number}.npy", 2) for number in range(2000)]
    for clip in clips:
        np.save(clip.path, pictures)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, limits[1]))
    try:
        frames = [clip[1] for clip in clips]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert all(np.array_equal(frame, pictures[1]) for frame in frames)


def test_the_others_wait_for_the_first():
    """Turns of two machines with two processes each, in threads that meet at a barrier."""
    barrier, order = threading.Barrier(4), []

    class Together(Processes):
        def _wait(self) -> None:
            barrier.wait(timeout=20)

    def act(one: Together) -> None:
        with one.in_turn():
            order.append(one.rank)

    ranks = [Together(rank, 4, local) for rank, local in ((0, 0), (1, 1), (2, 0), (3, 1))]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(act, ranks))
    assert order[:2] == [0, 2] and set(order[2:]) == {1, 3}


def test_batches_come_one_ahead_and_errors_with_them():
    made = []

    def make(step: int) -> int:
        made.append(step)
        if step == 3:
            raise MethodError("no frame")
        return step * step

    feed = Feed(make, 4)
    assert [feed.take(step) for step in (0, 1, 2)] == [0, 1, 4] and feed.waited > 0
    with pytest.raises(MethodError, match="no frame"):
        feed.take(3)
    assert made == [0, 1, 2, 3]
    assert Feed(make, 4).take(2) == 4
