"""Metrics in the clothes of other libraries: the numbers of `ek.metric`, gathered, merged, and over processes."""

import json
import pickle

import numpy as np
import pytest
import torch
from torch.multiprocessing import start_processes

import evalkit as ek

RNG = np.random.default_rng(0)
GENERATED = RNG.integers(0, 256, (6, 4, 20, 24, 3), dtype=np.uint8)
DRIVING = np.clip(GENERATED + RNG.integers(-40, 40, GENERATED.shape), 0, 255).astype(np.uint8)
KEYS = ("l1", "psnr", "ssim")


def tensors(index):
    """A clip (T, 3, H, W) in [0, 1] and its driving frames."""
    return [torch.from_numpy(side[index]).permute(0, 3, 1, 2).float() / 255 for side in (GENERATED, DRIVING)]


def wanted(key, clips=range(6)):
    return np.mean([ek.metric(key)(GENERATED[i], DRIVING[i], layout="THWC", range=255).value for i in clips])


def made(key):
    return ek.metric(key).as_torchmetrics(layout="TCHW", range=1)


@pytest.mark.parametrize("key", KEYS)
def test_torchmetrics_is_the_mean_over_clips(key):
    metric = made(key)
    for index in range(6):
        forward = metric(*tensors(index))
        assert float(forward) == pytest.approx(wanted(key, [index]), rel=1e-12)
    assert float(metric.compute()) == pytest.approx(wanted(key), rel=1e-12)
    assert metric.coverage == 1 and metric.signature == ek.metric(key).signature
    assert metric.higher_is_better == (key != "l1")
    metric.reset()
    with pytest.warns(UserWarning, match="before the ``update``"):
        assert torch.isnan(metric.compute())


def test_a_batch_of_clips_counts_as_so_many():
    together = ek.metric("psnr").as_torchmetrics(layout="BTCHW", range=1)
    together.update(*(torch.stack([tensors(i)[side] for i in range(6)]) for side in (0, 1)))
    assert float(together.compute()) == pytest.approx(wanted("psnr"), rel=1e-12)


def test_states_merge_clone_and_pickle():
    one, other = made("ssim"), made("ssim")
    one.update(*tensors(0))
    other.update(*tensors(1))
    merged = pickle.loads(pickle.dumps(one.clone()))
    merged.merge_state(other)
    assert float(merged.compute()) == pytest.approx(wanted("ssim", [0, 1]), rel=1e-12)
    from torchmetrics import MetricCollection  # seconds, of which other processes of the tests have no use

    collection = MetricCollection({key: made(key) for key in KEYS})
    collection.update(*tensors(2))
    assert {key: pytest.approx(wanted(key, [2]), rel=1e-12) for key in KEYS} == {
        key: float(value) for key, value in collection.compute().items()
    }


def _process(rank, folder):
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=2)
    metric = made("psnr")
    for index in range(rank, 5, 2):  # the first process has a clip more
        metric.update(*tensors(index))
    (folder / str(rank)).write_text(json.dumps([float(metric.compute()), int(metric.counts[0])]))
    torch.distributed.destroy_process_group()


@pytest.mark.filterwarnings("ignore:This process")  # it has threads, which its forks do not need
def test_two_processes_have_the_value_of_all_clips(tmp_path):
    start_processes(_process, (tmp_path,), nprocs=2, start_method="fork")
    results = [json.loads((tmp_path / str(rank)).read_text()) for rank in range(2)]
    assert results == [[pytest.approx(wanted("psnr", range(5)), rel=1e-12), n] for n in (3, 2)]


def test_evaluate_style():
    module = ek.metric("psnr").as_evaluate(layout="THWC", range=255)
    module.add(prediction=GENERATED[0], reference=DRIVING[0])
    found = module.compute(predictions=list(GENERATED[1:]), references=list(DRIVING[1:]))
    assert found["psnr"] == pytest.approx(wanted("psnr"), rel=1e-12)
    assert (found["clips"], found["frames"], found["coverage"]) == (6, 24, 1)
    assert np.isnan(module.compute()["psnr"])  # it began anew
    with pytest.raises(ek.EvalkitError, match="got 6 predictions and 5 references"):
        module.add_batch(predictions=GENERATED, references=DRIVING[:5])


def test_clips_without_a_face_are_counted_and_not_averaged():
    from evalkit.datasets.drawn import render_clip

    face = render_clip(0, 0, frames=2, size=128).frames
    module = ek.metric("csim[dlib]").as_evaluate(layout="THWC", range=255)
    found = module.compute(predictions=[face, np.full_like(face, 99)], references=[face[0], face[0]])
    assert (found["clips"], found["frames"], found["coverage"]) == (1, 4, 0.5)
    assert found["csim[dlib]"] > 0.9


def test_metrics_of_sets_are_refused():
    for wrapped in ("as_torchmetrics", "as_evaluate"):
        with pytest.raises(ek.EvalkitError, match="compares all clips at once"):
            getattr(ek.metric("kid[efficientnet-lite0]"), wrapped)(layout="THWC", range=255)
