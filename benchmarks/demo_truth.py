"""The true answers of `demo_cross`: the source's person, drawn making the motion of the driving clip.

    python -m benchmarks.demo_truth --out TRUTH
    evalkit score --protocol demo_cross --generated TRUTH/answers --name truth
    evalkit score --protocol folder_self --data TRUTH/after_source --generated RUN/generated --name METHOD

The second command says what a method without fault would score. The third compares the clips of a run of `demo_cross`
with the true ones, frame by frame: `after_source` holds the same clips with the source picture as their first frame.
`evalkit run --protocol demo_truth` does the same in one go.
"""

import argparse
from pathlib import Path

from evalkit.clips import video
from evalkit.datasets.demo import FPS, PROTOCOLS, corpus_root, draw_answer, index
from evalkit.protocol.pairs import make_pairs
from evalkit.protocol.schema import find_protocol
from evalkit.types import Selection


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for two folders of clips")
    asked = parser.parse_args()
    root = corpus_root()
    for pair in make_pairs(find_protocol("demo_cross"), index(root)):
        drawn = list(video.iter_frames(draw_answer(root, pair.source, pair.driving), Selection()))
        source = video.read_frames(pair.source.path, pair.source_frames, size=PROTOCOLS.size)
        video.write_video(asked.out / "answers" / f"{pair.id}.mkv", drawn, FPS)
        video.write_video(asked.out / "after_source" / f"{pair.id}.mkv", [source, *drawn], FPS)


if __name__ == "__main__":
    main()
