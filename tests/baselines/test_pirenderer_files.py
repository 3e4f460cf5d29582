"""Imported coefficient files of PIRenderer: both forms, the driving rule, and every way to be wrong."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
from numpy.typing import NDArray

from baselines.pirenderer.adapter import _chosen
from baselines.pirenderer.coefficient_files import read_coefficients, read_motion
from baselines.pirenderer.motion import motion_coefficients, windows
from evalkit.clips import video
from evalkit.errors import MethodError, VideoError
from evalkit.method.interface import Driving
from evalkit.types import Selection

FRAMES = 7


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "anna" / "take.mkv"
    path.parent.mkdir()
    video.write_video(path, [np.zeros((FRAMES, 16, 16, 3), np.uint8)], 25)
    return path


def regressed(rows: int = FRAMES) -> NDArray[np.float64]:
    return np.random.default_rng(0).uniform(-1, 1, (rows, 257))


def aligned(rows: int = FRAMES, side: float = 256) -> NDArray[np.float64]:
    values = np.random.default_rng(1).uniform(0.5, 2, (rows, 5))
    values[:, :2] = side
    return values


def stored(rows: int = FRAMES) -> NDArray[np.float64]:
    return np.concatenate([regressed(rows), aligned(rows)[:, 2:]], axis=1)


@pytest.mark.parametrize("name", ["take.npz", "anna_take.npz", "take.mat", "anna_take.mat"])
def test_the_file_of_a_clip_is_found_by_name(name: str, clip: Path, tmp_path: Path) -> None:
    content = {"coeff": regressed(), "transform_params": aligned()}
    if name.endswith(".mat"):
        scipy.io.savemat(tmp_path / name, content)
    else:
        np.savez(tmp_path / name, **content)
    assert np.allclose(read_coefficients(tmp_path, clip), motion_coefficients(stored()))


def test_the_more_exact_name_goes_first(clip: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "take.npz", coeff=stored() * 0)
    np.savez(tmp_path / "anna_take.npz", coeff=stored())
    assert np.array_equal(read_coefficients(tmp_path, clip), motion_coefficients(stored()))


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        ({"start": 1}, [1, 2, 3, 4, 5, 6]),
        ({"start": 1, "stride": 2}, [1, 3, 5]),
        ({"stride": 3, "maximum": 2}, [0, 3]),
        ({"end_margin": 2}, [0, 1, 2, 3, 4]),
        ({"start": 2, "end_margin": 1, "stride": 2, "maximum": 9}, [2, 4]),
    ],
)
def test_windows_of_the_whole_clip_follow_the_driving_rule(rule: dict[str, int], rows: list[int], clip: Path) -> None:
    motion = motion_coefficients(stored())
    driving = Driving(clip, Selection(**rule, size=16))
    assert sum(len(chunk) for chunk in driving) == len(rows)
    found = _chosen(motion, Driving(clip, Selection(**rule, size=16)))
    assert np.array_equal(found, windows(motion)[rows])
    assert not np.array_equal(found, windows(motion[rows]))
    with_anchor = _chosen(motion, replace(driving, anchor=clip))
    assert np.array_equal(with_anchor, windows(motion)[[rows[0], *rows]])


def test_a_rule_that_leaves_no_frame_is_said(clip: Path) -> None:
    with pytest.raises(VideoError, match="no frame at index 7 or later"):
        _chosen(motion_coefficients(stored()), Driving(clip, Selection(start=7, size=16)))


def test_the_row_of_a_single_image_is_read(tmp_path: Path) -> None:
    row = np.concatenate([regressed(1), aligned(1)], axis=1)[0]
    np.savez(tmp_path / "x.npz", coeff=row)
    assert np.array_equal(read_motion(tmp_path / "x.npz"), motion_coefficients(row[None]))


def test_a_clip_without_a_file_is_named(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(MethodError, match=r"no coefficients of take\.mkv; looked for anna_take\.npz, anna_take\.mat, "):
        read_coefficients(tmp_path, clip)


@pytest.mark.parametrize("rows", [FRAMES - 1, FRAMES + 1])
def test_another_length_than_the_clip_is_named(rows: int, clip: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "take.npz", coeff=stored(rows))
    with pytest.raises(MethodError, match=rf"take\.npz: holds {rows} rows, and take\.mkv has 7 frames\. Give one row"):
        read_coefficients(tmp_path, clip)


def in_degrees() -> NDArray[np.float64]:
    values = stored()
    values[:, 224:227] *= 180 / np.pi
    return values


def with_nan() -> NDArray[np.float64]:
    values = stored()
    values[2:4, 100] = np.nan
    return values


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"exp": np.zeros((7, 50)), "pose": np.zeros((7, 6))}, r"holds exp, pose; expected 'coeff', \(T, 257\) with"),
        ({}, "holds nothing; expected 'coeff'"),
        ({"coeff": regressed()}, r"'coeff' is \(7, 257\) without 'transform_params', so scale and shift"),
        ({"coeff": regressed(), "transform_params": aligned(6)}, r"'transform_params' is \(6, 5\), expected \(7, 5\)"),
        (
            {"coeff": regressed(), "transform_params": aligned(side=512)},
            "scale and shift are those of 512x512 frames, PIRenderer wants 256",
        ),
        ({"coeff": stored()[:, :73]}, r"'coeff' is \(7, 73\), expected \(T, 257\)"),
        ({"coeff": stored().T}, r"'coeff' is \(260, 7\).*It looks transposed: rows must be frames"),
        ({"coeff": in_degrees()}, r"angles reach \d\d.*: these are degrees, radians are expected"),
        ({"coeff": with_nan()}, "2 rows hold NaN or infinity"),
    ],
)
def test_another_shape_or_convention_is_named(content: dict[str, Any], message: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", **content)
    with pytest.raises(MethodError, match=rf"x\.npz: {message}"):
        read_motion(tmp_path / "x.npz")


@pytest.mark.parametrize("name", ["x.npz", "x.mat"])
def test_what_is_no_such_file_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"half a download" * 20)
    with pytest.raises(MethodError, match=rf"{name}: cannot be read as {name[2:]}"):
        read_motion(tmp_path / name)


def test_pickled_arrays_are_not_run(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", coeff=np.array([{"a": 1}], dtype=object))
    with pytest.raises(MethodError, match=r"cannot be read as npz \(Object arrays cannot be loaded"):
        read_motion(tmp_path / "x.npz")
