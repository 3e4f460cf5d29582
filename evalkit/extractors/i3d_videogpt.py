"""I3D logits of whole clips by our own network, with the state dict that VideoGPT made from TensorFlow Hub.

Source: Yan et al., VideoGPT, 2021 (`videogpt/fvd`); the same file is used by TATS and by
JunyaoHu/common_metrics_on_video_quality `fvd/videogpt`. Its statistics come from clips of one length.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from evalkit import weights
from evalkit.extractors.base import WHOLE_CLIP, Extract, Extractor
from evalkit.extractors.i3d import FEWEST, centre_crop, logits_extract
from evalkit.types import Frames

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS = "i3d-pretrained-400"


def load(device: str = "cpu") -> Extract:
    """Features: `logits` (1, 400) of one clip, from the registered weights. Raises `WeightsError` without them."""
    return load_file(weights.locate(WEIGHTS), device)


def load_file(path: Path, device: str = "cpu") -> Extract:
    """As `load` from a state-dict file in the layout of pytorch-i3d."""
    from evalkit.extractors.i3d_network import I3D
    from evalkit.extractors.torch_network import load_into, read_state

    network = load_into(I3D(), read_state(path), path, device)

    def logits(frames: Frames) -> "Tensor":
        result: Tensor = network(centre_crop(frames).to(device))
        return result

    return logits_extract(logits, WHOLE_CLIP)


EXTRACTOR = Extractor(
    "i3d_videogpt",
    f"{WEIGHTS}@{weights.find(WEIGHTS).short}|whole-clip>={FEWEST}f|short224-bilinear-centre",
    (),
    load,
    (WEIGHTS,),
    WHOLE_CLIP,
    gpu=True,
)
