"""What the commands around a trained model share: arguments, errors that a user can act on, a library they need."""

import argparse
import importlib.util
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from evalkit.errors import EvalkitError, MethodError

_LOG = logging.getLogger("evalkit")


def model_arguments(name: str, about: str | None) -> argparse.ArgumentParser:
    """A parser that asks for weights, data, people and a device. `name` is that of the module."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {name}", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, required=True, help="weight file, or a training's last.safetensors")
    parser.add_argument("--data", type=Path, help="data root of the dataset")
    parser.add_argument("--dataset", default="folder", help="as in `evalkit data list`; default: folder")
    parser.add_argument("--people", nargs="+", metavar="NAME", help="only these")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser


def positive(text: str) -> int:
    """A whole number of at least 1, for `argparse`. Raises `ArgumentTypeError`."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number of at least 1")
    return int(text)


def run(command: Callable[[argparse.Namespace], None], given: argparse.Namespace) -> int:
    """Exit code of a command: 0, or 2 for an error that the user can act on, which is then printed."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        command(given)
    except EvalkitError as error:
        _LOG.error("%s", error)
        return 2
    return 0


def need_scikit_learn() -> None:
    """Raise `MethodError` where scikit-learn is not installed."""
    if importlib.util.find_spec("sklearn") is None:
        raise MethodError("This needs scikit-learn, which is not installed: pip install 'evalkit[train]'")
