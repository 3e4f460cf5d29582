"""Render people of the demo corpus to train on; none of them is in a demo protocol.

    python -m baselines.sfd.lab.data --out DIR

makes a data root for `python -m baselines.sfd.lab.train --data DIR`. About 20 ms a frame and processor.
"""

import argparse
import sys
from pathlib import Path

from baselines.sfd.lab.command import positive, run
from evalkit.datasets.demo import PROTOCOLS, Corpus, render_corpus
from evalkit.errors import DatasetError

FIRST = 1000
"""Identities from here on are for training, unless `--first` says otherwise."""


def training_corpus(
    people: int, clips: int, frames: int, size: int, shared_motion: bool = False, first: int = FIRST
) -> Corpus:
    """People `first` and on. Raises `DatasetError` where the demo protocols know one of them."""
    identities = range(first, first + people)
    if shared := set(identities) & set(PROTOCOLS.identities):
        raise DatasetError(f"The demo protocols test on the identities {sorted(shared)}; train on others.")
    return Corpus(identities, clips, frames, size, shared_motion)


def main(arguments: list[str] | None = None) -> int:
    """The command; exit code 2 for an error that the user can act on."""
    parser = argparse.ArgumentParser(prog="python -m baselines.sfd.lab.data", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to render into")
    parser.add_argument("--first", type=int, default=FIRST, help=f"number of the first person; default: {FIRST}")
    parser.add_argument("--people", type=positive, default=132)
    parser.add_argument("--clips", type=positive, default=2, help="clips per person")
    parser.add_argument("--frames", type=positive, default=32, help="frames per clip")
    parser.add_argument("--size", type=positive, default=128, help="pixels")
    parser.add_argument(
        "--shared-motion", action="store_true", help="every motion is made by as many people as a person has clips"
    )
    return run(_render, parser.parse_args(arguments))


def _render(given: argparse.Namespace) -> None:
    corpus = training_corpus(given.people, given.clips, given.frames, given.size, given.shared_motion, given.first)
    render_corpus(given.out, corpus)


if __name__ == "__main__":
    sys.exit(main())
