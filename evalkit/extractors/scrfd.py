"""Face box and five points (eyes, nose tip, mouth corners) by SCRFD, the detector of insightface.

The frame is scaled into the top left corner of a square, black elsewhere. Squares of 256 pixels are tried first: at
that size the network sees a talking-head crop at the face sizes it knows, while the usual 640 misses faces that fill
the frame. Where nothing is found, 640 is tried (small faces), then 256 again with a black border of a quarter of the
frame on each side (faces cut by the frame). Of several faces the one with the largest box is taken (leftmost on a tie),
and the number of faces is kept.

Source: Guo et al., SCRFD, ICLR 2022; decoding and constants as in insightface `model_zoo/scrfd.py` (score 0.5, NMS 0.4,
two anchors per cell, strides 8, 16, 32). The square insightface uses by default is 640, in newer releases 128 and 640
joined.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from evalkit import weights
from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.boxes import Detections, largest_face, suppress
from evalkit.extractors.onnx_network import OnnxNetwork, load_onnx

ATTEMPTS = ((256, 0.0), (640, 0.0), (256, 0.25))
"""(side of the square, border as a share of the frame's longer side), until one finds a face."""

_STRIDES, _ANCHORS = (8, 16, 32), 2
_SCORE, _OVERLAP = 0.5, 0.4


def detect(network: OnnxNetwork, frame: NDArray[np.uint8], side: int) -> Detections:
    """All faces of (H, W, 3) uint8 RGB, seen in a square of `side` pixels, after non-maximum suppression."""
    square, scale = _fit(frame, side)
    blob = (square.astype(np.float32) - 127.5) * np.float32(1 / 128)
    outputs = [output.reshape(-1, output.shape[-1]) for output in network(blob.transpose(2, 0, 1)[None])]
    levels = [_decode(outputs[i::3], side, stride) for i, stride in enumerate(_STRIDES)]
    boxes, points, scores = (np.concatenate(parts) for parts in zip(*levels, strict=True))
    boxes /= np.float32(scale)
    kept = suppress(boxes, scores, _OVERLAP, border=1)
    points /= np.float32(scale)
    return Detections(boxes[kept], points[kept], scores[kept])


def detect_cascade(network: OnnxNetwork, frame: NDArray[np.uint8]) -> Detections:
    """`detect` by the rule of `ATTEMPTS`."""
    for side, border in ATTEMPTS:
        pad = int(border * max(frame.shape[:2]))
        found = detect(network, np.pad(frame, ((pad, pad), (pad, pad), (0, 0))) if pad else frame, side)
        if len(found.scores):
            found.boxes[:] -= pad
            found.points[:] -= pad
            return found
    return found


def load(name: str) -> Extract:
    """Features as of `boxes.largest_face`."""
    network = load_onnx(weights.locate(name))
    return largest_face(partial(detect_cascade, network))


def _fit(frame: NDArray[np.uint8], side: int) -> tuple[NDArray[np.uint8], float]:
    """The frame in the top left corner of a black square, and the scale it was brought to."""
    import cv2

    height, width = frame.shape[:2]
    if height > width:
        new_height, new_width = side, int(side / (height / width))
    else:
        new_height, new_width = int(side * (height / width)), side
    square = np.zeros((side, side, 3), dtype=np.uint8)
    square[:new_height, :new_width] = cv2.resize(frame, (new_width, new_height))
    return square, new_height / height


def _decode(
    outputs: list[NDArray[np.float32]], side: int, stride: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Boxes, points and scores of one level: distances from the cell's corner, in strides."""
    scores, distances, offsets = outputs
    cells = side // stride
    rows, columns = np.divmod(np.arange(cells * cells).repeat(_ANCHORS), cells)
    chosen = np.flatnonzero(scores[:, 0] >= _SCORE)
    centres = np.stack([columns, rows], axis=1)[chosen].astype(np.float32) * stride
    distances, offsets = distances[chosen] * stride, offsets[chosen] * stride
    boxes = np.concatenate([centres - distances[:, :2], centres + distances[:, 2:]], axis=1)
    landmarks = centres[:, None] + offsets.reshape(-1, 5, 2)
    return boxes, landmarks.astype(np.float32), scores[chosen, 0]


def _extractor(id: str, name: str) -> Extractor:
    signature = f"{name}@{weights.find(name).short}|256,640,256+border-largest"
    return Extractor(id, signature, (), partial(load, name), (name,), modules=("cv2", "onnxruntime"))


EXTRACTOR = _extractor("scrfd", "scrfd-10g-det")
EXTRACTOR_500M = _extractor("scrfd_500m", "scrfd-500m-det")
