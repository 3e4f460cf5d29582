"""Face box and five points (eyes, nose tip, mouth corners) by MTCNN: the keypoints of G3FA's AKD.

Three networks in a row, each on what the one before let pass: windows of an image pyramid, 24-pixel crops, 48-pixel
crops. Of several faces the one with the largest box is taken (leftmost on a tie), and the number of faces is kept.

Source: Zhang et al., SPL 2016, with the constants of facenet-pytorch's `MTCNN()`: smallest face 20 pixels, pyramid
factor 0.709, thresholds 0.6, 0.7, 0.7, overlaps 0.5 (one scale), 0.7 (all scales, second network) and 0.7 of the
smaller box (third network), area resampling, crops cut at the frame's edge.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evalkit import weights
from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.boxes import Detections, largest_face, suppress
from evalkit.extractors.torch_network import load_state, one_thread

if TYPE_CHECKING:
    from torch import Tensor

    from evalkit.extractors.mtcnn_networks import OutputNet, ProposalNet, RefinementNet

WEIGHTS = ("mtcnn-pnet", "mtcnn-rnet", "mtcnn-onet")
SMALLEST_FACE, FACTOR, THRESHOLDS = 20, 0.709, (0.6, 0.7, 0.7)

_STRIDE, _CELL = 2, 12

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Cascade:
    """The three loaded networks."""

    propose: "ProposalNet"
    refine: "RefinementNet"
    judge: "OutputNet"

    def detect(self, frame: NDArray[np.uint8]) -> Detections:
        """All faces of (H, W, 3) uint8 RGB."""
        import torch

        image = torch.from_numpy(np.ascontiguousarray(frame.transpose(2, 0, 1)))[None].float()
        with torch.inference_mode(), one_thread():
            boxes = _proposals(self.propose, image)
            boxes = _refined(self.refine, image, boxes)
            return _judged(self.judge, image, boxes)


def load() -> Extract:
    """Features as of `boxes.largest_face`."""
    from evalkit.extractors.mtcnn_networks import OutputNet, ProposalNet, RefinementNet

    networks = (ProposalNet(), RefinementNet(), OutputNet())
    for network, name in zip(networks, WEIGHTS, strict=True):
        load_state(network, weights.locate(name))
    return largest_face(Cascade(*networks).detect)


def _proposals(network: "ProposalNet", image: "Tensor") -> Floats:
    """Square boxes (N, 4) the first network finds in a pyramid of the image (1, 3, H, W)."""
    height, width = image.shape[2:]
    scale = _CELL / SMALLEST_FACE
    levels = [np.empty((0, 9), np.float32)]
    while min(height, width) * scale >= _CELL:
        offsets, probabilities = network(_scaled(image, int(height * scale + 1), int(width * scale + 1)))
        levels.append(_windows(offsets[0].numpy(), probabilities[0, 1].numpy(), scale))
        scale *= FACTOR
    found = np.concatenate(levels)
    found = found[suppress(found[:, :4], found[:, 4], 0.7)]
    sides = found[:, 2:4] - found[:, :2]
    return _squared(found[:, :4] + found[:, 5:] * np.tile(sides, 2))


def _windows(offsets: Floats, probabilities: Floats, scale: float) -> Floats:
    """(N, 9) box, probability and four offsets of the windows of one level that pass."""
    rows, columns = np.nonzero(probabilities >= THRESHOLDS[0])
    corner = np.stack([columns, rows], axis=1).astype(np.float32) * _STRIDE
    boxes = np.concatenate([np.floor((corner + 1) / scale), np.floor((corner + _CELL) / scale)], axis=1)
    scores = probabilities[rows, columns]
    windows = np.concatenate([boxes, scores[:, None], offsets[:, rows, columns].T], axis=1).astype(np.float32)
    return windows[suppress(boxes, scores, 0.5)]


def _refined(network: "RefinementNet", image: "Tensor", boxes: Floats) -> Floats:
    crops, boxes = _crops(image, boxes, 24)
    if crops is None:
        return boxes
    offsets, probabilities = (output.numpy() for output in network(crops))
    passed = probabilities[:, 1] > THRESHOLDS[1]
    boxes, offsets, scores = boxes[passed], offsets[passed], probabilities[passed, 1]
    kept = suppress(boxes, scores, 0.7)
    return _squared(_moved(boxes[kept], offsets[kept]))


def _judged(network: "OutputNet", image: "Tensor", boxes: Floats) -> Detections:
    crops, boxes = _crops(image, boxes, 48)
    if crops is None:
        return Detections(boxes, np.empty((0, 5, 2), np.float32), np.empty(0, np.float32))
    offsets, places, probabilities = (output.numpy() for output in network(crops))
    passed = probabilities[:, 1] > THRESHOLDS[2]
    boxes, offsets, scores = boxes[passed], offsets[passed], probabilities[passed, 1]
    sides = boxes[:, 2:] - boxes[:, :2] + 1
    points = places[passed].reshape(-1, 2, 5).transpose(0, 2, 1) * sides[:, None] + boxes[:, None, :2] - 1
    boxes = _moved(boxes, offsets)
    kept = suppress(boxes, scores, 0.7, border=1, over="smaller")
    return Detections(boxes[kept], points[kept], scores[kept])


def _crops(image: "Tensor", boxes: Floats, size: int) -> tuple["Tensor | None", Floats]:
    """Network input (N, 3, size, size) and the boxes it was cut by; what lies outside the image is cut off."""
    import torch

    height, width = image.shape[2:]
    whole = boxes.astype(np.int64)  # counted from 1, both ends inside
    left, top = np.maximum(whole[:, 0], 1) - 1, np.maximum(whole[:, 1], 1) - 1
    right, bottom = np.minimum(whole[:, 2], width), np.minimum(whole[:, 3], height)
    inside = np.flatnonzero((right > left) & (bottom > top))
    if not len(inside):
        return None, boxes[:0]
    cut = [_scaled(image[:, :, top[i] : bottom[i], left[i] : right[i]], size, size) for i in inside]
    return torch.cat(cut), boxes[inside]


def _scaled(image: "Tensor", height: int, width: int) -> "Tensor":
    from torch.nn import functional

    return (functional.interpolate(image, size=(height, width), mode="area") - 127.5) / 128


def _moved(boxes: Floats, offsets: Floats) -> Floats:
    sides = boxes[:, 2:] - boxes[:, :2] + 1
    return np.asarray(boxes + offsets * np.tile(sides, 2))


def _squared(boxes: Floats) -> Floats:
    """The same centres, both sides as long as the longer one."""
    sides = boxes[:, 2:] - boxes[:, :2]
    side = sides.max(axis=1, keepdims=True, initial=0)
    corner = boxes[:, :2] + sides / 2 - side / 2
    return np.concatenate([corner, corner + side], axis=1)


_DIGESTS = ",".join(weights.find(name).short for name in WEIGHTS)
EXTRACTOR = Extractor("mtcnn5", f"mtcnn-facenet-pytorch@{_DIGESTS}|min{SMALLEST_FACE}-largest", (), load, WEIGHTS)
