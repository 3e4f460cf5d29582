"""Runs in the environment of Follow-Your-Emoji: the landmark file that its notebook makes, from a folder of pictures.

`python landmarks.py SOURCE DRIVING_FOLDER FILE.npy`. A list with one dict per picture, as its LMKExtractor returns it,
with `width` and `height`. NumPy 2 would write a file that the environment cannot read, so it is made there. Ends with
a message for a picture without a face, and for a source without one, which the repository would animate unaligned.
"""

import os
import sys

import numpy as np
from media_pipe.mp_utils import LMKExtractor
from PIL import Image


def record(extract, path):
    """The landmarks of one picture; the extractor takes BGR."""
    picture = np.array(Image.open(path).convert("RGB"))[:, :, ::-1].copy()
    found = extract(picture)
    if found is None:
        sys.exit("no face in {}".format(os.path.basename(path)))
    found["width"], found["height"] = picture.shape[1], picture.shape[0]
    return found


def main():
    """Command line."""
    source, driving, output = sys.argv[1:]
    extract = LMKExtractor()
    record(extract, source)
    records = [record(extract, os.path.join(driving, name)) for name in sorted(os.listdir(driving))]
    np.save(output, records)


if __name__ == "__main__":
    main()
