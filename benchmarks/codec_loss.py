"""How far lossy videos take drawn heads from themselves, in grey levels: `python -m benchmarks.codec_loss`.

The limits of `evalkit methods compare` for "close" (`evalkit/runs/one_pair.py`) come from this table.
"""

import tempfile
from pathlib import Path

import av
import numpy as np

from evalkit.clips import video
from evalkit.datasets.drawn import render_clip

CODECS = (("libx264", {"crf": "10"}), ("libx264", {"crf": "23"}), ("libx264", {"crf": "25"}), ("mpeg4", {}))


def encode(path, frames, codec, options):
    """As the writers of demos do: 25 frames per second, 4:2:0."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.pix_fmt, stream.height, stream.width = "yuv420p", *frames.shape[1:3]
        stream.options = options
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        container.mux(stream.encode(None))


def main():
    print("codec                  mean  99.9 %  largest   (each the largest of four people)")
    for codec, options in CODECS:
        rows = []
        for identity in range(4):
            frames = render_clip(identity, identity, 16, 256).frames
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "clip.mp4"
                encode(path, frames, codec, options)
                apart = np.abs(np.concatenate(list(video.iter_frames(path))).astype(int) - frames)
            rows.append((apart.mean(), np.percentile(apart, 99.9), apart.max()))
        mean, most, largest = np.max(rows, axis=0)
        print(f"{codec:8} {options.get('crf', ''):12} {mean:5.2f} {most:7.0f} {largest:8.0f}")


if __name__ == "__main__":
    main()
