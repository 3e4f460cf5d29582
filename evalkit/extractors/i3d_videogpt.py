"""I3D logits of whole clips by our own network, with the state dict that VideoGPT made from TensorFlow Hub.

Source: Yan et al., VideoGPT, 2021 (`videogpt/fvd`); the same file is used by TATS and by
JunyaoHu/common_metrics_on_video_quality `fvd/videogpt`. Its statistics come from clips of one length.
"""

from functools import partial
from pathlib import Path

from evalkit import weights
from evalkit.extractors.base import WHOLE_CLIP, ExtractClip, Extractor
from evalkit.extractors.i3d import FEWEST, clip_extract

WEIGHTS = "i3d-pretrained-400"


def load(device: str = "cpu") -> ExtractClip:
    """Features: `logits` (1, 400) of one clip, or (0, 400) of a short one; `WeightsError` without the weights."""
    return load_file(weights.locate(WEIGHTS), device)


def load_file(path: Path, device: str = "cpu") -> ExtractClip:
    """As `load` from a state-dict file in the layout of pytorch-i3d."""
    from evalkit.extractors.i3d_network import I3D
    from evalkit.extractors.i3d_stream import clip_logits
    from evalkit.extractors.torch_network import load_into, read_state

    return clip_extract(partial(clip_logits, load_into(I3D(), read_state(path), path, device)), device)


EXTRACTOR = Extractor(
    "i3d_videogpt",
    f"{WEIGHTS}@{weights.find(WEIGHTS).short}|whole-clip>={FEWEST}f|short224-float-ceil-bilinear-centre"
    "|bn1e-5|windows64",
    (),
    load,
    (WEIGHTS,),
    WHOLE_CLIP,
    gpu=True,
)
