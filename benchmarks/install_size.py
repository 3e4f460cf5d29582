"""What an installation weighs and takes: fresh environments of one Python, side by side, as rows of a Markdown table.

    python benchmarks/install_size.py                            # clone, wheel, wheel with [all]
    python benchmarks/install_size.py --cpu torch==2.13.0+cpu --cpu-index https://download.pytorch.org/whl/cpu

Needs git and uv. Sizes are the blocks that one environment takes by itself (as `du -sm`): files that uv links from its
cache count in full. Run it twice: seconds of the first run are those of the network.
"""

import argparse
import os
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MB = 1024 * 1024
CUDA = ("nvidia-", "triton", "cuda-")
"""Distributions that a CUDA build of torch brings, by how their names begin; they are one row together."""


def main() -> None:
    arguments = _arguments()
    print(f"Python {arguments.python}\n")
    print("| installation | MB | s | biggest packages, MB |\n| --- | ---: | ---: | --- |", flush=True)
    with tempfile.TemporaryDirectory(dir=arguments.work, prefix="install-size-") as folder:
        work = Path(folder)
        _run("git", "clone", "--quiet", ROOT, work / "clone")
        _run("uv", "build", "--quiet", "--wheel", "--out-dir", work / "dist", work / "clone")
        wheel = str(next((work / "dist").glob("*.whl")))
        seconds = _timed("uv", "sync", "--quiet", "--python", arguments.python, "--project", work / "clone")
        _report("clone, `uv sync`", work / "clone/.venv", seconds, arguments.biggest)
        for extras, cpu in [("", False), ("[all]", False)] + [("", True), ("[all]", True)] * bool(arguments.cpu):
            place = work / f"venv{extras}{cpu}"
            _run("uv", "venv", "--quiet", "--python", arguments.python, place)
            torch = [arguments.cpu, *(["--index", arguments.cpu_index] if arguments.cpu_index else [])] if cpu else []
            seconds = _timed("uv", "pip", "install", "--quiet", "--python", place, wheel + extras, *torch)
            label = f"wheel{extras and f' with `{extras}`'}{f', {arguments.cpu}' if cpu else ''}"
            _report(label, place, seconds, arguments.biggest)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--python", default="3.11", help="version or path of the interpreter")
    parser.add_argument("--cpu", metavar="REQUIREMENT", help="measure with this build of torch as well")
    parser.add_argument("--cpu-index", metavar="URL", help="index that has it; else $UV_FIND_LINKS and the like")
    parser.add_argument("--biggest", type=int, default=4, help="how many packages to name")
    parser.add_argument("--work", type=Path, help="where to install, best on the file system of uv's cache")
    return parser.parse_args()


def _report(label: str, environment: Path, seconds: float, biggest: int) -> None:
    sizes: Counter[str] = Counter()
    for library in environment.glob("lib/python3*/site-packages"):
        for distribution in distributions(path=[str(library)]):
            name = distribution.metadata["Name"].lower()
            name = "CUDA libraries" if name.startswith(CUDA) else name
            sizes[name] += sum(blocks(Path(str(distribution.locate_file(file)))) for file in distribution.files or ())
    total = sum(blocks(Path(folder, name)) for folder, _, names in os.walk(environment) for name in names)
    named = ", ".join(f"{name} {size / MB:.0f}" for name, size in sizes.most_common(biggest))
    print(f"| {label} | {total / MB:.0f} | {seconds:.0f} | {named} |", flush=True)


def blocks(file: Path) -> int:
    """Bytes that a file takes on the disk, 0 for one that is not there."""
    try:
        return file.lstat().st_blocks * 512
    except FileNotFoundError:
        return 0


def _timed(*command: str | Path) -> float:
    began = time.perf_counter()
    _run(*command)
    return time.perf_counter() - began


def _run(*command: str | Path) -> Sequence[str]:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    return subprocess.run([str(part) for part in command], check=True, env=environment).args


if __name__ == "__main__":
    main()
