"""Guidance from a face mesh: the rasteriser in closed form, alignment on a made-up head, missing faces, a real clip."""

import dataclasses
import logging
from pathlib import Path

import numpy as np
import pytest

from baselines._shared.native.faceless import held
from baselines.magicportrait.raster import normals, rasterise
from baselines.magicportrait.shading import AMBIENT
from baselines.magicportrait_mesh.heads import RIGID, Heads, aligned
from baselines.magicportrait_mesh.provider import MeshMaps
from baselines.magicportrait_mesh.render import draw
from evalkit.clips import video
from evalkit.errors import MethodError
from evalkit.method.find import find_method, method_options
from evalkit.method.interface import Driving, MethodConfig
from evalkit.types import Frames, Selection

POINTS = 478
TRIANGLE = np.array([[0, 1, 2]])


def turn(yaw: float, pitch: float = 0.0) -> np.ndarray:
    c, s, d, t = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]) @ np.array([[1, 0, 0], [0, d, -t], [0, t, d]])


@pytest.fixture(scope="module")
def shape() -> np.ndarray:
    """(478, 3) a made-up head, turned to the front; one point that no expression moves in ten is rigid anyway."""
    return np.random.default_rng(0).standard_normal((POINTS, 3)) * [30, 40, 20]


@pytest.fixture(scope="module")
def moves() -> np.ndarray:
    """(52, 478, 3) what blendshapes do to it; rigid points stay."""
    found = np.random.default_rng(1).standard_normal((52, POINTS, 3)) * 4
    found[:, list(RIGID)] = 0
    return found


def heads(shape: np.ndarray, moves: np.ndarray, rotations: np.ndarray, blendshapes: np.ndarray) -> Heads:
    front = shape + np.tensordot(blendshapes, moves, 1)
    return Heads(np.einsum("tij,tnj->tni", rotations, front) + np.array([120, 130, 5]), rotations, blendshapes)


def test_a_triangle_covers_the_pixels_whose_centres_it_holds() -> None:
    seen = rasterise(np.array([[0, 0, 0], [8, 0, 0], [0, 8, 0]], float), TRIANGLE, 8)
    y, x = np.mgrid[:8, :8] + 0.5
    assert np.array_equal(seen.covered, x + y <= 8)
    place = seen.values(TRIANGLE, np.array([[0, 0], [8, 0], [0, 8]], float))
    assert np.allclose(place[seen.covered], np.stack([x, y], -1)[seen.covered])
    assert not place[~seen.covered].any()


def test_the_nearer_triangle_is_seen_in_either_order_and_what_is_outside_is_cut() -> None:
    points = np.array([[-9, -9, 1], [99, -9, 1], [-9, 99, 1], [-9, -9, 0], [99, -9, 2], [-9, 99, 2]], float)
    for triangles in ([[0, 1, 2], [3, 4, 5]], [[3, 4, 5], [0, 1, 2]]):
        seen = rasterise(points, np.array(triangles), 16)
        z = seen.values(np.array(triangles), points[:, 2:])[..., 0]
        slanted = np.array(
            [[[0, 0, 2 * ((x + 9) + (y + 9)) / 108] for x in np.arange(16) + 0.5] for y in np.arange(16) + 0.5]
        )
        assert np.allclose(z, np.minimum(1, slanted[..., 2]))
    assert not rasterise(points - [500, 0, 0], np.array([[0, 1, 2]]), 16).covered.any()
    assert not rasterise(points[:3] * [1, 0, 1], TRIANGLE, 16).covered.any()  # without an area


def test_normals_are_those_of_the_plane() -> None:
    points = np.array([[0, 0, 0], [0, 2, 0], [2, 0, 2], [7, 7, 7]], float)
    found = normals(points, TRIANGLE)
    assert np.allclose(found[:3], np.array([1, 0, -1]) / np.sqrt(2)) and not found[3].any()


def test_a_face_on_to_the_camera_is_blue_and_lit_and_the_nearer_the_lighter(shape: np.ndarray) -> None:
    points = shape / 4 + 32
    points[:3] = [[2, 2, 30], [2, 60, 30], [60, 2, 20]]
    depth, normal, render = draw(points, np.array([[0, 1, 2]]), 64)
    assert depth[3, 50, 0] > depth[50, 3, 0] > 0 and not depth[60, 60].any()
    assert (normal[10, 10] > [0, 120, 200]).all() and not normal[60, 60].any()
    assert render[10, 10, 0] > 255 * 0.8 * AMBIENT and len(set(render[10, 10])) == 1
    back = draw(points, np.array([[0, 2, 1]]), 64)
    assert back[1][10, 10, 2] < 60 and back[2][10, 10, 0] == round(255 * 0.8 * AMBIENT)


def test_a_head_that_drives_itself_stays_where_it_is(shape: np.ndarray, moves: np.ndarray) -> None:
    random = np.random.default_rng(2)
    count = 200
    rotations = np.stack([turn(a, b) for a, b in random.uniform(-0.4, 0.4, (count, 2))])
    clip = heads(shape, moves, rotations, random.uniform(0, 1, (count, 52)))
    found = aligned(clip[np.array([0])], clip)
    assert np.abs(found[0] - clip.points[0]).max() < 0.5
    # other frames: turned about the neck instead of the origin, otherwise the same
    for frame in (1, 7):
        shift = found[frame] - clip.points[frame]
        assert np.abs(shift - shift.mean(axis=0)).max() < 0.5


def test_shape_is_the_source_s_expression_the_driver_s(shape: np.ndarray, moves: np.ndarray) -> None:
    random = np.random.default_rng(3)
    other = shape + random.standard_normal(shape.shape) * 5
    other[list(RIGID)] = shape[list(RIGID)]
    rotations, blendshapes = np.repeat(np.eye(3)[None], 300, 0), random.uniform(0, 1, (300, 52))
    clip = heads(shape, moves, rotations, blendshapes)
    source = heads(other, moves, np.eye(3)[None], random.uniform(0, 1, (1, 52)))
    found = aligned(source, clip)
    expected = heads(other, moves, rotations, blendshapes).points
    assert np.abs(found - expected).max() < 0.5
    assert np.abs(found - clip.points).max() > 5


def test_place_and_size_stay_the_source_s(shape: np.ndarray, moves: np.ndarray) -> None:
    still = heads(shape, moves, np.eye(3)[None], np.zeros((1, 52)))
    larger = dataclasses.replace(still, points=still.points * 3 + 40)
    assert np.allclose(aligned(still, larger), still.points)


def test_frames_without_a_face_hold_the_last_one() -> None:
    assert held(np.array([False, False, True, False, True, False])).tolist() == [2, 2, 2, 2, 4, 4]
    with pytest.raises(ValueError, match="no frame has a face"):
        held(np.zeros(3, bool))


@pytest.fixture
def driving(tmp_path: Path) -> Driving:
    path = tmp_path / "clip.mkv"
    video.write_video(path, [np.arange(4, dtype=np.uint8)[:, None, None, None] * np.ones((1, 64, 64, 3), np.uint8)], 25)
    return Driving(path, Selection(size=64))


def reader(shape: np.ndarray, moves: np.ndarray, faceless: tuple[int, ...]):
    """Frames are told apart by their grey; 200 is the source."""

    def read(frames: Frames) -> Heads:
        greys = [int(frame[0, 0, 0]) for frame in frames]
        found = heads(shape / 4, moves / 4, np.stack([turn(0.1 * grey) for grey in greys]), np.zeros((len(greys), 52)))
        points = found.points - [90, 100, 0]
        points[[index for index, grey in enumerate(greys) if grey in faceless]] = np.nan
        return dataclasses.replace(found, points=points)

    return read


SOURCE = np.full((64, 64, 3), 200, np.uint8)


def test_missing_faces_are_held_and_told(
    shape: np.ndarray, moves: np.ndarray, driving: Driving, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("mediapipe")
    with caplog.at_level(logging.WARNING, "evalkit"):
        whole = list(MeshMaps(reader(shape, moves, ())).maps(SOURCE, driving, "", 64))
        assert not caplog.records and len(whole) == 4 and whole[0].shape == (3, 64, 64, 3)
        assert any((whole[0] != other).any() for other in whole[1:])
        some = list(MeshMaps(reader(shape, moves, (2, 3))).maps(SOURCE, driving, "", 64))
    assert len(some) == 4 and np.array_equal(some[2], some[1]) and np.array_equal(some[3], some[1])
    assert caplog.records[-1].getMessage() == (
        "no face in driving frame 2, 3 of 4: guidance is that of the last frame with a face"
    )


@pytest.mark.parametrize(
    ("faceless", "message"),
    [
        ((200,), "no face in the source"),
        ((0, 1, 2, 3), "no face in any of the 4 driving frames"),
        ((1,), "no face in driving frame 1 of 4; missing=hold goes on"),
    ],
)
def test_faces_that_are_needed(
    faceless: tuple[int, ...], message: str, shape: np.ndarray, moves: np.ndarray, driving: Driving
) -> None:
    with pytest.raises(MethodError, match=message):
        next(MeshMaps(reader(shape, moves, faceless), hold=False).maps(SOURCE, driving, "", 64))


def test_the_mesh_is_made_of_triangles_that_turn_one_way() -> None:
    pytest.importorskip("mediapipe")
    from baselines.magicportrait_mesh.topology import triangles

    found = triangles()
    assert found.shape == (852, 3) and found.min() == 0 and found.max() < POINTS
    sides = [tuple(pair) for triangle in found for pair in zip(triangle, np.roll(triangle, -1), strict=True)]
    assert len(set(sides)) == len(sides)


@pytest.mark.slow
def test_fifty_frames_of_a_real_clip(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mediapipe")
    pytest.importorskip("diffusers")
    from baselines.magicportrait_mesh.adapter import build
    from baselines.magicportrait_mesh.provider import mediapipe_heads

    monkeypatch.setenv("EVALKIT_WEIGHTS", str(shared / "weights"))
    clips = shared / "faces" / "clips"
    source = video.read_frames(clips / "p007_c1.mp4", [0], size=256)
    driving = Driving(clips / "p001_c1.mp4", Selection(size=256, maximum=50))
    head = mediapipe_heads()(source)
    maps = list(MeshMaps(mediapipe_heads()).maps(source[0], driving, "", 256))
    assert len(maps) == 50
    left, top = head.points[0, :, :2].min(axis=0)
    right, bottom = head.points[0, :, :2].max(axis=0)
    for images in (maps[0], maps[25], maps[49]):
        y, x = np.nonzero(images[0, :, :, 0])
        assert left - 25 < x.min() and x.max() < right + 25 and top - 25 < y.min() and y.max() < bottom + 25
        assert len(x) > 0.4 * (right - left) * (bottom - top)
    given = ("networks=tiny", "side=64", "steps=1")
    options = method_options(find_method("magicportrait_mesh").card, list(given))
    frames = np.concatenate(
        list(build(MethodConfig(random_weights=True, options=options)).animate(source, driving, "absolute"))
    )
    assert frames.shape == (50, 256, 256, 3)
