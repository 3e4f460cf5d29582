"""Draw the guidance maps of `magicportrait_mesh`: `python -m benchmarks.mesh_maps SOURCE DRIVING OUT.png`.

A row for each of four frames of the first fifty of DRIVING: depth, normal, render; with `--over` also the driving frame
with its own mesh on it and the source with the aligned mesh on it, to see whether it sits. SOURCE is a picture or clip.
"""

import argparse
from pathlib import Path

import numpy as np

from baselines._shared.native.faceless import held
from baselines.magicportrait_mesh.heads import aligned
from baselines.magicportrait_mesh.provider import mediapipe_heads
from baselines.magicportrait_mesh.render import draw
from baselines.magicportrait_mesh.topology import triangles
from evalkit.clips import video
from evalkit.types import Selection

SHOWN = (0, 16, 33, 49)


def over(picture, maps):
    """The shaded map on a picture."""
    return np.where(maps[2] > 0, picture // 3 + maps[2] // 3 * 2, picture).astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("driving", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--side", type=int, default=160)
    parser.add_argument("--over", action="store_true")
    options = parser.parse_args()
    side, large = options.side, 512
    read = mediapipe_heads()
    source = video.read_frames(options.source, [0], size=large)
    frames = np.concatenate(list(video.iter_frames(options.driving, Selection(size=large, maximum=50))))
    own, heads = read(source), read(frames)
    print(f"faces found in {heads.found.sum()} of {len(frames)} frames")
    whole = heads[held(heads.found)]
    meshes = aligned(own, whole)
    rows = []
    for frame in SHOWN:
        maps = draw(meshes[frame] * side / large, triangles(), side)
        extra = []
        if options.over:
            mine = draw(whole.points[frame] * side / large, triangles(), side)
            extra = [over(video.fit(frames[frame], side), mine), over(video.fit(source[0], side), maps)]
        rows.append(np.concatenate([*extra, *maps], axis=1))
    video.write_image(options.out, np.concatenate(rows))


if __name__ == "__main__":
    main()
