"""SyncNet's layout is the released one, crops are the official ones, and every row is of what begins there."""

import numpy as np
import pytest
import torch

from evalkit.extractors import EXTRACTORS, syncnet
from evalkit.extractors.syncnet import SIDE, _crops, _fill, _lip_rows, _sound_rows, frame_and_box, mouth_crop
from evalkit.extractors.syncnet_network import SyncNet
from evalkit.types import Sound

# Layers with weights in the official file, SyncNetModel.py of joonson/syncnet_python: place -> shape.
OFFICIAL = {
    "netcnnaud": {
        0: (64, 1, 3, 3), 4: (192, 64, 3, 3), 8: (384, 192, 3, 3), 11: (256, 384, 3, 3), 14: (256, 256, 3, 3),
        18: (512, 256, 5, 4),
    },
    "netfcaud": {0: (512, 512), 3: (1024, 512)},
    "netfclip": {0: (512, 512), 3: (1024, 512)},
    "netcnnlip": {
        0: (96, 3, 5, 7, 7), 4: (256, 96, 1, 5, 5), 8: (256, 256, 1, 3, 3), 11: (256, 256, 1, 3, 3),
        14: (256, 256, 1, 3, 3), 18: (512, 256, 1, 6, 6),
    },
}  # fmt: skip
NORMED = {"netcnnaud": {1, 5, 9, 12, 15, 19}, "netfcaud": {1}, "netfclip": {1}, "netcnnlip": {1, 5, 9, 12, 15, 19}}


class Towers:
    """Stands in for the network: the mean grey level of the third frame, or of the coefficients."""

    def lips(self, crops):
        assert crops.shape[1:] == (3, 5, SIDE, SIDE)
        return crops[:, 0, 2].mean(dim=(1, 2))[:, None].expand(-1, 1024)

    def sound(self, coefficients):
        assert coefficients.shape[1:] == (1, 13, 20)
        return coefficients[:, 0, 0, :1].expand(-1, 1024)


def test_names_and_shapes_are_those_of_the_released_file():
    shapes = {name: tuple(value.shape) for name, value in SyncNet().state_dict().items()}
    for tower, layers in OFFICIAL.items():
        for place, shape in layers.items():
            assert shapes.pop(f"{tower}.{place}.weight") == shape
            assert shapes.pop(f"{tower}.{place}.bias") == shape[:1]
        for place in NORMED[tower]:
            for part in ("weight", "bias", "running_mean", "running_var"):
                assert len(shapes.pop(f"{tower}.{place}.{part}")) == 1
            assert shapes.pop(f"{tower}.{place}.num_batches_tracked") == ()
    assert shapes == {}


def test_both_towers_end_in_one_space():
    torch.manual_seed(0)
    network = SyncNet().eval()
    with torch.inference_mode():
        assert network.lips(torch.rand(1, 3, 5, SIDE, SIDE)).shape == (1, 1024)
        assert network.sound(torch.rand(2, 1, 13, 20)).shape == (2, 1024)


def test_a_crop_reaches_further_down_than_up_and_is_grey_outside():
    frame = np.zeros((100, 100, 3), np.uint8)
    frame[40:60, 40:60] = 200
    # Half a side of 10 around (50, 50): columns 36 to 64, rows 40 to 68, of which the face is 20 x 20.
    crop = mouth_crop(frame, 50, 50, 10)
    assert crop.shape == (SIDE, SIDE, 3) and crop[60, 112, 0] == 200 and crop[200, 112, 0] == 0
    assert abs(int((crop[..., 0] > 100).sum()) / SIDE**2 - 20 * 20 / 28**2) < 0.01
    assert (mouth_crop(frame, 50, 95, 10)[-20:] == 110).all(), "below the frame"


def test_a_lost_face_stays_for_a_while_and_then_is_gone():
    frames = np.zeros((40, 8, 8, 3), np.uint8)
    boxes = np.full((40, 4), np.nan)
    boxes[3] = [1, 1, 5, 7]
    found = [box for _, box in frame_and_box(lambda chunk, _: {"box": boxes[: len(chunk)]}, [frames])]
    assert [box is not None for box in found] == [False] * 3 + [True] * 26 + [False] * 11
    assert np.array_equal(found[20], [1, 1, 5, 7])


@pytest.mark.parametrize("size", [1, 3, 30])
def test_batches_move_no_frame_and_no_box(size):
    frames = np.arange(30, dtype=np.uint8)[:, None, None, None].repeat(3, axis=-1)

    def find(chunk, upstream):
        levels = chunk[:, 0, 0, :1].astype(float)
        return {"box": np.where(levels % 4 == 1, np.nan, levels).repeat(4, axis=1)}

    found = list(frame_and_box(find, (frames[i : i + size] for i in range(0, 30, size))))
    assert np.array_equal(np.stack([frame for frame, _ in found]), frames)
    assert [box[0] for _, box in found] == [n - (n % 4 == 1) for n in range(30)]


def test_boxes_are_smoothed_by_a_median_whose_ends_count_as_zero():
    frames = np.zeros((20, 64, 64, 3), np.uint8)
    boxes = [np.array([10.0, 10, 30, 30])] * 20
    boxes[8] = np.array([20.0, 20, 40, 40])  # one that jumps is not seen
    seen = []

    def crop(frame, x, y, half):
        seen.append((x, y, half))
        return np.zeros((SIDE, SIDE, 3), np.uint8)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(syncnet, "mouth_crop", crop)
        crops = list(_crops((frame, box) for frame, box in zip(frames, boxes, strict=True)))
    assert len(crops) == 20 and set(seen) == {(20.0, 20.0, 10.0)}


def test_rows_are_of_the_five_frames_from_there_on_and_a_missing_face_costs_five():
    crops = [np.full((SIDE, SIDE, 3), value, np.uint8) for value in range(30)]
    crops[12] = None
    rows = np.zeros((30, 1024))
    _fill(rows, _lip_rows(Towers(), iter(crops), 25))
    lost = np.isnan(rows[:, 0])
    assert np.flatnonzero(lost).tolist() == [8, 9, 10, 11, 12]
    assert np.array_equal(rows[:25][~lost[:25], 0], np.arange(25)[~lost[:25]] + 2)
    assert not rows[25:].any(), "nothing begins in the last five"


def test_rows_of_sound_are_four_steps_apart():
    samples = np.random.default_rng(0).integers(-9000, 9000, 16000).astype(np.int16)
    rows = np.array(list(_sound_rows(Towers(), samples, 20)))
    assert np.allclose(rows[:, 0], syncnet.mfcc(samples)[:80:4, 0].astype(np.float32))
    assert list(_sound_rows(Towers(), samples, 0)) == []


def test_the_released_file_is_older_than_torchs_counters_and_loads(tmp_path, monkeypatch):
    torch.manual_seed(0)
    state = {k: v for k, v in SyncNet().state_dict().items() if not k.endswith("num_batches_tracked")}
    torch.save(state, tmp_path / "syncnet_v2.model")
    monkeypatch.setattr(syncnet.weights, "locate", lambda name: tmp_path / "syncnet_v2.model")
    boxes = np.tile([2.0, 2, 28, 28], (7, 1))
    monkeypatch.setattr(syncnet.mtcnn5, "load", lambda: lambda frames, _: {"box": boxes[: len(frames)]})
    frames = np.random.default_rng(0).integers(0, 255, (7, 32, 32, 3)).astype(np.uint8)
    sound = Sound(np.random.default_rng(1).integers(-9000, 9000, 7 * 640).astype(np.int16), 25.0)
    extract = syncnet.load()
    found = extract(7, [frames[:3], frames[3:]], sound)
    assert found["lips"].shape == found["sound"].shape == (7, 1024)
    for rows in found.values():
        assert (rows[:2] != 0).any(axis=1).all() and not rows[2:].any()
    assert np.isnan(extract(5, [frames[:5]], Sound(sound.samples, 30.0))["sound"]).all(), "another frame rate"
    assert np.isnan(extract(5, [frames[:5]], None)["sound"]).all()


def test_the_signature_names_rate_crop_and_file():
    signature = EXTRACTORS["syncnet"].signature
    assert all(part in signature for part in ("961e8696", "25fps", "16kHz", "crop 0.4", "mtcnn"))
