"""68 landmarks (iBUG 300-W order) by 2DFAN-4, the landmarks of the FOMM line's AKD.

The face box is SCRFD's, where `face_alignment` takes S3FD's: the crop around it, its scale and the reading of the heat
maps are those of `face_alignment`, down to landmarks cut to whole pixels. The network is the TorchScript file of that
package. Source: Bulat and Tzimiropoulos, "How far are we from solving the 2D & 3D Face Alignment problem?", ICCV 2017;
`1adrianb/face-alignment` (`api.py`, `utils.py`).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evalkit import weights
from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.torch_network import load_script, one_thread
from evalkit.types import Features, Frames, Values

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS, DETECTOR = "fan-2dfan4-zip", "scrfd_500m"
POINTS, INPUT, MAP = 68, 256, 64

_BOX_UNIT, _UP, _CROP_UNIT = 195.0, 0.12, 200.0
"""A box of which width and height add up to 195 is seen in a crop of 200 pixels, moved up by 0.12 of its height."""


def load() -> Extract:
    """Features: `points` (T, 68, 2) x, y in whole pixels, NaN where the detector found no face."""
    import torch

    network = load_script(weights.locate(WEIGHTS))

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        points = np.full((len(frames), POINTS, 2), np.nan)
        boxes = upstream[DETECTOR]["box"]
        found = np.flatnonzero(np.isfinite(boxes).all(axis=1))
        for i in found:
            where = region(boxes[i])
            square = torch.from_numpy(crop(frames[i], *where)).permute(2, 0, 1)[None].float() / 255
            with torch.inference_mode(), one_thread():
                heat = _last(network(square))[0].numpy()
            points[i] = to_frame(peaks(heat), MAP, *where)
        return {"points": points}

    return extract


def region(box: Values) -> tuple[Values, float]:
    """Centre (x, y) and side, in pixels, of the square a face box (4,) is seen in."""
    width, height = box[2:] - box[:2]
    centre = (box[:2] + box[2:]) / 2 - np.array([0, _UP * height])
    return centre, float((width + height) / _BOX_UNIT * _CROP_UNIT)


def to_frame(points: Values, size: int, centre: Values, side: float) -> Values:
    """(N, 2) whole pixels of the frame for points of the square seen at `size` pixels; fractions are cut off."""
    return np.trunc((points / size - 0.5) * side + centre)


def crop(frame: NDArray[np.uint8], centre: Values, side: float) -> NDArray[np.uint8]:
    """(256, 256, 3) of a frame (H, W, 3) around `centre`, black outside."""
    import cv2

    ends = to_frame(np.array([[1.0, 1.0], [INPUT, INPUT]]), INPUT, centre, side).astype(int)
    (left, top), (right, bottom) = ends[0], np.maximum(ends[1], ends[0] + 1)
    height, width = frame.shape[:2]
    square = np.zeros((bottom - top, right - left, 3), dtype=np.uint8)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    if x1 > x0 and y1 > y0:
        square[y0 - top : y1 - top, x0 - left : x1 - left] = frame[y0:y1, x0:x1]
    return np.asarray(cv2.resize(square, (INPUT, INPUT), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def peaks(heat: NDArray[np.float32]) -> Values:
    """(N, 2) x, y of the highest cell of each map (N, S, S), a quarter cell towards the higher neighbour.

    Cells are counted by their centres: cell 0 is at 0.5. Peaks on the edge stay where they are.
    """
    size = heat.shape[1]
    rows, columns = np.divmod(heat.reshape(len(heat), -1).argmax(axis=1), size)
    points = np.stack([columns, rows], axis=1) + 0.5
    inner = np.flatnonzero((rows > 0) & (rows < size - 1) & (columns > 0) & (columns < size - 1))
    y, x = rows[inner], columns[inner]
    slopes = (
        heat[inner, y, x + 1] - heat[inner, y, x - 1],
        heat[inner, y + 1, x] - heat[inner, y - 1, x],
    )
    points[inner] += 0.25 * np.sign(np.stack(slopes, axis=1))
    return np.asarray(points, dtype=np.float64)


def _last(output: Any) -> "Tensor":
    """The heat maps of the last of the stacked hourglasses; some files give only those."""
    maps: Tensor = output[-1] if isinstance(output, (list, tuple)) else output
    return maps


EXTRACTOR = Extractor(
    "fan68",
    f"2dfan4@{weights.find(WEIGHTS).short}|box195-256",
    (DETECTOR,),
    load,
    (WEIGHTS,),
    modules=("cv2",),
)
