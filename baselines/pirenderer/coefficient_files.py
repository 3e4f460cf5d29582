"""Motion coefficients that somebody else computed: one file per driving clip, one row per frame of the whole clip.

Two forms are known. The preparation script of PIRenderer writes `coeff` (T, 257) and `transform_params` (T, 5: width,
height, scale, tx, ty); its later steps hold both in one array, (T, 260) or, for a single image, (1, 262).
"""

from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
from numpy.typing import NDArray

from baselines.pirenderer.motion import ANGLES, REGRESSED, motion_coefficients
from evalkit.clips import video
from evalkit.errors import MethodError

SUFFIXES = (".npz", ".mat")
SIDE = 256
"""Side of the frames that scale and shift are measured in, pixels."""

_COEFFICIENTS, _ALIGNMENT = "coeff", "transform_params"
_FORMS = f"(T, {REGRESSED}) with {_ALIGNMENT!r} (T, 5), (T, {REGRESSED + 3}) or (T, {REGRESSED + 5})"


def read_coefficients(folder: Path, clip: Path) -> NDArray[np.floating]:
    """(T, 73) motion of all frames of a driving clip, from its file.

    A clip `person/take.mp4` has `person_take.npz` or `take.npz` (or `.mat`) in `folder`.

    Raises `MethodError` for a clip without a file, and for a file of another length, shape or convention.
    """
    path = _find(folder, clip)
    motion = read_motion(path)
    frames = video.count_frames(clip)
    if len(motion) != frames:
        raise MethodError(
            f"{path}: holds {len(motion)} rows, and {clip.name} has {frames} frames. Give one row for every "
            "frame of the whole clip, also for those that the protocol leaves out."
        )
    return motion


def read_motion(path: Path) -> NDArray[np.floating]:
    """(N, 73) motion of every row of a coefficient file. Raises `MethodError` as `read_coefficients` does."""
    stored = _joined(path, _content(path))
    if not np.isfinite(stored).all():
        raise MethodError(f"{path}: {int((~np.isfinite(stored)).any(axis=1).sum())} rows hold NaN or infinity.")
    if stored.shape[1] == REGRESSED + 5 and not (stored[:, REGRESSED : REGRESSED + 2] == SIDE).all():
        width, height = stored[0, REGRESSED : REGRESSED + 2]
        raise MethodError(
            f"{path}: scale and shift are those of {width:g}x{height:g} frames, PIRenderer wants {SIDE}x{SIDE}. "
            "Compute the coefficients on frames of that size."
        )
    motion = motion_coefficients(stored)
    if (largest := float(np.abs(motion[:, ANGLES]).max())) > np.pi:
        raise MethodError(f"{path}: angles reach {largest:.4g}: these are degrees, radians are expected.")
    return motion


def _find(folder: Path, clip: Path) -> Path:
    names = (f"{clip.parent.name}_{clip.stem}", clip.stem)
    candidates = [folder / f"{name}{suffix}" for name in names for suffix in SUFFIXES]
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        raise MethodError(
            f"{folder}: no coefficients of {clip.name}; looked for {', '.join(path.name for path in candidates)}."
        )
    return found


def _content(path: Path) -> dict[str, Any]:
    try:
        if path.suffix == ".mat":
            return dict(scipy.io.loadmat(path))
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except NotImplementedError as error:
        raise MethodError(f"{path}: a MATLAB 7.3 file; save it as version 7 or as npz.") from error
    except Exception as error:  # zip, pickle and MATLAB readers share no error
        raise MethodError(f"{path}: cannot be read as {path.suffix[1:]} ({error}).") from error


def _joined(path: Path, content: dict[str, Any]) -> NDArray[np.floating]:
    """(N, 260) or (N, 262) from the arrays of a file."""
    names = sorted(name for name in content if not name.startswith("__"))
    if _COEFFICIENTS not in content:
        raise MethodError(f"{path}: holds {', '.join(names) or 'nothing'}; expected {_COEFFICIENTS!r}, {_FORMS}.")
    rows = np.atleast_2d(np.asarray(content[_COEFFICIENTS], dtype=np.float64))
    lengths = (REGRESSED, REGRESSED + 3, REGRESSED + 5)
    if rows.ndim != 2 or rows.shape[1] not in lengths:
        turned = " It looks transposed: rows must be frames." if rows.ndim == 2 and rows.shape[0] in lengths else ""
        raise MethodError(f"{path}: {_COEFFICIENTS!r} is {rows.shape}, expected {_FORMS}.{turned}")
    if rows.shape[1] != REGRESSED:
        return rows
    if _ALIGNMENT not in content:
        raise MethodError(
            f"{path}: {_COEFFICIENTS!r} is {rows.shape} without {_ALIGNMENT!r}, so scale and shift of the alignment "
            f"are unknown. Expected {_FORMS}."
        )
    alignment = np.atleast_2d(np.asarray(content[_ALIGNMENT], dtype=np.float64))
    if alignment.shape != (len(rows), 5):
        raise MethodError(f"{path}: {_ALIGNMENT!r} is {alignment.shape}, expected ({len(rows)}, 5).")
    return np.concatenate([rows, alignment], axis=1)
