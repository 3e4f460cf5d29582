"""LivePortrait's crops and its 203 landmarks: closed forms, and the detector's calling rule with a stand-in network."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from baselines.liveportrait.crop import (
    DRIVING_CROP,
    LANDMARK_CROP,
    SOURCE_CROP,
    Crop,
    box_matrix,
    crop_image,
    crop_matrix,
    uncropped,
    upright_box,
)
from baselines.liveportrait.cropping import CroppingMethod, fading, pasted
from baselines.liveportrait.landmarks import landmark_reader, landmarks_203
from evalkit.clips import video
from evalkit.datasets.drawn import render_clip
from evalkit.errors import MethodError
from evalkit.types import Frames
from evalkit.weights import find

PLAIN = Crop(side=100, scale=1.0, down=0.0)


def face(count: int = 68) -> np.ndarray:
    """Landmarks of an upright face: eyes at the top corners of a 40x80 box around (50, 60), the mouth low in it."""
    points = np.tile([50.0, 60.0], (count, 1))
    eyes, mouth = ((36, 39), (42, 45)), (48, 54)
    if count == 203:
        eyes, mouth = ((0, 6, 12, 18), (24, 30, 36, 42)), (48, 66)
    points[list(eyes[0])], points[list(eyes[1])] = (30, 20), (70, 20)
    points[mouth[0]], points[mouth[1]] = (40, 90), (60, 90)
    points[10] = (50, 100)  # chin
    return points


def applied(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2])


@pytest.mark.parametrize("count", [68, 203])
def test_an_upright_face_is_boxed_by_its_longer_side(count: int) -> None:
    """The box is 40 x 80 around (50, 60): a square of 80 becomes 100 pixels."""
    expected = [[1.25, 0, 50 - 1.25 * 50], [0, 1.25, 50 - 1.25 * 60]]
    np.testing.assert_allclose(crop_matrix(face(count), PLAIN), expected, atol=1e-12)


def test_scale_and_shift_are_shares_of_the_square() -> None:
    """A square of 2.3 * 80 = 184 pixels, moved up by an eighth of itself: its middle is at y = 60 - 23."""
    matrix = crop_matrix(face(), SOURCE_CROP)
    np.testing.assert_allclose(applied(matrix, np.array([[50.0, 37.0]])), [[256, 256]])
    np.testing.assert_allclose(matrix[0, 0], 512 / 184)


@pytest.mark.parametrize("degrees", [-120, 30, 77])
def test_a_turned_face_comes_out_upright(degrees: float) -> None:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = face() @ turn.T + (300, 200)
    upright = applied(crop_matrix(face(), LANDMARK_CROP), face())
    np.testing.assert_allclose(applied(crop_matrix(turned, LANDMARK_CROP), turned), upright, atol=1e-9)


def test_eyes_on_the_mouth_count_as_upright() -> None:
    points = face()
    points[[48, 54]] = (50, 20)
    assert crop_matrix(points, PLAIN)[0, 1] == 0


def test_pixels_go_where_the_matrix_says() -> None:
    image = np.zeros((120, 100, 3), np.uint8)
    image[60:63, 50:53] = 255
    matrix = crop_matrix(face(), Crop(side=200, scale=1.0, down=0.0))
    rows, columns = np.nonzero(crop_image(image, matrix, 200)[..., 0] > 128)
    np.testing.assert_allclose([columns.mean(), rows.mean()], applied(matrix, np.array([[51.0, 61.0]]))[0], atol=0.5)


def test_points_of_the_network_return_to_the_image() -> None:
    """A network that answers with the middle and a corner of its crop."""
    points = np.stack([face(), face() + np.array([5, -3])])
    seen: list[np.ndarray] = []

    def network(batch: np.ndarray) -> list[np.ndarray]:
        seen.append(batch)
        pairs = np.full((1, 406), 0.5, np.float32)
        pairs[0, :2] = 0
        return [np.zeros((1, 2), np.float32), np.zeros((1, 3), np.float32), pairs]

    frames = np.full((2, 120, 100, 3), 255, np.uint8)
    found = landmarks_203(network, frames, points)
    assert found.shape == (2, 203, 2) and [batch.shape for batch in seen] == [(1, 3, 224, 224)] * 2
    assert seen[0].dtype == np.float32 and seen[0].max() == 1
    side = 1.5 * 80
    middle = np.array([50, 60 - 0.1 * side])
    np.testing.assert_allclose(found[0, 1], middle, atol=1e-4)
    np.testing.assert_allclose(found[0, 0], middle - side / 2, atol=1e-4)
    np.testing.assert_allclose(found[1, 1], middle + np.array([5, -3]), atol=1e-4)


def test_uncropped_undoes_the_matrix() -> None:
    matrix = crop_matrix(face(203), LANDMARK_CROP)
    np.testing.assert_allclose(uncropped(applied(matrix, face()), matrix), face(), atol=1e-9)


def test_frames_without_a_face_are_counted() -> None:
    points = np.stack([face(), np.full((68, 2), np.nan)])
    with pytest.raises(MethodError, match=r"no face in 1 of 2 frames.*Use normalize_lip=no"):
        landmarks_203(lambda batch: [], np.zeros((2, 8, 8, 3), np.uint8), points)


def test_absent_weights_are_named_with_the_command() -> None:
    with pytest.raises(MethodError, match=r"203 landmarks.*landmark\.onnx.*evalkit weights fetch face-landmarks-203"):
        landmark_reader()


def test_another_file_in_its_place_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / find("face-landmarks-203").file).write_bytes(b"half")
    monkeypatch.setenv("EVALKIT_WEIGHTS", str(tmp_path))
    with pytest.raises(MethodError, match=r"expected sha256 31d22a50.*4 bytes, expected 114666491"):
        landmark_reader()


def test_tensors_are_read_as_the_frames_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[np.ndarray] = []
    monkeypatch.setattr("baselines.liveportrait.landmarks.weights.locate", lambda name: Path(name))
    monkeypatch.setattr("baselines.liveportrait.landmarks.load_onnx", lambda path: None)

    def found(network: object, frames: np.ndarray, points: np.ndarray) -> np.ndarray:
        given.extend([frames, points])
        return np.ones((len(frames), 203, 2))

    monkeypatch.setattr("baselines.liveportrait.landmarks.landmarks_203", found)
    frames = render_clip(0, 0, frames=2, size=128).frames
    landmarks = landmark_reader()(torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255)
    assert np.array_equal(given[0], frames) and given[1].shape == (2, 68, 2) and np.isfinite(given[1]).all()
    assert landmarks.shape == (2, 203, 2) and landmarks.dtype == torch.float32


def test_boxes_are_not_turned_and_have_the_side_of_the_square() -> None:
    """A square of 2.2 * 80 = 176 pixels around (50, 60), moved up by a tenth of itself."""
    box = upright_box(face(), DRIVING_CROP)
    np.testing.assert_allclose(box, [50 - 88, 60 - 17.6 - 88, 50 + 88, 60 - 17.6 + 88])
    matrix = box_matrix(box, 512)
    np.testing.assert_allclose(applied(matrix, np.array([box[:2], box[2:]])), [[0, 0], [512, 512]], atol=1e-9)


def test_a_crop_that_is_pasted_back_leaves_the_picture(faces: Frames) -> None:
    """Up to resampling, inside the fading border; the rest of the picture is untouched."""
    picture = faces[0]
    matrix = np.array([[4.0, 0, -128], [0, 4.0, -128]])  # the middle quarter, 64 pixels, at 256
    crop = crop_image(picture, matrix, 256)
    back = pasted(np.stack([crop, np.zeros_like(crop)]), matrix, picture)
    assert np.abs(back[0].astype(int) - picture).max() <= 8
    inside = np.zeros((128, 128), bool)
    inside[31:97, 31:97] = True
    assert np.array_equal(back[1][~inside], picture[~inside])
    assert (back[1][42:86, 42:86] == 0).all() and 0 < back[1][34, 64].mean() < picture[34, 64].mean()


def test_the_mask_fades_to_the_border() -> None:
    mask = fading(100)
    assert mask.shape == (100, 100) and mask[50, 50] == 1 and mask[50, 0] == pytest.approx(0.05) and mask[0, 50] > 0
    assert (mask[10:90, 10:90] == 1).all() and np.array_equal(mask, mask.T)


class Painter:
    """Stands for the networks: notes what it gets, and paints it grey."""

    def animate(self, sources: Frames, driving: Iterable[Frames], motion: str) -> Iterator[np.ndarray]:
        self.sources, self.frames = sources, np.concatenate(list(driving))
        for _ in self.frames:
            yield np.full((1, *sources.shape[1:]), 128, np.uint8)


def test_crops_reach_the_networks_and_frames_have_the_size_of_the_source(faces: Frames) -> None:
    clip = np.stack([video.fit(face, 256) for face in faces[:3]])
    source, clip = np.pad(clip[:1], ((0, 0), (128, 128), (128, 128), (0, 0))), clip[1:]
    for crop, driving in (("face", False), ("paste", True), ("no", True)):
        painter = Painter()
        method = CroppingMethod(painter, crop, driving)  # type: ignore[arg-type]
        frames = np.concatenate([np.asarray(one) for one in method.animate(source, [clip[:1], clip[1:]], "absolute")])
        assert frames.shape == (2, 512, 512, 3)
        assert (painter.sources is source) == (crop == "no")
        assert painter.frames.shape == ((2, 512, 512, 3) if driving else clip.shape)
        corner = np.array_equal(frames[0, :4, :4], source[0, :4, :4])
        assert corner == (crop == "paste") and (frames[0, 256, 256] == 128).all()


def test_a_picture_without_a_face_is_an_error() -> None:
    nobody = np.zeros((1, 64, 64, 3), np.uint8)
    with pytest.raises(MethodError, match="no face in the source, and crop needs one"):
        list(CroppingMethod(Painter(), "face", False).animate(nobody, [nobody], "absolute"))  # type: ignore[arg-type]
    with pytest.raises(MethodError, match="no face in any driving frame, and crop_driving needs one"):
        list(CroppingMethod(Painter(), "no", True).animate(nobody, [nobody], "absolute"))  # type: ignore[arg-type]
