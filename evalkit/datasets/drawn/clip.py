"""One clip: motion applied to a person, drawn frame by frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.datasets.drawn.eyes import near_eyes, paint_eyes
from evalkit.datasets.drawn.motion import EXPRESSION_NAMES, Motion, move
from evalkit.datasets.drawn.mouth import in_mouth, paint_mouth
from evalkit.datasets.drawn.parts import grid_normals
from evalkit.datasets.drawn.person import Person, build_person
from evalkit.datasets.drawn.pose import rotation_matrix, turn
from evalkit.datasets.drawn.raster import Coverage, rasterise
from evalkit.datasets.drawn.scene import DISTANCE, Lamps, background, lamps, light, project
from evalkit.errors import DatasetError

_SAMPLES = 2
_PIVOT = np.array([0.0, 7.0, 2.0])


@dataclass(frozen=True)
class DemoClip:
    """A drawn clip and the truth about it.

    Camera axes are x right, y down, z forward (away from the viewer), in cm. A point of the head at rest (zero pose:
    looking straight along the camera's axis) is seen at `rotation_matrix(yaw, pitch, roll) @ point + translation`,
    where the rotation is Rz(roll) Ry(yaw) Rx(pitch). So positive yaw turns the nose to the left of the image,
    positive pitch turns it down, and positive roll tips the crown to the right of the image (clockwise). A
    perspective-n-point estimate from landmarks gives the same angles when its face model has the same axes (nose at
    negative z, chin at positive y); being a fit of an average face it is off by a constant per person, in pitch above
    all. A camera point lands at pixel `3 * size * x / z + 0.5 * size`, `3 * size * y / z + 0.47 * size`.

    Attributes:
        frames: (T, H, W, 3) uint8 RGB.
        pose: (T, 3) float64 radians: yaw, pitch, roll.
        translation: (T, 3) float64 cm, place of the middle of the head in camera axes.
        expression: (T, E) float64. `jaw_open`, `smile`, `brow_raise`, `blink` lie in [0, 1]; `mouth_width` (narrow to
            wide), `gaze_x` (to the right of the image) and `gaze_y` (down), both relative to the head, in [-1, 1].
        expression_names: names of the E columns.
    """

    frames: NDArray[np.uint8]
    pose: NDArray[np.float64]
    translation: NDArray[np.float64]
    expression: NDArray[np.float64]
    expression_names: tuple[str, ...]


def render_clip(
    identity: int, clip: int, frames: int = 32, size: int = 256, motion: tuple[int, int] | None = None
) -> DemoClip:
    """Draw a talking, turning head. The first n frames of a longer clip are the same; equal arguments give equal bytes.

    Args:
        identity: the person, any non-negative integer; different numbers are different people.
        clip: which clip of the person, any non-negative integer: another motion, background and light.
        frames: number of frames, at least 1, thought of as 25 per second.
        size: rows and columns of the square image, 64 to 512.
        motion: identity and clip whose motion is made; None for this clip's own.

    Raises:
        DatasetError: an argument lies outside its range.
    """
    moved = (identity, clip) if motion is None else motion
    _check(identity, clip, frames, size, moved)
    return render_motion(identity, clip, move(*moved, frames), size)


def render_motion(identity: int, clip: int, curves: Motion, size: int = 256) -> DemoClip:
    """Draw a person making any motion of at least one frame; the rest is as in `render_clip`, which raises the same."""
    frames = len(curves.pose)
    _check(identity, clip, frames, size, (identity, clip))
    person = build_person(identity, size)
    canvas = background(identity, clip, size)
    lit_by = lamps(identity, clip)
    images = np.empty((frames, size, size, 3), dtype=np.uint8)
    places = np.empty((frames, 3))
    for number in range(frames):
        rotation = rotation_matrix(*curves.pose[number])
        drift = np.array([*curves.drift[number], DISTANCE])
        places[number] = _PIVOT - turn(_PIVOT[None], rotation)[0] + drift
        points = _pose_points(person, rotation, places[number], drift, curves.expression[number])
        images[number] = _draw(person, points, curves.expression[number], canvas, lit_by)
    return DemoClip(images, curves.pose, places, curves.expression, EXPRESSION_NAMES)


def _check(identity: int, clip: int, frames: int, size: int, motion: tuple[int, int]) -> None:
    ranges = (
        ("identity", identity, 0, None),
        ("clip", clip, 0, None),
        ("frames", frames, 1, None),
        ("size", size, 64, 512),
        ("motion of identity", motion[0], 0, None),
        ("motion of clip", motion[1], 0, None),
    )
    for name, value, least, most in ranges:
        if value < least or (most is not None and value > most):
            wanted = f"at least {least}" if most is None else f"{least} to {most}"
            raise DatasetError(f"The demo corpus was asked for {name} {value}; it must be {wanted}.")


def _pose_points(
    person: Person,
    rotation: NDArray[np.float64],
    place: NDArray[np.float64],
    drift: NDArray[np.float64],
    expression: NDArray[np.float64],
) -> NDArray[np.float64]:
    points = person.points.copy()
    head = points[: person.moves.shape[1]]
    for amount, move_field in zip(expression, person.moves, strict=False):
        head += amount * move_field
    still = points + drift * np.array([0.4, 0.4, 1.0])
    return np.asarray(still + person.follow * (turn(points, rotation) + place - still))


def _draw(
    person: Person,
    points: NDArray[np.float64],
    expression: NDArray[np.float64],
    canvas: NDArray[np.float32],
    lit_by: Lamps,
) -> NDArray[np.uint8]:
    size = len(canvas)
    side = size * _SAMPLES
    seen = rasterise(project(points, side), person.triangles, person.two_sided, side)
    lights = light(_normals(person, points), lit_by)
    colour = _colours(person, seen, lights, expression, float(np.sign(lit_by.key[0])))
    image = np.repeat(np.repeat(canvas, _SAMPLES, axis=0), _SAMPLES, axis=1)
    image.reshape(-1, 3)[seen.pixel] = np.clip(colour, 0.0, 1.0)
    mean = image.reshape(size, _SAMPLES, size, _SAMPLES, 3).mean(axis=(1, 3))
    return np.asarray(np.sqrt(mean) * 255.0 + 0.5).astype(np.uint8)


def _normals(person: Person, points: NDArray[np.float64]) -> NDArray[np.float64]:
    normals, first = [], 0
    for rows, columns in person.grids:
        grid = points[first : first + rows * columns].reshape(rows, columns, 3)
        normals.append(grid_normals(grid).reshape(-1, 3))
        first += rows * columns
    return np.concatenate(normals)


def _colours(
    person: Person, seen: Coverage, lights: NDArray[np.float64], expression: NDArray[np.float64], lamp_side: float
) -> NDArray[np.float32]:
    """Linear colours (N, 3) of the covered pixels."""
    shine = (lights[:, 3:] * person.fixed[:, 4:]).astype(np.float32)
    values = np.concatenate([person.fixed[:, :4], lights[:, :3].astype(np.float32), shine], axis=1)
    at = seen.interpolate(values)
    colour = person.atlas[at[:, 1].astype(np.intp), at[:, 0].astype(np.intp)]
    x, y = at[:, 2], at[:, 3]
    jaw, _, smile, _, blink, gaze_x, gaze_y = (float(value) for value in expression)
    eyes = np.flatnonzero(near_eyes(x, y))
    gaze = (gaze_x, gaze_y)
    colour[eyes], ball = paint_eyes(colour[eyes], x[eyes], y[eyes], person.identity, blink, gaze, lamp_side)
    at[eyes, 7] *= 1.0 - ball
    colour = colour * at[:, 4:7] + at[:, 7:8]
    mouth = np.flatnonzero(in_mouth(x, y))
    colour[mouth] = paint_mouth(x[mouth], y[mouth], jaw, smile)
    return colour
