"""Compare insightface's detector policy with ours on real clips: where no face is found, and what CSIM becomes.

    python benchmarks/insightface_policy.py CLIPS --frames 5
    python benchmarks/insightface_policy.py CLIPS --frames 5 --detector scrfd-10g-det --network arcface-w600k-r50

CLIPS is a folder of videos. Each frame is looked at as it is (256x256), cropped to the face box with a margin of a
quarter of it on each side, and cropped to the box itself. Both policies feed the same network with pixels scaled by
insightface's rule. Prints the table of docs/decisions/csim-insightface.md.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from insightface.model_zoo.scrfd import SCRFD

from evalkit import weights
from evalkit.clips import video
from evalkit.extractors import arcface, insightface_app, scrfd
from evalkit.extractors.onnx_network import open_session
from evalkit.metrics.csim import csim
from evalkit.types import Selection

SIDE = 256
MARGINS = {"as they are": None, "box and a quarter": 0.25, "box": 0.0}


def main() -> None:
    """Print one row per framing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--frames", type=int, default=5, help="of each clip, evenly spaced")
    parser.add_argument("--detector", default="scrfd-500m-det")
    parser.add_argument("--network", default="mobilefacenet-arcface-128")
    options = parser.parse_args()
    clips = [read(path, options.frames) for path in sorted(options.clips.glob("*.mp4"))]
    find = scrfd.load(options.detector)
    boxes = [find(clip, {})["box"] for clip in clips]
    print(f"{len(clips)} clips, {sum(map(len, clips))} frames")
    print(
        "| frames | none at 640 | none at 128 and 640 | none by ours | CSIM 640 | CSIM ours | pairs differ by at most |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, margin in MARGINS.items():
        framed = clips if margin is None else [list(cut(*pair, margin)) for pair in zip(clips, boxes, strict=True)]
        print(f"| {name} | {row(framed, options.detector, options.network)} |")


def read(path: Path, count: int) -> np.ndarray:
    """(count, 256, 256, 3) evenly spaced frames of a clip."""
    length = sum(len(chunk) for chunk in video.iter_frames(path, Selection(size=SIDE)))
    return video.read_frames(path, np.linspace(0, length - 1, count).round().astype(int).tolist(), size=SIDE)


def cut(frames: np.ndarray, boxes: np.ndarray, margin: float) -> Iterator[np.ndarray]:
    """Each frame with a box cut to it, `margin` of its sides wider on every side."""
    for frame, (left, top, right, bottom) in zip(frames, boxes, strict=True):
        if np.isfinite(left):
            x, y = margin * (right - left), margin * (bottom - top)
            rows, columns = slice(max(int(top - y), 0), int(bottom + y)), slice(max(int(left - x), 0), int(right + x))
            yield np.ascontiguousarray(frame[rows, columns])


def row(clips: list, detector: str, network: str) -> str:
    """Frames without a face under three policies; CSIM with a clip's first frame, where 640 and ours find all."""
    app, find = insightface_app.load(detector, network), scrfd.load(detector)
    same = arcface.load(network, "found")
    both = SCRFD(model_file=str(weights.locate(detector)), session=open_session(weights.locate(detector)))
    both.prepare(0, input_size=[(128, 128), (640, 640)], det_thresh=insightface_app.SCORE)
    lost, values = np.zeros(3, int), []
    for clip in clips:
        upstream = [{"found": find(frame[None], {})} for frame in clip]
        rows = np.concatenate([app(frame[None], {})["embedding"] for frame in clip])
        faces = np.array([len(both.detect(np.ascontiguousarray(frame[..., ::-1]))[0]) for frame in clip])
        mine = np.concatenate([same(f[None], u)["embedding"] for f, u in zip(clip, upstream, strict=True)])
        lost += [np.isnan(rows[:, 0]).sum(), (faces == 0).sum(), np.isnan(mine[:, 0]).sum()]
        values.append(np.stack([csim(rows[1:], rows[:1]), csim(mine[1:], mine[:1])]))
    pairs = np.concatenate(values, axis=1)
    pairs = pairs[:, np.isfinite(pairs).all(axis=0)]
    count = sum(map(len, clips))
    shares = " | ".join(f"{share:.1%}" for share in lost / count)
    if not pairs.size:
        return f"{shares} | - | - | -"
    return f"{shares} | {pairs[0].mean():.4f} | {pairs[1].mean():.4f} | {abs(pairs[0] - pairs[1]).max():.4f}"


if __name__ == "__main__":
    main()
