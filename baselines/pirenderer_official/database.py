"""Runs in the environment of PIRenderer: a database of one clip, whose frame 0 is the source.

`python database.py SOURCE.png DRIVING.mp4 COEFFICIENTS.mat FOLDER`. Keys and values as `scripts/prepare_vox_lmdb.py`
stores them: `clip-0000000` ... as pictures (PNG, so that nothing is lost), `clip-length` with seven digits, and
`clip-coeff_3dmm`, float32, 257 coefficients and the last three of five crop parameters. The first driving frame comes
twice in the clip; its first copy gives way to the source, and keeps its coefficients.
"""

import io
import os
import sys

import cv2
import lmdb
import numpy as np
from PIL import Image
from scipy.io import loadmat

SIZE = "256"


def png(picture):
    """(H, W, 3) uint8 RGB as PNG bytes."""
    kept = io.BytesIO()
    picture.convert("RGB").resize((256, 256), Image.BICUBIC).save(kept, format="png")
    return kept.getvalue()


def frames_of(path):
    """The pictures of a video."""
    video = cv2.VideoCapture(path)
    while True:
        there, frame = video.read()
        if not there:
            return
        yield Image.fromarray(frame[:, :, ::-1])


def main():
    """Command line."""
    source, driving, coefficients, folder = sys.argv[1:]
    pictures = [png(picture) for picture in frames_of(driving)]
    pictures[0] = png(Image.open(source))
    found = loadmat(coefficients)
    numbers = np.concatenate([found["coeff"], found["transform_params"][:, 2:]], 1).astype(np.float32)
    if len(numbers) != len(pictures):
        sys.exit("{} rows of coefficients for {} frames".format(len(numbers), len(pictures)))
    entries = {"clip-length": b"%07d" % len(pictures), "clip-coeff_3dmm": numbers.tobytes()}
    entries.update(("clip-%07d" % index, picture) for index, picture in enumerate(pictures))
    os.makedirs(os.path.join(folder, SIZE))
    room = 2 * sum(map(len, entries.values())) + (1 << 24)
    with lmdb.open(os.path.join(folder, SIZE), map_size=room) as database, database.begin(write=True) as writing:
        for key, value in entries.items():
            writing.put(key.encode(), value)
    with open(os.path.join(folder, "test_list.txt"), "w") as names:
        names.write("clip\n")


if __name__ == "__main__":
    main()
