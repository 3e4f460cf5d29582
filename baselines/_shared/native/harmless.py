"""What may stand beside the weights in an official file: records of training scripts that run nothing when read.

A name that is not here is refused by `official`. Where the real thing would need another system, or a factory of the
file's, a plain one takes its place: nobody uses these records.
"""

import argparse
import datetime
import types
from collections import OrderedDict
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
from numpy._core.multiarray import _reconstruct, scalar


def _plain(*_: object) -> OrderedDict[Any, Any]:
    """In the place of a dictionary with a factory, which is not kept."""
    return OrderedDict()


_PATHS = {
    "PosixPath": PurePosixPath,
    "PurePosixPath": PurePosixPath,
    "WindowsPath": PureWindowsPath,
    "PureWindowsPath": PureWindowsPath,
}

HARMLESS: list[Any] = [
    *(int, float, bool, str, list, dict, frozenset),
    (_plain, "collections.defaultdict"),
    argparse.Namespace,
    types.SimpleNamespace,
    *(datetime.datetime, datetime.date, datetime.time, datetime.timedelta, datetime.timezone),
    *((kind, f"{module}.{name}") for module in ("pathlib", "pathlib._local") for name, kind in _PATHS.items()),
    np.ndarray,
    np.dtype,
    *{type(np.dtype(kind)) for kind in "?bBhHiIlLqQefdgFDGSUVO"},
    *(
        (made, f"numpy.{core}.multiarray.{made.__name__}")
        for core in ("core", "_core")
        for made in (scalar, _reconstruct)
    ),
]
"""For `torch.serialization.safe_globals`: types and functions, or pairs of one and the name that it stands for."""
