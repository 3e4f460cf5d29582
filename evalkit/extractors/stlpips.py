"""ST-LPIPS features of frames, AlexNet and VGG-16; see `stlpips_network.py`.

As large as those of LPIPS (9 and 33 MB a frame at 256x256), so never kept: the metric sees a few frames at a time. The
weights lie in the package `stlpips-pytorch`, which is not imported: parts of its code, other than its weights, are not
free for commercial use.

Source: Ghildyal and Liu, ECCV 2022; package `stlpips-pytorch` 0.0.2 on input in [-1, 1].
"""

from functools import partial

from evalkit import weights
from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.lpips import rows_of

WEIGHTS = {"alex": "stlpips-alex", "vgg": "stlpips-vgg"}
_BATCH = {"alex": 4, "vgg": 1}


def load(net: str, device: str = "cpu") -> Extract:
    """Features: `features` (T, D) float32. Raises `WeightsError` when the file is absent."""
    from evalkit.extractors.stlpips_network import stlpips_embedding

    return rows_of(stlpips_embedding(net, weights.locate(WEIGHTS[net]), device), _BATCH[net], device)


def _extractor(net: str) -> Extractor:
    entry = weights.find(WEIGHTS[net])
    signature = f"{entry.name}@{entry.short}"
    return Extractor(
        f"stlpips_{net}", signature, (), partial(load, net), (entry.name,), transient=_BATCH[net], gpu=True
    )


EXTRACTOR_ALEX = _extractor("alex")
EXTRACTOR_VGG = _extractor("vgg")
