"""What SyncNet says of the mouth and of the sound of a clip, every frame with the four after it.

The face is MTCNN's largest box, where the official pipeline takes S3FD's. As there, its centre and half its longer side
are each smoothed by a median of 13 frames (beyond the ends of the clip they count as 0), the crop reaches 0.4 of the
box further to the sides and 0.8 of half of it further down, is grey (110) outside the frame, and is resized to 224. A
face that is lost for at most 25 frames is taken to stay where it was; the official pipeline interpolates.

Source: Chung and Zisserman, ACCV workshops 2016; `run_pipeline.py` and `SyncNetInstance.py` of
github.com/joonson/syncnet_python. Frames go in as they are, where that pipeline writes them as XVID and JPEG first.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evalkit import weights
from evalkit.extractors import mtcnn5
from evalkit.extractors.base import Extract, ExtractHeard, Extractor
from evalkit.extractors.mfcc import mfcc
from evalkit.extractors.torch_network import load_into, one_thread, read_state
from evalkit.types import SOUND_RATE, WHOLE_CLIP, Features, Frames, Sound, Values

if TYPE_CHECKING:
    from torch import Tensor

    from evalkit.extractors.syncnet_network import SyncNet

WEIGHTS = "syncnet-v2"
FRAME_RATE, RATE_SLACK = 25.0, 0.05
"""Frames per second of the clips it was trained on, and how far a clip may be from it."""
SPAN, ROWS = 5, 20
"""Frames, and rows of MFCC, that the network sees at once."""
SMOOTHED, PATIENCE = 13, 25
"""Boxes in a median; frames for which a lost face is taken to stay."""
SIDE, MARGIN, GREY = 224, 0.4, 110
_BATCH, _PER_FRAME = 8, 4


def load() -> ExtractHeard:
    """Features, a row per frame, of what begins there: `lips` (T, 1024) and `sound` (T, 1024).

    NaN: no face in one of the five frames; no sound at all, or not 25 frames per second. Rows of zeros: nothing begins
    there, because the clip or its sound is over; as in the official code that are the last five at least.
    """
    from evalkit.extractors.syncnet_network import EMBEDDING, SyncNet

    path = weights.locate(WEIGHTS)
    network = SyncNet()
    counters = {name: value for name, value in network.state_dict().items() if name.endswith("num_batches_tracked")}
    load_into(network, counters | read_state(path), path)  # the released file is older than these counters
    find = mtcnn5.load()

    def extract(count: int, chunks: Iterable[Frames], sound: Sound | None) -> Features:
        begins = count - SPAN
        lips, heard = np.zeros((count, EMBEDDING)), np.zeros((count, EMBEDDING))
        crops = _crops(frame_and_box(find, chunks))
        _fill(lips, _lip_rows(network, crops, begins))
        if sound is None or abs(sound.rate - FRAME_RATE) > RATE_SLACK:
            heard[:] = np.nan
        else:
            begins = min(begins, len(sound.samples) * int(FRAME_RATE) // SOUND_RATE - SPAN)
            _fill(heard, _sound_rows(network, sound.samples, begins))
        return {"lips": lips, "sound": heard}

    return extract


def frame_and_box(find: Extract, chunks: Iterable[Frames]) -> Iterator[tuple[NDArray[np.uint8], Values | None]]:
    """Every frame with its face box (4,), the last one for a while where there is none; None without."""
    last: Values | None = None
    missed = 0
    for chunk in chunks:
        for frame, box in zip(chunk, find(chunk, {})["box"], strict=True):
            there = bool(np.isfinite(box).all())
            missed = 0 if there else missed + 1
            last = box if there else last if missed <= PATIENCE else None
            yield frame, last


def _crops(pairs: Iterable[tuple[NDArray[np.uint8], Values | None]]) -> Iterator[NDArray[np.uint8] | None]:
    """Crops of frames by boxes that a median has smoothed; a few frames are held back for it."""
    reach = SMOOTHED // 2
    nothing = np.zeros(3)
    boxes: deque[Values | None] = deque([nothing] * reach, maxlen=SMOOTHED)
    held: deque[NDArray[np.uint8]] = deque()
    for frame, box in pairs:
        boxes.append(None if box is None else centre_and_size(box))
        held.append(frame)
        if len(held) > reach:
            yield _cut(held.popleft(), list(boxes), reach)
    while held:
        boxes.append(nothing)
        # A clip shorter than the median has not filled it yet.
        yield _cut(held.popleft(), [*boxes, *[nothing] * (SMOOTHED - len(boxes))], reach)


def centre_and_size(box: Values) -> Values:
    """(x, y, half of the longer side) of a box (4,)."""
    left, top, right, bottom = box
    return np.array([(left + right) / 2, (top + bottom) / 2, max(right - left, bottom - top) / 2])


def _cut(frame: NDArray[np.uint8], boxes: list[Values | None], middle: int) -> NDArray[np.uint8] | None:
    own = boxes[middle]
    if own is None:
        return None
    x, y, half = np.median([own if box is None else box for box in boxes], axis=0)
    return mouth_crop(frame, float(x), float(y), float(half))


def mouth_crop(frame: NDArray[np.uint8], x: float, y: float, half: float) -> NDArray[np.uint8]:
    """(224, 224, 3) of a frame (H, W, 3) around a face with the centre x, y and half a side of `half` pixels."""
    import cv2

    border = int(half * (1 + 2 * MARGIN))
    wide = np.pad(frame, ((border, border), (border, border), (0, 0)), constant_values=GREY)
    top, bottom = int(y + border - half), int(y + border + half * (1 + 2 * MARGIN))
    left, right = int(x + border - half * (1 + MARGIN)), int(x + border + half * (1 + MARGIN))
    cut = wide[max(top, 0) : max(bottom, 1), max(left, 0) : max(right, 1)]
    return np.asarray(cv2.resize(cut, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _lip_rows(network: "SyncNet", crops: Iterator[NDArray[np.uint8] | None], begins: int) -> Iterator[Values]:
    """A row for each of the first `begins` frames: the mouth there and in the four frames after it."""
    import torch

    seen: deque[NDArray[np.uint8] | None] = deque(maxlen=SPAN)
    waiting: list[Tensor | None] = []
    done = 0
    for crop in crops:
        seen.append(crop)
        if len(seen) == SPAN and done + len(waiting) < begins:
            whole = [one for one in seen if one is not None]
            stacked = np.ascontiguousarray(np.stack(whole)[..., ::-1].transpose(3, 0, 1, 2)) if whole else None
            waiting.append(torch.from_numpy(stacked).float() if stacked is not None and len(whole) == SPAN else None)
        if len(waiting) == _BATCH or (waiting and done + len(waiting) == begins):
            yield from _embedded(network.lips, waiting)
            done, waiting = done + len(waiting), []


def _sound_rows(network: "SyncNet", samples: NDArray[np.int16], begins: int) -> Iterator[Values]:
    """A row for each of the first `begins` frames: the sound of the fifth of a second from there on."""
    import torch

    if begins < 1:
        return
    rows = mfcc(samples).T.astype(np.float32)
    windows = [torch.from_numpy(rows[None, :, _PER_FRAME * i : _PER_FRAME * i + ROWS].copy()) for i in range(begins)]
    for start in range(0, begins, _BATCH):
        yield from _embedded(network.sound, windows[start : start + _BATCH])


def _embedded(tower: "Callable[[Tensor], Tensor]", inputs: "Sequence[Tensor | None]") -> Iterator[Values]:
    """Rows (1024,) of inputs through a tower; NaN for what is missing."""
    import torch

    there = [one for one in inputs if one is not None]
    with torch.inference_mode(), one_thread():
        rows = tower(torch.stack(there)).double().numpy() if there else np.empty((0, 0))
    made = iter(rows)
    for one in inputs:
        yield np.full(1024, np.nan) if one is None else next(made)


def _fill(rows: Values, found: Iterator[Values]) -> None:
    for place, row in enumerate(found):
        rows[place] = row


EXTRACTOR = Extractor(
    "syncnet",
    f"syncnet-v2@{weights.find(WEIGHTS).short}|{mtcnn5.EXTRACTOR.signature}|crop 0.4 median {SMOOTHED} of 224px|"
    f"{FRAME_RATE:g}fps 16kHz mfcc13|v1",
    (),
    load,
    (WEIGHTS, *mtcnn5.WEIGHTS),
    window=WHOLE_CLIP,
    hears=True,
    modules=("cv2",),
)
