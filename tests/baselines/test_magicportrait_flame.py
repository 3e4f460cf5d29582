"""FLAME guidance: skinning in closed form on a made-up head, parameters, maps."""

import dataclasses
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.magicportrait_flame.head import posed, rotation, shaped
from baselines.magicportrait_flame.model_file import KEYS, Flame, read_flame
from baselines.magicportrait_flame.parameters import read_motion, read_source
from baselines.magicportrait_flame.provider import FlameMaps, projected
from baselines.magicportrait_flame.render import GREY, draw
from evalkit.clips import video
from evalkit.errors import MethodError
from evalkit.method.find import find_method, import_adapter, method_options
from evalkit.method.interface import Driving, MethodConfig
from evalkit.types import Selection
from tests.baselines.flame_head import COLUMNS, JAW, POINTS, ROWS, dense, head_arrays, pickled


@pytest.fixture(scope="module")
def flame(tmp_path_factory: pytest.TempPathFactory) -> Flame:
    path = tmp_path_factory.mktemp("flame") / "generic_model.pkl"
    path.write_bytes(pickled(head_arrays()))
    return read_flame(path)


def still(flame: Flame) -> Flame:
    """Without corrections of pose, so that a rotation is nothing but that."""
    return dataclasses.replace(flame, corrections=np.zeros_like(flame.corrections))


NONE = np.zeros(3)


def test_zero_parameters_give_the_template(flame: Flame) -> None:
    assert np.array_equal(shaped(flame, np.zeros(100), np.zeros(50)), flame.template)
    assert np.allclose(posed(flame, flame.template, NONE, NONE), flame.template, atol=1e-15)


def test_shape_and_expression_add_their_directions(flame: Flame) -> None:
    shape, expression = np.zeros(100), np.zeros(50)
    shape[7], expression[3] = 2.0, -1.5
    expected = flame.template + 2 * flame.shapes[:, :, 7] - 1.5 * flame.expressions[:, :, 3]
    assert np.allclose(shaped(flame, shape, expression), expected, atol=1e-15)


def test_the_jaw_turns_its_own_points_about_its_joint(flame: Flame) -> None:
    angle = np.array([0.3, 0.0, 0.0])
    found = posed(still(flame), flame.template, NONE, angle)
    assert np.allclose(found[~JAW], flame.template[~JAW], atol=1e-15)
    joint = flame.template.reshape(ROWS, COLUMNS, 3)[7].mean(axis=0)
    expected = (flame.template[JAW] - joint) @ rotation(angle).T + joint
    assert np.allclose(found[JAW], expected, atol=1e-15)
    assert (found[JAW, 1] < flame.template[JAW, 1]).any() and np.abs(found - flame.template).max() > 0.01


def test_the_root_turns_the_whole_head_rigidly(flame: Flame) -> None:
    root = np.array([0.1, -0.7, 0.2])
    found = posed(still(flame), flame.template, root, NONE)
    joint = flame.template.reshape(ROWS, COLUMNS, 3)[6].mean(axis=0)
    assert np.allclose(found, (flame.template - joint) @ rotation(root).T + joint, atol=1e-15)


def test_corrections_are_of_the_rotations_less_the_identity(flame: Flame) -> None:
    """With all weight on the root, which rests, only the corrections of the jaw are left."""
    angle = np.array([0.2, 0.1, 0.0])
    rooted = dataclasses.replace(flame, weights=np.eye(5)[np.zeros(POINTS, int)])
    entries = np.concatenate([np.zeros(9), (rotation(angle) - np.eye(3)).ravel(), np.zeros(18)])
    expected = flame.template + flame.corrections @ entries
    assert np.allclose(posed(rooted, flame.template, NONE, angle), expected, atol=1e-15)


def test_rotations_are_rotations() -> None:
    assert np.array_equal(rotation(NONE), np.eye(3))
    assert np.allclose(rotation(np.array([0, np.pi / 2, 0])) @ [0, 0, 1], [1, 0, 0])
    turn = rotation(np.array([0.3, -2.0, 0.5]))
    assert np.allclose(turn @ turn.T, np.eye(3)) and np.isclose(np.linalg.det(turn), 1)
    assert np.allclose(turn @ [0.3, -2.0, 0.5], [0.3, -2.0, 0.5])


SOURCE = {"shape": np.zeros((1, 100)), "cam": np.array([[6.0, 0.0, 0.0]])}
SIDE = 64


def written(folder: Path, name: str, **arrays: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / f"{name}.npz", **arrays)
    return folder / f"{name}.npz"


def motion(count: int, **arrays: Any) -> dict[str, Any]:
    pose = np.zeros((count, 6))
    pose[:, 1] = np.linspace(0, 0.6, count)
    pose[:, 3] = 0.2
    return {"exp": np.zeros((count, 50)), "pose": pose, **arrays}


def test_names_of_all_three_projects_are_read(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    expression, root, jaw = (random.uniform(-0.5, 0.5, (3, count)) for count in (50, 3, 3))
    pose = np.concatenate([root, jaw], axis=1)
    for name, arrays in (
        ("deca", {"exp": expression, "pose": pose}),
        ("emoca", {"expcode": expression, "posecode": pose}),
        ("smirk", {"expression_params": expression, "pose_params": root, "jaw_params": jaw}),
        ("both", {"exp": expression + 1, "pose": pose * 1.1, "expression_params": expression, "jaw_params": jaw}),
    ):
        found = read_motion(written(tmp_path, name, **arrays))
        assert np.array_equal(found.expression, expression) and np.array_equal(found.jaw, jaw)
        assert np.allclose(found.root, root * (1.1 if name == "both" else 1)) and found.found.all()
    light = random.standard_normal((9, 3))
    for name, arrays in (
        ("a", {"shape": np.ones((1, 100)), "light": light[None]}),
        ("b", {"shapecode": np.ones(100), "lightcode": light.reshape(1, 27)}),
        ("c", {"shape_params": np.ones((1, 300)), "light": light}),
    ):
        source = read_source(written(tmp_path, name, cam=[[7, 0.1, 0.2]], **arrays))
        assert source.scale == 7 and source.shift.tolist() == [0.1, 0.2] and np.array_equal(source.light, light)


def test_the_head_lies_where_its_camera_puts_it(tmp_path: Path) -> None:
    """A crop of 112 pixels at (100, 50) of a picture of 256, enlarged to 224."""
    matrix = np.array([[2.0, 0, -200], [0, 2, -100], [0, 0, 1]])
    point = np.array([[0.05, 0.1, 0.02]])
    crop = np.array([6 * (0.05 + 0.01) + 1, 1 - 6 * (0.1 - 0.02)]) * 112
    expected = (crop + np.array([200, 100])) / 2 / 4  # the map is a quarter of the picture
    for name, tform in (("plain", matrix), ("deca", np.linalg.inv(matrix).T)):
        arrays = SOURCE | {"cam": [[6.0, 0.01, -0.02]], "tform": tform, "image_size": 256}
        found = projected(point, read_source(written(tmp_path, name, **arrays)), SIDE)
        assert np.allclose(found[0, :2], expected) and np.isclose(found[0, 2], -6 * 0.02)
    whole = projected(point, read_source(written(tmp_path, "whole", **SOURCE)), SIDE)
    assert np.allclose(whole[0, :2], [(6 * 0.05 + 1) * 32, (1 - 6 * 0.1) * 32])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, r"holds no shape \(shape, shapecode, shape_params\); found cam"),
        ({"shape": np.zeros((1, 400))}, r"shape is \(1, 400\), expected \(T, up to 300\)"),
        ({"shape": np.zeros((2, 100))}, "holds 1 and 2 rows; a source is one picture"),
        ({"shape": np.full((1, 100), np.nan)}, "NaN, so no face in the source"),
        ({"shape": np.zeros((1, 9)), "cam": np.zeros((1, 3))}, "cam begins with 0, the scale"),
        ({"shape": np.zeros((1, 9)), "cam": np.zeros((1, 4))}, r"cam is \(1, 4\), expected \(T, 3\)"),
        ({"shape": np.zeros((1, 9)), "tform": np.zeros((3, 3))}, "tform is no affine map"),
        ({"shape": np.array([["a"]])}, "shape holds <U1, not numbers"),
        ({"shape": np.array([{}], dtype=object)}, "cannot be read as npz of plain arrays"),
    ],
)
def test_parameters_of_a_source_that_make_no_sense(arrays: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(MethodError, match=message):
        read_source(written(tmp_path, "source", **({"cam": SOURCE["cam"]} | arrays)))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"pose": np.full((3, 6), 40.0)}, "the head turns by 69.28; in radians it is at most half a turn"),
        ({"pose": np.zeros((2, 6))}, "expression, head and jaw have 3, 2 and 2 rows"),
        ({"pose": np.zeros((3, 5))}, r"pose is \(3, 5\), expected \(T, 6\)"),
    ],
)
def test_parameters_of_a_clip_that_make_no_sense(arrays: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(MethodError, match=message):
        read_motion(written(tmp_path, "driving", **motion(3, **arrays)))


@pytest.fixture
def driving(tmp_path: Path) -> Driving:
    path = tmp_path / "clips" / "anna" / "take.mkv"
    path.parent.mkdir(parents=True)
    video.write_video(path, [np.zeros((5, SIDE, SIDE, 3), np.uint8)], 25)
    return Driving(path, Selection(size=SIDE))


PICTURE = np.zeros((SIDE, SIDE, 3), np.uint8)


def maps_of(flame: Flame, folder: Path, driving: Driving, hold: bool = True) -> np.ndarray:
    return np.stack(list(FlameMaps(flame, folder, hold).maps(PICTURE, driving, "bob__anna", SIDE)))


def test_maps_show_the_head_in_place_and_follow_the_clip(flame: Flame, driving: Driving, tmp_path: Path) -> None:
    folder = tmp_path / "parameters"
    written(folder, "source", **SOURCE)
    written(folder, "anna_take", **motion(5))
    maps = maps_of(flame, folder, driving)
    assert maps.shape == (5, 3, SIDE, SIDE, 3) and maps.dtype == np.uint8
    covered = maps[0, 2].any(axis=2)
    y, x = np.nonzero(covered)
    assert x.min() >= 12 and x.max() <= 51 and abs(x.mean() - 31.5) < 1  # 0.1 * 6 half sides of 32 pixels
    assert abs(y.min() - (1 - 0.13 * np.cos(0.2) * 6) * 32) < 2
    depth, normal, render = (maps[0, kind].astype(int) for kind in range(3))
    assert depth[32, 32, 0] > 250 and depth[32, 32, 0] > depth[32, 15, 0] > 100
    assert normal[32, 32, 2] > 240 and normal[32, 46, 0] > 150 and normal[32, 17, 0] == 0 and normal[14, 32, 1] > 100
    assert (maps[0, 0] == maps[0, 0, ..., :1]).all() and not maps[0][:, ~covered].any()
    assert render[32, 32, 0] > 150
    assert any((maps[0] != later).any() for later in maps[1:])
    written(folder, "source", **(SOURCE | {"shape": np.ones((1, 100))}))
    assert (maps_of(flame, folder, driving)[0] != maps[0]).any()


def test_light_of_the_source_is_the_first_harmonic(flame: Flame) -> None:
    """Of constant light, everything that is seen is one grey."""
    light = np.zeros((9, 3))
    light[0] = np.sqrt(4 * np.pi) * np.array([1.0, 0.5, 0.25])
    place = np.column_stack([(flame.template[:, :2] * (6, -6) + 1) * 32, -flame.template[:, 2]])
    render = draw(flame.template, place, flame.triangles, light, SIDE)[2]
    seen = render[render.any(axis=2)]
    assert len(seen) > 500 and (seen == np.floor(GREY * np.array([1, 0.5, 0.25]) * 255 + 0.5)).all()


def test_parameters_of_a_pair_come_first_and_selected_rows_are_taken(
    flame: Flame, driving: Driving, tmp_path: Path
) -> None:
    folder = tmp_path / "parameters"
    written(folder / "bob__anna", "source", **SOURCE)
    with pytest.raises(MethodError, match=r"no FLAME parameters of the driving clip take\.mkv; looked for .*anna_take"):
        maps_of(flame, folder, driving)
    written(folder, "take", **motion(5))
    whole = maps_of(flame, folder, driving)
    later = dataclasses.replace(driving, selection=Selection(size=SIDE, start=1, stride=2))
    assert np.array_equal(maps_of(flame, folder, later), whole[[1, 3]])
    anchored = dataclasses.replace(later, anchor=driving.path)
    assert np.array_equal(maps_of(flame, folder, anchored), whole[[1, 1, 3]])
    written(folder / "bob__anna", "driving", **motion(4))
    with pytest.raises(MethodError, match=r"driving\.npz: holds 4 rows, and take\.mkv has 5 frames\. Give 5\."):
        maps_of(flame, folder, driving)
    (folder / "bob__anna" / "source.npz").unlink()
    with pytest.raises(MethodError, match=r"no FLAME parameters of the source; looked for"):
        maps_of(flame, folder, driving)


def test_rows_without_a_face_are_held_and_told(
    flame: Flame, driving: Driving, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "parameters"
    written(folder, "source", **SOURCE)
    rows = motion(5)
    written(folder, "take", **rows)
    whole = maps_of(flame, folder, driving)
    rows["exp"][[0, 3]] = np.nan
    written(folder, "take", **rows)
    with caplog.at_level(logging.WARNING, "evalkit"):
        assert np.array_equal(maps_of(flame, folder, driving), whole[[1, 1, 2, 2, 4]])
    assert "no face in driving frame 0, 3 of 5: guidance is that of the last frame with a face" in caplog.text
    with pytest.raises(MethodError, match=r"take\.npz finds no face in driving frame 0, 3 of 5; missing=hold goes on"):
        maps_of(flame, folder, driving, hold=False)


def test_the_method_asks_for_its_files(tmp_path: Path) -> None:
    method = find_method("magicportrait_flame")

    def build(*given: str) -> object:
        options = method_options(method.card, ["networks=tiny", f"side={SIDE}", "steps=1", *given])
        return import_adapter(method).build(MethodConfig(random_weights=True, options=options))

    with pytest.raises(MethodError, match=r"needs the FLAME file you registered for.*flame=FILE.*parameters=FOLDER"):
        build()
    np.savez(tmp_path / "flame.npz", **dense(head_arrays()))
    with pytest.raises(MethodError, match=r"option parameters=.*flame\.npz: no such folder"):
        build(f"flame={tmp_path / 'flame.npz'}", f"parameters={tmp_path / 'flame.npz'}")
    with pytest.raises(MethodError, match=r"no such file. Give FLAME's generic_model\.pkl"):
        build(f"flame={tmp_path}", f"parameters={tmp_path}")


def test_frames_are_made_with_maps_of_a_flame_head(driving: Driving, tmp_path: Path) -> None:
    pytest.importorskip("diffusers", reason="needs the extra `diffusion`")
    np.savez(tmp_path / "flame.npz", **dense(head_arrays()))
    folder = tmp_path / "parameters"
    written(folder, "source", **SOURCE)
    written(folder, "take", **motion(5))
    method = find_method("magicportrait_flame")
    given = ("networks=tiny", f"side={SIDE}", "steps=1", f"flame={tmp_path / 'flame.npz'}", f"parameters={folder}")
    config = MethodConfig(random_weights=True, options=method_options(method.card, list(given)))
    short = dataclasses.replace(driving, selection=Selection(size=SIDE, maximum=3))
    frames = np.concatenate(list(import_adapter(method).build(config).animate(PICTURE[None], short, "absolute")))
    assert frames.shape == (3, SIDE, SIDE, 3) and np.isfinite(frames).all()
    assert set(KEYS) == set(head_arrays())
