"""Turn a training's checkpoint into a weight file: averaged weights only, and where they come from.

python -m baselines.sfd.export OUT/last.safetensors FILE.safetensors
"""

import argparse
from pathlib import Path

from baselines.sfd.weights import PROVENANCE, load_model, read_file, write_weights


def export(checkpoint: Path, output: Path) -> None:
    """Write the averaged weights of `checkpoint` to `output`. Raises `MethodError`."""
    facts, _ = read_file(checkpoint)
    about = {name: fact for name, fact in facts.items() if name in PROVENANCE}
    write_weights(output, load_model(checkpoint), about)


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m baselines.sfd.export", description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("output", type=Path)
    given = parser.parse_args(arguments)
    export(given.checkpoint, given.output)


if __name__ == "__main__":
    main()
