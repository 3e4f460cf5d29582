"""torchmetrics' own `MetricTester` on the wrapper of evalkit's metrics; it is in torchmetrics' repository only.

    git clone https://github.com/Lightning-AI/torchmetrics --branch v1.9.0
    pip install cachier pytest
    python -m benchmarks.torchmetrics_tester --clone torchmetrics

Compares every metric of pixels with the mean of `ek.metric` over clips: batches, forward against update, clones,
pickles, hashes, no state in state dicts, one process and two. Scripting is left out: the arithmetic is NumPy's.
"""

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

import evalkit as ek
from evalkit.api.wrappers.torchmetrics import ClipMean

KEYS = ("l1", "psnr", "ssim")
BATCHES, CLIPS = 4, 2


def wrapper(key: str, **options: Any) -> Any:
    """What the tester builds; `options` are those of `torchmetrics.Metric`."""
    return ClipMean(ek.metric(key), "BTCHW", 1, **options)


def mean_over_clips(preds: torch.Tensor, target: torch.Tensor, *, key: str) -> float:
    """The reference: () mean of the metric over (B, T, 3, H, W) clips in [0, 1]."""
    metric = ek.metric(key)
    found = [metric(one, other, layout="TCHW", range=1).value for one, other in zip(preds, target, strict=True)]
    return float(np.mean(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clone", type=Path, required=True, help="clone of torchmetrics")
    sys.path.insert(0, str(parser.parse_args().clone / "tests"))
    from unittests._helpers.testers import _class_test  # type: ignore[import-not-found]

    generator = torch.Generator().manual_seed(0)
    preds = torch.rand((BATCHES, CLIPS, 3, 3, 16, 16), generator=generator)
    target = (preds + 0.2 * torch.rand(preds.shape, generator=generator)).clamp(0, 1)
    for key in KEYS:
        check = partial(
            _class_test,
            preds=preds,
            target=target,
            metric_class=partial(wrapper, key),
            reference_metric=partial(mean_over_clips, key=key),
            check_scriptable=False,
        )
        check(rank=0, world_size=1, dist_sync_on_step=False)
        for sync in (False, True):
            torch.multiprocessing.spawn(_in_process, (check, sync), nprocs=2)
        print(f"{key}: passed, in one process and in two")


def _in_process(rank: int, check: Any, sync: bool) -> None:
    from unittests import setup_ddp

    setup_ddp(rank, 2)
    check(rank=rank, world_size=2, dist_sync_on_step=sync)
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main()
