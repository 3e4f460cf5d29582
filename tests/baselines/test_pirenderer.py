"""PIRenderer networks and motion windows against the official code (fixture) and against closed forms."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from baselines._shared.native.batches import Batches
from baselines.pirenderer import motion
from baselines.pirenderer.coefficients import alignment_of, coefficient_reader
from baselines.pirenderer.generator import Generator, GeneratorConfig
from baselines.pirenderer.warping import warp
from evalkit.method.interface import Driving, MethodConfig
from evalkit.types import Frames
from tests.baselines.random_methods import Build, chosen, floats
from tests.parity.compare import run
from tests.parity.fixture import Fixture, load_fixture
from tests.parity.methods.pirenderer import generator_config
from tests.parity.pirenderer_images import to_input, to_uint8
from tests.parity.recipe import Recipe, fill

ID = "pirenderer"
SMALL = GeneratorConfig(
    descriptor_nc=16, max_nc=16, warping_base=4, warping_encoder_layers=3, warping_decoder_layers=2, editing_base=8
)


class PerturbedFixture(Fixture):
    """Same fixture, one weight of the loaded network moved."""

    def fill(self, module, name, recipe=None):
        super().fill(module, name, recipe)
        with torch.no_grad():
            module.get_submodule("editing_net.decoder.res0.res1.norm2").mlp_beta.bias[0] += 0.05


@pytest.fixture(scope="module")
def small() -> Generator:
    model = Generator(SMALL)
    fill(model, "net_G_ema", Recipe(salt="test", overrides={}))
    return model


def test_fixture_within_tolerance(shared: Path) -> None:
    results = run(ID, load_fixture(shared / "parity" / "fixtures" / ID))
    assert len(results) == 21
    assert [result.line() for result in results if not result.ok] == []


def test_perturbed_weight_fails(shared: Path) -> None:
    fixture = load_fixture(shared / "parity" / "fixtures" / ID)
    config = {key: value for key, value in fixture.config.items() if key != "full"}
    io = {name: array for name, array in fixture.io.items() if not name.startswith("full_")}
    failed = {result.name for result in run(ID, PerturbedFixture(fixture.folder, config, io)) if not result.ok}
    assert failed == {"fake_image", "video_u8", "fake_image_same_last"}


def test_state_dict_is_the_official_one(check_keys: Callable[[str, dict[str, nn.Module]], None]) -> None:
    with torch.device("meta"):
        network = Generator(GeneratorConfig())
    check_keys(ID, {"net_G_ema": network})


def test_defaults_are_the_released_sizes(shared: Path) -> None:
    config = load_fixture(shared / "parity" / "fixtures" / ID).config
    assert generator_config(config["full"]["modules"]["net_G_ema"]) == GeneratorConfig()
    assert config["full"]["semantic_radius"] == motion.SEMANTIC_RADIUS


def test_batch_equals_single_frames(small: Generator) -> None:
    generator = torch.Generator().manual_seed(1)
    source = torch.rand(1, 3, 32, 32, generator=generator) * 2 - 1
    windows = torch.randn(3, 73, 27, generator=generator)
    with torch.no_grad():
        batch = small(source.expand(3, -1, -1, -1), windows).image
        singles = torch.cat([small(source, window[None]).image for window in windows])
    torch.testing.assert_close(batch, singles, atol=1e-5, rtol=0)
    assert (batch[0] - batch[1]).abs().max() > 1e-3  # the window does move the image


def test_dead_branch_has_no_effect(small: Generator) -> None:
    source, window = torch.zeros(1, 3, 32, 32), torch.ones(1, 73, 27)
    with torch.no_grad():
        before = small(source, window).image
        small.get_submodule("editing_net.decoder.res0.res0.conv1").weight.add_(1.0)
        assert torch.equal(small(source, window).image, before)


def test_motion_is_taken_from_the_right_places() -> None:
    stored = np.arange(260, dtype=np.float32)[None]
    expected = [*range(80, 144), *range(224, 227), *range(254, 260)]
    assert motion.motion_coefficients(stored)[0].tolist() == expected
    single = np.arange(262, dtype=np.float32)[None]
    assert motion.motion_coefficients(single)[0].tolist() == [*expected[:70], 259, 260, 261]
    with pytest.raises(ValueError, match="260"):
        motion.motion_coefficients(np.zeros((4, 257)))


def test_windows_repeat_the_ends() -> None:
    clip = np.arange(4.0)[:, None]
    assert motion.windows(clip, radius=2)[:, 0].tolist() == [
        [0, 0, 0, 1, 2],
        [0, 0, 1, 2, 3],
        [0, 1, 2, 3, 3],
        [1, 2, 3, 3, 3],
    ]
    assert motion.windows(clip[:1]).shape == (1, 1, 27)


def test_scale_ratio_uses_the_most_similar_frame() -> None:
    source, driving = np.zeros(73), np.zeros((3, 73))
    source[motion.SCALE] = 3.0
    driving[:, motion.SCALE] = [1.0, 2.0, 4.0]
    driving[0, motion.ANGLES] = 0.1  # 0.7 * 0.1 = 0.07
    driving[1, motion.EXPRESSION] = 0.2  # 0.3 * 0.2 = 0.06, the smallest
    driving[2, motion.ANGLES] = 0.2
    assert motion.scale_ratio(source, driving) == 1.5
    assert motion.with_scale(driving, 1.5)[:, motion.SCALE].tolist() == [1.5, 3.0, 6.0]
    assert driving[0, motion.SCALE] == 1.0


def test_flow_across_the_whole_width_leaves_the_image() -> None:
    # Zero flow is not quite the identity: the grid has its corners at -1 and 1, which sampling takes as pixel edges.
    image = torch.ones(1, 1, 8, 8)
    flow = torch.zeros(1, 2, 8, 8)
    flow[:, 0] = 7.0  # 2 * 7 / 7 = 2: the left border reads the right border, everything else is outside
    moved = warp(image, flow)
    assert moved[0, 0, 3, 0] == pytest.approx(0.5)  # x = 1 is the edge of the last pixel: half of it
    assert (moved[0, 0, :, 1:] == 0).all()
    flow[:] = 0
    assert (warp(image, flow)[0, 0, 1:-1, 1:-1] == 1).all()


def test_bytes_round_trip_and_clamp() -> None:
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16, 1).expand(-1, -1, -1, 3)
    inside = to_input(levels)
    assert inside.min() == -1
    assert inside.max() == 1
    assert (to_uint8(inside).int() - levels.int()).abs().max() <= 1  # cutting off may lose one level
    assert to_uint8(torch.full((1, 3, 1, 1), 7.0)).flatten().tolist() == [255, 255, 255]


def test_a_frame_without_a_face_has_the_landmarks_of_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also across chunks; before the first face the standard face is stretched over the picture."""
    generator = np.random.default_rng(0)
    first, second = (np.array([60.0, 70.0]) + 12 * generator.random((68, 2)) for _ in range(2))
    nobody = np.full((68, 2), np.nan)
    clip = iter([nobody, first, nobody, nobody, second])

    def locate(frames: Frames, upstream: object) -> dict[str, np.ndarray]:
        return {"points": np.stack([next(clip) for _ in frames])}

    monkeypatch.setattr("baselines.pirenderer.coefficients.dlib68.load", lambda: locate)
    monkeypatch.setattr("baselines.pirenderer.coefficients.align_image", lambda frame, alignment: frame[:2, :2])
    read = coefficient_reader(lambda crops: torch.zeros(len(crops), 257), MethodConfig(), Batches(4))  # type: ignore[arg-type]
    moving = read([np.zeros((3, 256, 256, 3), np.uint8), np.zeros((2, 256, 256, 3), np.uint8)])
    wanted = [alignment_of(points, 256) for points in (nobody, first, first, first, second)]
    assert np.allclose(moving[:, motion.SCALE :], [one.params[-3:] for one in wanted])
    assert len({one.params[-3] for one in wanted}) == 3


@pytest.mark.slow
def test_self_reenactment_is_not_rescaled(build: Build, faces: Frames, driving: Driving) -> None:
    """The source is the clip's first frame, which the protocol leaves out; another source does change the scale."""
    later = chosen(driving, start=1)
    scaled, plain = (
        [floats(build("pirenderer", f"match_scale={flag}"), source, later) for source in (faces[:1], faces[3:])]
        for flag in ("yes", "no")
    )
    assert np.array_equal(scaled[0], plain[0]) and not np.array_equal(scaled[1], plain[1])
