"""Measure `evalkit data prepare`: frames per processor second, beside decoding alone, on one video of each kind.

    python benchmarks/prepare_throughput.py --frames 600

A synthetic H.264 video (4:2:0, a moving head of the demo corpus in noise) stands for a download. "cut" is one clip over
the whole video at 256x256, "overlapping" four clips that share every frame, "sparse" one clip of a tenth of it.
Processor seconds leave out what other programs do to the clock. Needs nothing but evalkit.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import av
import numpy as np

from evalkit.clips import video
from evalkit.datasets import DATASETS
from evalkit.datasets.drawn import render_clip
from evalkit.datasets.prepare.build import Settings, prepare

HEADER = "video_id,start,end,bbox,fps,width,height,partition,person_id"
SIZES = {"720p": (1280, 720), "1080p": (1920, 1080)}


def download(path: Path, size: tuple[int, int], frames: int) -> None:
    """Encode the stand-in."""
    width, height = size
    head = render_clip(0, 0, frames=8, size=512).frames
    background = np.random.default_rng(0).integers(96, 160, (height, width, 3), dtype=np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "20", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            picture = background.copy()
            left = (width - 512) // 2 + number % 40
            picture[100:612, left : left + 512] = head[number // 4 % len(head)]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def windows(case: str, frames: int) -> list[tuple[int, int]]:
    """First and last frame of the clips of a case."""
    if case == "sparse":
        return [(0, frames // 10)]
    return [(0, frames - 4 * k) for k in range(4 if case == "overlapping" else 1)]


def rows(case: str, size: tuple[int, int], frames: int) -> list[str]:
    """Lines of a `vox-metadata.csv`."""
    width, height = size
    left = (width - 512) // 2
    box = f"{left}-100-{left + 512}-612"
    return [f"v,{s},{e},{box},25,{width},{height},test,id10280" for s, e in windows(case, frames)]


def spent(work) -> float:
    """Processor seconds of `work`."""
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    """One line per size and case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--sizes", nargs="*", default=list(SIZES), choices=list(SIZES))
    arguments = parser.parse_args()
    recipe = DATASETS["voxceleb1"].recipe
    for name in arguments.sizes:
        folder = Path(tempfile.mkdtemp())
        download(folder / "v.mp4", SIZES[name], arguments.frames)
        bare = spent(lambda folder=folder: video.count_frames(folder / "v.mp4"))
        print(f"{name}: decoding alone {arguments.frames / bare:.0f} frames per processor second")
        for case in ("cut", "overlapping", "sparse"):
            lists = folder / "vox-metadata.csv"
            lists.write_text("\n".join([HEADER, *rows(case, SIZES[name], arguments.frames)]), encoding="utf-8")
            written = sum(end - start for start, end in windows(case, arguments.frames))
            decoded = max(end for _, end in windows(case, arguments.frames))
            for images in (True, False):
                settings = Settings(folder, folder / "root", lists, "test", images=images)
                seconds = spent(lambda settings=settings: prepare("voxceleb1", recipe, settings, lambda *_: None))
                again = spent(lambda settings=settings: prepare("voxceleb1", recipe, settings, lambda *_: None))
                print(
                    f"{name} {case}, {'PNG' if images else 'mp4'}: {decoded / seconds:.0f} frames decoded and "
                    f"{written / seconds:.0f} written per processor second; repeated {again:.3f} s"
                )
                shutil.rmtree(settings.root)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
