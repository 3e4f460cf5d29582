"""A made-up head with FLAME's keys and shapes, and its file as Python 2 with chumpy would write it."""

import pickle
from typing import Any

import numpy as np
import scipy.sparse

ROWS, COLUMNS = 12, 16
POINTS = ROWS * COLUMNS
JAW = np.arange(POINTS) >= POINTS - 3 * COLUMNS
"""The lowest three rings hang on the jaw."""


def head_arrays() -> dict[str, Any]:
    """An egg of 192 points with FLAME's keys and shapes; the joints are the means of rings."""
    random = np.random.default_rng(0)
    down, around = np.linspace(0.2, np.pi - 0.2, ROWS), np.arange(COLUMNS) * 2 * np.pi / COLUMNS
    ring, turn = np.meshgrid(down, around, indexing="ij")
    points = np.stack([np.sin(ring) * np.sin(turn), 1.3 * np.cos(ring), np.sin(ring) * np.cos(turn)], -1).reshape(-1, 3)
    index = np.arange(POINTS).reshape(ROWS, COLUMNS)
    here, right = index[:-1], np.roll(index, -1, axis=1)[:-1]
    below, across = index[1:], np.roll(index, -1, axis=1)[1:]
    triangles = [np.stack(corners, -1).reshape(-1, 3) for corners in ((here, below, across), (here, across, right))]
    regressor = np.zeros((5, POINTS))
    for joint, row in enumerate((6, 9, 7, 4, 4)):
        regressor[joint, index[row]] = 1 / COLUMNS
    weights = np.zeros((POINTS, 5))
    weights[JAW, 2], weights[~JAW, 1] = 1, 1
    return {
        "v_template": points * 0.1,
        "shapedirs": random.standard_normal((POINTS, 3, 400)) * 1e-3,
        "posedirs": random.standard_normal((POINTS, 3, 36)) * 1e-3,
        "J_regressor": scipy.sparse.csc_matrix(regressor),
        "weights": weights,
        "kintree_table": np.array([[2**32 - 1, 0, 1, 1, 1], range(5)], dtype=np.int64),
        "f": np.concatenate(triangles).astype(np.uint32),
    }


class Ch:
    """As chumpy's array is pickled: an object of `chumpy.ch.Ch` whose state holds the array as `x`."""

    def __init__(self, **state: Any) -> None:
        self.__dict__.update(state)


def pickled(content: object, protocol: int = 2) -> bytes:
    """As Python 2 with chumpy would write it: the same opcodes with chumpy's name for the class."""
    names = {b"c__main__\nCh\n": b"cchumpy.ch\nCh\n", f"c{__name__}\nCh\n".encode(): b"cchumpy.ch\nCh\n"}
    written = pickle.dumps(content, protocol)
    for ours, theirs in names.items():
        written = written.replace(ours, theirs)
    return written


def dense(arrays: dict[str, Any]) -> dict[str, np.ndarray]:
    return arrays | {"J_regressor": np.asarray(arrays["J_regressor"].todense())}
