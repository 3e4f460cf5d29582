"""The FLAME file that its user registered for: `generic_model.pkl` of FLAME 2020 or 2023, or the same arrays as npz.

The official file is a pickle of Python 2 whose arrays may be wrapped by the library chumpy. A pickle can ask for
anything to be run; here it gets numpy arrays, sparse matrices taken apart, and chumpy's arrays as the array inside
them. Whatever else it asks for is refused by name. Facts of the layout: `decalib/models/FLAME.py` of MagicPortrait's
repository; chumpy keeps the array of `chumpy.ch.Ch` as `x` of its state.
"""

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy._core.multiarray import _reconstruct, scalar
from numpy.typing import NDArray

from evalkit.errors import MethodError

Floats = NDArray[np.float64]

SHAPES, EXPRESSIONS = 300, 100
"""Columns of `shapedirs`: of shape, then of expression."""
JOINTS = ("root", "neck", "jaw", "left eye", "right eye")
KEYS = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table", "f")
_CONVERT = (
    "Where the file opens (Python with chumpy and scipy), save plain arrays: "
    "import pickle, numpy as np; m = pickle.load(open('generic_model.pkl', 'rb'), encoding='latin1'); "
    "np.savez('flame.npz', **{k: np.asarray(m[k].todense() if hasattr(m[k], 'todense') else m[k]) for k in "
    f"{KEYS}}})"
)


@dataclass(frozen=True)
class Flame:
    """A FLAME head.

    Attributes:
        template: (V, 3) points without shape, expression or pose; x to its left, y up, z to the front, metres.
        shapes: (V, 3, S) what each number of shape adds.
        expressions: (V, 3, E) what each number of expression adds.
        corrections: (V, 3, 9 * (J - 1)) what each entry of the joints' rotations, less the identity, adds.
        regressor: (J, V) joints from points.
        weights: (V, J) share of each joint in each point.
        parents: (J,) joint that each hangs on; -1 for the root.
        triangles: (F, 3) points.
    """

    template: Floats
    shapes: Floats
    expressions: Floats
    corrections: Floats
    regressor: Floats
    weights: Floats
    parents: NDArray[np.int64]
    triangles: NDArray[np.int64]


def read_flame(path: Path) -> Flame:
    """The head in a pickle or npz file. Raises `MethodError` for what is missing, damaged, unsafe or another model."""
    if not path.is_file():
        raise MethodError(
            f"{path}: no such file. Give FLAME's generic_model.pkl, which one registers for at flame.is.tue.mpg.de, "
            "or the same arrays as npz."
        )
    content = path.read_bytes()
    if content.lstrip()[:1] == b"<":
        raise MethodError(f"{path}: a web page, not a FLAME file. Log in at flame.is.tue.mpg.de and download again.")
    found = _from_npz(path, content) if zipfile.is_zipfile(io.BytesIO(content)) else _from_pickle(path, content)
    if missing := [key for key in KEYS if key not in found]:
        raise MethodError(f"{path}: holds no {' and no '.join(missing)}; not a FLAME head.")
    return _checked(path, {key: _array(path, key, found[key]) for key in KEYS})


def _from_npz(path: Path, content: bytes) -> Mapping[str, Any]:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files if name in KEYS}
    except Exception as error:  # zip and numpy share no error
        raise MethodError(f"{path}: cannot be read as npz of plain arrays ({error}). {_CONVERT}") from error


def _from_pickle(path: Path, content: bytes) -> Mapping[str, Any]:
    try:
        found = _Reader(io.BytesIO(content), encoding="latin1").load()
    except _RefusedError as error:
        raise MethodError(f"{path}: refused, because it asks for {error}, which no FLAME head needs.") from error
    except Exception as error:  # a damaged pickle raises anything
        raise MethodError(f"{path}: not a whole pickle ({error}). A download that stopped halfway?") from error
    if not isinstance(found, Mapping):
        raise MethodError(f"{path}: holds {type(found).__name__}, not the dictionary of a FLAME head.")
    return found


class _RefusedError(Exception):
    """The pickle asks for a name that is not on the list."""


class _Kept:
    """In the place of an object of another library: its state, and nothing of its code."""

    name = ""
    state: Mapping[str, Any]

    def __setstate__(self, state: object) -> None:
        self.state = state if isinstance(state, Mapping) else {}


def _new(kind: type, *_: object) -> object:
    """In the place of `copyreg._reconstructor`: an empty object of a kind that is on the list."""
    if not (isinstance(kind, type) and issubclass(kind, _Kept)):
        raise _RefusedError(f"an object of {kind!r}")
    return kind()


def _encoded(text: str, encoding: str) -> bytes:
    """In the place of `_codecs.encode`, by which Python 3 writes bytes for Python 2."""
    return text.encode({"latin1": "latin1", "latin-1": "latin1"}[encoding])


_PLAIN: dict[tuple[str, str], Any] = {
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _reconstruct for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): scalar for core in ("core", "_core")},
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("copy_reg", "_reconstructor"): _new,
    ("copyreg", "_reconstructor"): _new,
    ("_codecs", "encode"): _encoded,
    ("__builtin__", "object"): object,
    ("builtins", "object"): object,
    ("__builtin__", "set"): set,
    ("builtins", "set"): set,
    ("collections", "OrderedDict"): OrderedDict,
}
"""All that a FLAME file may ask for, but for objects of `_LIBRARIES`, and what it gets."""
_LIBRARIES = ("chumpy.", "scipy.sparse.")
"""Libraries whose objects are kept as their state."""


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (plain := _PLAIN.get((module, name))) is not None:
            return plain
        if module.startswith(_LIBRARIES):
            return type(name, (_Kept,), {"name": f"{module}.{name}"})
        raise _RefusedError(f"{module}.{name}")


def _array(path: Path, key: str, value: object) -> NDArray[Any]:
    """A plain array. Raises `MethodError` for an expression of chumpy, which only chumpy can work out."""
    if isinstance(value, _Kept):
        value = _dense(value.state) if value.name.startswith("scipy.") else value.state.get("x")
    if isinstance(value, _Kept):
        value = value.state.get("x")
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiu":
        return value
    raise MethodError(f"{path}: {key} is no plain array but something that chumpy has to work out. {_CONVERT}")


def _dense(state: Mapping[str, Any]) -> NDArray[np.float64] | None:
    """The matrix of the state of a scipy matrix by rows, columns or entries; None for another one."""
    import scipy.sparse

    shape, data = state.get("_shape", state.get("shape")), state.get("data")
    makers: tuple[tuple[str, Callable[..., Any]], ...] = (
        ("indptr", lambda: (data, state["indices"], state["indptr"])),
        ("row", lambda: (data, (state["row"], state["col"]))),
        ("coords", lambda: (data, tuple(state["coords"]))),
    )
    for key, parts in makers:
        if shape is not None and data is not None and key in state:
            kind = _by_pointers(state["indptr"], shape) if key == "indptr" else scipy.sparse.coo_matrix
            dense: NDArray[np.float64] = np.asarray(kind(parts(), shape=tuple(shape)).todense(), np.float64)
            return dense
    return None


def _by_pointers(pointers: NDArray[np.integer], shape: tuple[int, int]) -> Any:
    """By rows or by columns, as the number of pointers says; FLAME's regressor is never square."""
    import scipy.sparse

    return scipy.sparse.csr_matrix if len(pointers) == shape[0] + 1 else scipy.sparse.csc_matrix


def _checked(path: Path, arrays: Mapping[str, NDArray[Any]]) -> Flame:
    points, joints = len(arrays["v_template"]), len(JOINTS)
    shapes = {
        "v_template": (points, 3),
        "shapedirs": (points, 3, SHAPES + EXPRESSIONS),
        "posedirs": (points, 3, 9 * (joints - 1)),
        "J_regressor": (joints, points),
        "weights": (points, joints),
        "kintree_table": (2, joints),
    }
    for key, shape in shapes.items():
        if arrays[key].shape != shape:
            raise MethodError(
                f"{path}: {key} is {arrays[key].shape}, expected {shape}: FLAME 2020 or 2023 with its five joints "
                f"({', '.join(JOINTS)})."
            )
    triangles = arrays["f"].astype(np.int64)
    if triangles.ndim != 2 or triangles.shape[1] != 3 or triangles.min() < 0 or triangles.max() >= points:
        raise MethodError(f"{path}: f is {triangles.shape}, expected (F, 3) numbers of its {points} points.")
    if unclear := [key for key in shapes if not np.isfinite(arrays[key]).all()]:
        raise MethodError(f"{path}: {', '.join(unclear)} hold NaN or infinity.")
    parents = arrays["kintree_table"][0].astype(np.int64)
    parents[0] = -1
    if not all(0 <= parent < joint for joint, parent in enumerate(parents) if joint):
        raise MethodError(f"{path}: kintree_table is no tree in which every joint follows its parent.")
    directions = arrays["shapedirs"].astype(np.float64)
    return Flame(
        arrays["v_template"].astype(np.float64),
        directions[:, :, :SHAPES],
        directions[:, :, SHAPES:],
        arrays["posedirs"].astype(np.float64),
        arrays["J_regressor"].astype(np.float64),
        arrays["weights"].astype(np.float64),
        parents,
        triangles,
    )
