"""Driving frames without a face, for methods that read motion off faces: held and told, or refused."""

import logging

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import MethodError

_LOG = logging.getLogger("evalkit")
_SHOWN = 5


def held(found: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(T,) for every frame the last one before it, or itself, with a face; the first with a face before that one.

    Raises `ValueError` when there is none.
    """
    if not found.any():
        raise ValueError("no frame has a face")
    last = np.maximum.accumulate(np.where(found, np.arange(len(found)), -1))
    return np.where(last < 0, np.argmax(found), last)


def check_faces(found: NDArray[np.bool_], hold: bool, finder: str, what: str) -> None:
    """Note which frames have no face.

    Args:
        found: (T,) whether a frame has one.
        hold: they may take what the last one with a face has; else they are an error.
        finder: who says that there is none, such as "MediaPipe".
        what: they take, such as "guidance".

    Raises:
        MethodError: no frame has a face, or one has none and `hold` is not set.
    """
    missing = np.flatnonzero(~found)
    if not len(missing):
        return
    more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    which = ", ".join(map(str, missing[:_SHOWN])) + more
    if not found.any():
        raise MethodError(f"{finder} finds no face in any of the {len(found)} driving frames.")
    if not hold:
        raise MethodError(f"{finder} finds no face in driving frame {which} of {len(found)}; missing=hold goes on.")
    _LOG.warning("no face in driving frame %s of %d: %s is that of the last frame with a face", which, len(found), what)
