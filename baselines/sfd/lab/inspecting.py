"""What the commands that look into a trained model share: their arguments, and a library they need."""

import argparse
import importlib.util
from pathlib import Path

import torch

from evalkit.errors import MethodError


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


def need_scikit_learn() -> None:
    """Raise `MethodError` where scikit-learn is not installed."""
    if importlib.util.find_spec("sklearn") is None:
        raise MethodError("This needs scikit-learn, which is not installed: pip install 'evalkit[train]'")
