"""A device beside the process pool, with a pretended network: same scores, full batches, the right device."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from unittest.mock import ANY

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.extractors import EXTRACTORS, Extractor
from evalkit.metrics import METRICS
from evalkit.records.frame_scores import read_frames
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.device_pool import DevicePool, pool_on
from evalkit.scoring.features import FeatureBank, computed_by
from evalkit.scoring.pool import ScoringJob, scoring_pool
from evalkit.scoring.score_pair import Scorer, metric_signatures
from tests.fakes import SIZE, grey, make_pair, make_protocol

DEVICE, BATCH = "pretended:1", 4
LEVELS = {"a": [1, 2, 3, 4, 5], "b": [6, 7], "c": [8, 9, 10], "driving": [1, 1, 1, 1, 1]}


class Network:
    """Loaded for a device; says levels, notes batches, fails when told to."""

    def __init__(self):
        self.devices, self.batches, self.broken = [], [], False

    def load(self, device="cpu"):
        self.devices.append(device)

        def extract(frames, upstream):
            if self.broken:
                raise RuntimeError("out of memory")
            self.batches.append(frames[:, 0, 0, 0].tolist())
            return {"level": frames[:, 0, 0, :2].astype(float)}

        return extract


@pytest.fixture
def network():
    made = Network()
    kept = Extractor("kept", "kept|v1", (), made.load, gpu=True)
    large = replace(kept, id="large", signature="large|v1", transient=2)
    distance = METRICS["apd[landmark]"]
    metrics = {
        name: replace(distance, id=name, variant=None, input=(name, "level"), function=distance_of_levels)
        for name in ("kept", "large")
    }
    with EXTRACTORS.also({"kept": kept, "large": large}), METRICS.also(metrics):
        yield made


def distance_of_levels(generated, driving):
    return np.abs(generated - driving).mean(axis=1)


@pytest.fixture
def jobs(tmp_path):
    """Call with names of generated clips and metrics; every clip has its own driving clip of that length."""

    def made(names, keys=("kept", "large", "l1"), cache="cache"):
        protocol = make_protocol(resolution=SIZE)
        found = []
        for name in names:
            length = len(LEVELS[name])
            paths = [tmp_path / f"{name}.mkv", tmp_path / f"driving{length}.mkv"]
            for path, levels in zip(paths, (LEVELS[name], LEVELS["driving"][:length]), strict=True):
                if not path.exists():
                    video.write_video(path, [grey(levels)], 25)
            output = tmp_path / cache / f"{name}.parquet"
            signatures = metric_signatures(protocol, [METRICS[key] for key in keys])
            pair = make_pair(paths[1], paths[1])
            found.append(ScoringJob(protocol, keys, tmp_path / cache, pair, paths[0], output, signatures, {}))
        return found

    return made


@pytest.fixture
def device_pool():
    with ThreadPoolExecutor(2) as executor:
        pool = DevicePool(executor, DEVICE, BATCH)
        yield pool
        pool.close()


def run(pool, jobs):
    futures = [pool.submit(job) for job in jobs]
    pool.drain()
    return [future.result(timeout=60) for future in futures]


def test_scores_are_those_of_the_cpu(network, jobs, device_pool):
    with scoring_pool(1) as local:
        assert run(local, jobs("abc", cache="cpu")) == [None] * 3
    assert run(device_pool, jobs("abc")) == [None] * 3
    for ours, theirs in zip(jobs("abc"), jobs("abc", cache="cpu"), strict=True):
        assert ours.output.read_bytes() == theirs.output.read_bytes()
    levels = next(s for s in read_frames(jobs("a")[0].output) if s.metric == "kept").values
    assert levels.tolist() == [0, 1, 2, 3, 4]


def test_batches_are_full_cross_clips_and_follow_the_order_of_the_pairs(network, jobs, device_pool):
    run(device_pool, jobs("abc", keys=("kept",)))
    # Generated and driving frames of a pair queue chunk by chunk; the last batch is filled up.
    assert network.batches == [[1, 2, 3, 4], [5, 1, 1, 1], [1, 1, 6, 7], [1, 1, 8, 9], [10, 1, 1, 1]]
    assert network.devices == [DEVICE]


def test_what_is_known_is_not_computed_again(network, jobs, device_pool):
    run(device_pool, jobs("ab"))
    network.batches.clear()
    assert run(device_pool, jobs("ab")) == [None, None] and network.batches == []


def test_features_of_a_device_are_kept_apart_from_those_of_the_cpu(network, jobs, device_pool, tmp_path):
    run(device_pool, jobs("a"))
    network.batches.clear()
    (job,) = jobs("a")
    metrics = tuple(METRICS[key] for key in job.metrics)
    Scorer(job.protocol, metrics, FeatureBank(FeatureCache(job.cache))).score(job.pair, job.generated)
    assert network.batches and network.devices[-1] == "cpu"
    assert computed_by("kept", "cuda:1") == "kept|v1|cuda" != computed_by("kept", "cpu")
    assert computed_by("dlib68", "cuda:1") == computed_by("dlib68", "cpu")


def test_a_broken_clip_costs_its_pair_only(network, jobs, device_pool, tmp_path):
    chosen = jobs("abc")
    (tmp_path / "b.mkv").write_bytes(b"no video")
    assert run(device_pool, chosen) == [None, ANY, None]
    assert not chosen[1].output.exists() and len(read_frames(chosen[2].output)[0].values) == 3


def test_a_network_that_fails_is_not_silent_and_leaves_nothing_half_done(network, jobs, device_pool, monkeypatch):
    monkeypatch.setattr(device_pool, "_batch", 10)
    network.broken = True
    first, second = (device_pool.submit(job) for job in jobs("ba", keys=("kept",)))
    device_pool.drain()
    # The four frames of the first pair wait for company; the batch that fails is begun by the second pair.
    with pytest.raises(RuntimeError, match="out of memory"):
        second.result(timeout=60)
    with pytest.raises(RuntimeError, match=r"2 frames never came back from pretended:1"):
        first.result(timeout=60)
    assert not list(jobs("b")[0].cache.rglob("*.npz"))
    network.broken = False
    assert run(device_pool, jobs("ba", keys=("kept",))) == [None, None]
    assert [len(read_frames(job.output)[0].values) for job in jobs("ba")] == [2, 5]


def test_with_real_processes_and_the_cpu_for_everything_else(network, jobs):
    with pool_on(DEVICE, 1, BATCH) as pool:
        assert pool.device == DEVICE and run(pool, jobs("ab")) == [None, None]
    assert {s.metric for s in read_frames(jobs("a")[0].output)} == {"kept", "large", "l1"}
    with pool_on("cpu", 1) as pool:
        assert pool.device == "cpu"
