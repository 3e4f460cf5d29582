"""Files of FLAME parameters: npz, one row per frame, with the names that DECA, EMOCA and SMIRK give their outputs.

    shape       shape, shapecode, shape_params (T, up to 300)
    expression  exp, expcode, expression_params (T, up to 100)
    pose        pose, posecode (T, 6: head and jaw), or pose_params (T, 3) and jaw_params (T, 3); axis times angle
    camera      cam (T, 3: scale, x, y), of the square of 224 pixels that the network saw
    light       light, lightcode (T, 9, 3) or (T, 27); may be missing
    tform       (T, 3, 3) from pixels of the picture to those of that square, or DECA's transposed inverse of it;
                without it the square is the whole picture
    image_size  side of the picture whose pixels tform counts; without it 512, as in MagicPortrait's script

Where a file holds both DECA's and SMIRK's expression and jaw, SMIRK's are taken, as MagicPortrait's script does; its
eyelids are not used, as there. Rows of NaN are frames without a face. Facts: `render_and_transfer.py`,
`decalib/deca_with_smirk.py` of MagicPortrait's repository.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.magicportrait_flame.model_file import EXPRESSIONS, SHAPES
from evalkit.errors import MethodError

Floats = NDArray[np.float64]
CROP = 224
"""Side of the square that DECA sees, pixels."""
IMAGE = 512
HALF_TURN = 3.1416
"""Upper bound for the length of an axis-angle vector in radians; in degrees it would be longer."""
NAMES = {
    "shape": ("shape", "shapecode", "shape_params"),
    "expression": ("expression_params", "exp", "expcode"),
    "pose": ("pose", "posecode"),
    "light": ("light", "lightcode"),
}
"""What is meant -> array names; the first that is there counts."""
_WIDEST = {"shape": SHAPES, "expression": EXPRESSIONS}


@dataclass(frozen=True)
class Source:
    """Of one picture.

    Attributes:
        shape: (S,).
        light: (9, 3), or None.
        scale: of the projection, in half sides of the crop.
        shift: (2,) added before scaling.
        to_picture: (2, 3) from pixels of the crop to those of the picture, over the picture's side: 0 to 1.
    """

    shape: Floats
    light: Floats | None
    scale: float
    shift: Floats
    to_picture: Floats


@dataclass(frozen=True)
class Motion:
    """Of T driving frames; NaN where there is no face.

    Attributes:
        expression: (T, E).
        root: (T, 3) axis times angle of the head, radians.
        jaw: (T, 3) of the jaw.
    """

    expression: Floats
    root: Floats
    jaw: Floats

    @property
    def found(self) -> NDArray[np.bool_]:
        """(T,) whether there is a face."""
        whole = np.concatenate([self.expression, self.root, self.jaw], axis=1)
        return np.asarray(np.isfinite(whole).all(axis=1))


def read_source(path: Path) -> Source:
    """Parameters of a source picture, a file with one row. Raises `MethodError`."""
    content = _content(path)
    shape = _rows(path, content, "shape")
    camera = _named(path, content, "cam", (3,))
    light = _light(path, content)
    rows = {len(shape), len(camera), *([] if light is None else [len(light)])}
    if rows != {1}:
        raise MethodError(
            f"{path}: holds {' and '.join(map(str, sorted(rows)))} rows; a source is one picture, one row."
        )
    if not (np.isfinite(shape).all() and np.isfinite(camera).all()):
        raise MethodError(f"{path}: NaN, so no face in the source. Guidance needs one.")
    scale = float(camera[0, 0])
    if scale <= 0:
        raise MethodError(f"{path}: cam begins with {scale:g}, the scale of the projection, which is above 0.")
    return Source(shape[0], None if light is None else light[0], scale, camera[0, 1:], _to_picture(path, content))


def read_motion(path: Path) -> Motion:
    """Parameters of a driving clip, one row per frame. Raises `MethodError`."""
    content = _content(path)
    expression = _rows(path, content, "expression")
    root, jaw = _pose(path, content)
    lengths = {len(expression), len(root), len(jaw)}
    if len(lengths) > 1:
        raise MethodError(f"{path}: expression, head and jaw have {len(expression)}, {len(root)} and {len(jaw)} rows.")
    for name, vectors in (("head", root), ("jaw", jaw)):
        longest = float(np.nanmax(np.linalg.norm(vectors, axis=1), initial=0))
        if longest > HALF_TURN:
            raise MethodError(
                f"{path}: the {name} turns by {longest:.4g}; in radians it is at most half a turn, 3.1416."
            )
    return Motion(expression, root, jaw)


def _content(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except Exception as error:  # zip, numpy and the system share no error
        raise MethodError(f"{path}: cannot be read as npz of plain arrays ({error}).") from error


def _rows(path: Path, content: Mapping[str, NDArray[Any]], what: str) -> Floats:
    """(T, N) numbers of shape or expression, no more than FLAME has."""
    name = next((name for name in NAMES[what] if name in content), None)
    if name is None:
        raise MethodError(f"{path}: holds no {what} ({', '.join(NAMES[what])}); found {', '.join(sorted(content))}.")
    rows = _floats(path, name, np.atleast_2d(content[name]))
    if rows.ndim != 2 or rows.shape[1] > _WIDEST[what]:
        raise MethodError(f"{path}: {name} is {content[name].shape}, expected (T, up to {_WIDEST[what]}).")
    return rows


def _named(path: Path, content: Mapping[str, NDArray[Any]], name: str, shape: tuple[int, ...]) -> Floats:
    """(T, *shape) of the array `name`; T may be left out for one row."""
    if name not in content:
        raise MethodError(f"{path}: holds no {name}; found {', '.join(sorted(content))}.")
    rows = _floats(path, name, content[name])
    rows = rows[None] if rows.ndim == len(shape) else rows
    if rows.shape[1:] != shape:
        expected = ", ".join(map(str, ("T", *shape)))
        raise MethodError(f"{path}: {name} is {content[name].shape}, expected ({expected}).")
    return rows


def _floats(path: Path, name: str, values: NDArray[Any]) -> Floats:
    if values.dtype.kind not in "fiu":
        raise MethodError(f"{path}: {name} holds {values.dtype}, not numbers.")
    return values.astype(np.float64)


def _pose(path: Path, content: Mapping[str, NDArray[Any]]) -> tuple[Floats, Floats]:
    """(T, 3) of the head and (T, 3) of the jaw."""
    name = next((name for name in NAMES["pose"] if name in content), None)
    whole = _named(path, content, name, (6,)) if name else None
    root = _named(path, content, "pose_params", (3,)) if whole is None else whole[:, :3]
    if whole is None or "jaw_params" in content:
        return root, _named(path, content, "jaw_params", (3,))
    return root, whole[:, 3:]


def _light(path: Path, content: Mapping[str, NDArray[Any]]) -> Floats | None:
    name = next((name for name in NAMES["light"] if name in content), None)
    if name is None:
        return None
    given = content[name]
    flat = given.reshape(*given.shape[:-1], 9, 3) if given.shape[-1:] == (27,) else given
    return _named(path, {name: flat}, name, (9, 3))


def _to_picture(path: Path, content: Mapping[str, NDArray[Any]]) -> Floats:
    """See `Source.to_picture`."""
    if "tform" not in content:
        return np.eye(2, 3) / CROP
    given = _named(path, content, "tform", (3, 3))[0]
    side = float(np.asarray(content.get("image_size", IMAGE)).ravel()[0])
    if np.allclose(given[2], [0, 0, 1]):
        if not np.isfinite(given).all() or abs(np.linalg.det(given)) < 1e-9:
            raise MethodError(f"{path}: tform cannot be inverted: {given.tolist()}.")
        inverse: Floats = np.linalg.inv(given)
    elif np.allclose(given[:, 2], [0, 0, 1]):
        inverse = given.T
    else:
        raise MethodError(f"{path}: tform is no affine map: {given.tolist()}.")
    return inverse[:2] / side
