"""FLAME's file is read, pickled with and without chumpy, and nothing in it is run."""

import copyreg
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from baselines.magicportrait_flame.model_file import Flame, read_flame
from evalkit.errors import MethodError
from tests.baselines.flame_head import POINTS, Ch, dense, head_arrays, pickled


def same(found: Flame, arrays: dict[str, Any]) -> bool:
    wanted = dense(arrays)
    return (
        np.array_equal(found.template, wanted["v_template"])
        and np.array_equal(np.concatenate([found.shapes, found.expressions], 2), wanted["shapedirs"])
        and np.array_equal(found.corrections, wanted["posedirs"])
        and np.array_equal(found.regressor, wanted["J_regressor"])
        and np.array_equal(found.weights, wanted["weights"])
        and found.parents.tolist() == [-1, 0, 1, 1, 1]
        and np.array_equal(found.triangles, wanted["f"])
    )


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("kind", [scipy.sparse.csc_matrix, scipy.sparse.csr_matrix, scipy.sparse.coo_matrix])
def test_pickles_with_and_without_chumpy_are_read(kind: Callable[..., Any], protocol: int, tmp_path: Path) -> None:
    arrays = head_arrays()
    arrays["J_regressor"] = kind(arrays["J_regressor"])
    wrapped: dict[str, Any] = dict(arrays)
    if protocol < 4:  # the names in later ones are not lines
        wrapped |= {key: Ch(x=arrays[key], _dirty_vars=set()) for key in ("v_template", "shapedirs", "posedirs")}
        wrapped["bs_style"] = "lbs"
    path = tmp_path / "generic_model.pkl"
    path.write_bytes(pickled(wrapped, protocol))
    if protocol < 4:
        assert b"chumpy.ch" in path.read_bytes()
    assert same(read_flame(path), arrays)


def test_an_npz_of_the_same_arrays_is_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "flame.npz", **dense(head_arrays()))
    assert same(read_flame(tmp_path / "flame.npz"), head_arrays())


class Malicious:
    """Writes a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


class Rebuilt:
    """Asks for an object of a class of its own."""

    def __reduce__(self) -> tuple[Any, ...]:
        return copyreg._reconstructor, (dict, object, None)  # type: ignore[attr-defined]


def test_a_pickle_that_runs_something_is_refused_and_not_run(tmp_path: Path) -> None:
    trace, path = tmp_path / "ran", tmp_path / "generic_model.pkl"
    for key in ("v_template", "unused"):
        path.write_bytes(pickle.dumps(head_arrays() | {key: Malicious(trace)}, 2))
        with pytest.raises(MethodError, match=r"refused, because it asks for (posix|nt)\.system, which no FLAME head"):
            read_flame(path)
    assert not trace.exists()
    for asked in (Rebuilt(), print, eval, pickle.loads):
        path.write_bytes(pickle.dumps(head_arrays() | {"x": asked}, 2))
        with pytest.raises(MethodError, match="refused, because it asks for"):
            read_flame(path)


def without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda arrays: {name: value for name, value in arrays.items() if name != key}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without("weights"), "holds no weights; not a FLAME head"),
        (lambda a: a | {"v_template": Ch(a=1, b=2)}, r"v_template is no plain array .*chumpy.*np\.savez\('flame\.npz'"),
        (
            lambda a: a | {"weights": np.zeros((POINTS, 24))},
            r"weights is \(192, 24\), expected \(192, 5\).*five joints",
        ),
        (
            lambda a: a | {"shapedirs": np.zeros((POINTS, 3, 10))},
            r"shapedirs is \(192, 3, 10\), expected \(192, 3, 400\)",
        ),
        (lambda a: a | {"f": a["f"] + 1}, r"f is \(352, 3\), expected \(F, 3\) numbers of its 192 points"),
        (lambda a: a | {"posedirs": a["posedirs"] * np.nan}, "posedirs hold NaN"),
        (lambda a: a | {"kintree_table": np.full((2, 5), 4)}, "kintree_table is no tree"),
        (lambda a: [1, 2], "holds list, not the dictionary"),
    ],
)
def test_what_is_no_flame_head_is_named(
    change: Callable[[dict[str, Any]], object], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "generic_model.pkl"
    path.write_bytes(pickled(change(head_arrays())))
    with pytest.raises(MethodError, match=message):
        read_flame(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file. Give FLAME's generic_model.pkl, which one registers for"),
        (b"<html>please log in</html>", "a web page, not a FLAME file. Log in"),
        (b"\x80\x02}q", "not a whole pickle"),
        (b"hello", "not a whole pickle"),
        (b"PK\x05\x06" + 18 * b"\0", "holds no v_template and no shapedirs"),
    ],
)
def test_what_is_no_file_of_it_is_named(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "generic_model.pkl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MethodError, match=message):
        read_flame(path)


def test_an_npz_with_objects_is_refused(tmp_path: Path) -> None:
    arrays = dense(head_arrays()) | {"weights": np.array([{"a": 1}], dtype=object)}
    np.savez(tmp_path / "flame.npz", **arrays)
    with pytest.raises(MethodError, match=r"cannot be read as npz of plain arrays.*np\.savez"):
        read_flame(tmp_path / "flame.npz")
