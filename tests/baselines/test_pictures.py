"""Pictures in and out: the filters of the official demos against the libraries they call, and how levels are made."""

import numpy as np
import pytest
import torch

from baselines._shared.native.pictures import to_frames, to_tensor
from baselines._shared.native.resizing import RESIZE
from evalkit.clips import video
from evalkit.method.find import list_methods
from evalkit.method.interface import Driving
from evalkit.types import Frames, Selection
from tests.baselines.random_methods import EVERY, Build, fitted
from tests.baselines.tiny import TINY
from tests.fakes import noise

OFFICIAL = {
    **dict.fromkeys(("fomm", "tpsm", "dagan", "osfs", "fnevr", "g3fa", "fsrt"), ("skimage", "nearest")),
    "lia": ("pillow", "nearest"),
    "dpe": ("pillow", "down"),
    "liveportrait": ("opencv", "down"),
    "pirenderer": (None, "down"),
    "hyperreenact": (None, "nearest"),
}


@pytest.mark.parametrize("sizes", [(128, 64), (100, 64), (97, 64), (48, 64), (64, 256), (512, 256)])
def test_skimage(sizes: tuple[int, int]) -> None:
    transform = pytest.importorskip("skimage.transform")
    frames = noise(2, sizes[0])
    wanted = np.stack([transform.resize(frame, (sizes[1], sizes[1])) for frame in frames])
    found = RESIZE["skimage"](frames, sizes[1]).permute(0, 2, 3, 1).numpy()
    assert found.dtype == np.float32 and np.abs(found - wanted).max() < 1e-7


@pytest.mark.parametrize("sizes", [(128, 64), (97, 64), (48, 64)])
def test_opencv_and_pillow(sizes: tuple[int, int]) -> None:
    cv2 = pytest.importorskip("cv2")
    frames, size = noise(2, sizes[0]), sizes[1]
    libraries = {
        "opencv": lambda frame: cv2.resize(frame, (size, size)),
        "pillow": lambda frame: video.fit(frame, size),
    }
    for name, library in libraries.items():
        wanted = to_tensor(np.stack([library(frame) for frame in frames]), size)
        assert torch.equal(RESIZE[name](frames, size), wanted)


@pytest.mark.parametrize("name", sorted(RESIZE))
def test_frames_of_the_right_size_meet_no_filter(name: str) -> None:
    frames = noise(2, 32)
    assert torch.equal(to_tensor(frames, 32, RESIZE[name]), torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255)


def test_fractions_are_cut_off_or_rounded() -> None:
    images = torch.tensor([0.0, 1.4, 1.6, 254.9, 255.0, 300.0]).view(1, 1, 1, 6).expand(1, 3, 6, 6) / 255
    down = to_frames(images, 6, "down")
    assert down.dtype == np.uint8 and down[0, 0, :, 0].tolist() == [0, 1, 1, 254, 255, 255]
    assert video.to_uint8(to_frames(images, 6))[0, 0, :, 0].tolist() == [0, 1, 2, 255, 255, 255]
    assert np.array_equal(to_frames(images, 3, "down"), np.stack([video.fit(frame, 3) for frame in down]))


def test_nan_is_not_hidden_by_cutting_off() -> None:
    found = to_frames(torch.full((1, 3, 4, 4), torch.nan), 4, "down")
    assert np.issubdtype(found.dtype, np.floating) and np.isnan(found).all()


def test_cards_say_what_the_official_demo_does() -> None:
    cards = {entry.card.id: entry.card for entry in list_methods() if entry.card.id in EVERY}
    options = {name: (card.options.get("resize"), card.options["rounding"]) for name, card in cards.items()}
    assert {name: (one and one.default, two.default) for name, (one, two) in options.items()} == OFFICIAL
    assert all("official" in option.help for pair in options.values() for option in pair if option)


@pytest.mark.parametrize("name", ["lia", "dpe"])
def test_the_filter_and_the_levels_of_an_option_reach_the_frames(
    name: str, build: Build, faces: Frames, driving: Driving
) -> None:
    side = TINY[name]["side"]
    source, short = faces[3:], Driving(driving.path, Selection(size=faces.shape[1], maximum=1))
    filters = ("resize=skimage", "resize=pillow", "resize=opencv")
    found = [next(iter(build(name, one).animate(source, short, "absolute"))) for one in filters]
    assert not any(np.array_equal(found[index], found[index - 1]) for index in range(3))
    source, short = fitted(faces[3:], Driving(driving.path, Selection(maximum=1)), side)
    down, exact = (
        next(iter(build(name, f"rounding={one}").animate(source, short, "absolute"))) for one in ("down", "nearest")
    )
    assert np.array_equal(down, np.floor(np.asarray(exact) * np.float32(255)))
