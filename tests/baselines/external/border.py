"""What the stand-ins of foreign repositories share; copied into every clone. Plain pictures in, plain pictures out.

A stand-in makes of every driving frame half of it plus a quarter of the source, both at the size of the network.
"""

import os
import sys
from pathlib import Path

import av
import numpy as np
from PIL import Image

HEAD = "import argparse, os, sys, glob, time\nfrom border import *\np = argparse.ArgumentParser()\n"
"""How every stand-in begins."""


def read(path):
    return np.asarray(Image.open(path).convert("RGB"))


def write(path, picture, **options):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path, **{"compress_level": 1, **options})


def frames_of(path):
    with av.open(path) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def rate_of(path):
    with av.open(path) as container:
        return container.streams.video[0].average_rate


def write_video(path, pictures, fps, lossless=True):
    """H.264, or what mp4 writers of OpenCV and imageio make of it, without its loss unless asked."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264rgb" if lossless else "libx264", rate=fps)
        stream.pix_fmt = "rgb24" if lossless else "yuv420p"
        stream.height, stream.width = pictures[0].shape[:2]
        stream.options = {"qp": "0", "preset": "ultrafast"} if lossless else {"crf": "18"}
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(stream.encode(None))


def at(picture, size):
    """Resized as most of them do, without keeping the aspect."""
    return picture if picture.shape[:2] == (size, size) else np.asarray(Image.fromarray(picture).resize((size, size)))


def animated(source, frames, size):
    return [at(frame, size) // 2 + at(source, size) // 4 for frame in frames]


def grid(*pictures):
    """A row of pictures as torchvision's make_grid: 2 black pixels round every one."""
    side = pictures[0].shape[0]
    row = np.zeros((side + 4, 2 + len(pictures) * (side + 2), 3), np.uint8)
    for index, picture in enumerate(pictures):
        left = 2 + index * (side + 2)
        row[2 : 2 + side, left : left + side] = picture
    return row


def needs_its_root(*names):
    """Every one of them reads files relative to the working folder."""
    for name in ("border.py", *names):
        if not os.path.exists(name):
            raise FileNotFoundError(name)


def needs_cuda():
    """Some cannot be imported without a GPU."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        raise RuntimeError("Found no NVIDIA driver on your system.")


def text(path):
    return Path(path).read_text()


def stem(path):
    """As those that cut names at their first dot."""
    return os.path.basename(path).split(".")[0]


def leave(message):
    """A problem, and status 0."""
    print(message)
    sys.exit(0)
