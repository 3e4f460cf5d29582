"""LIA against the official code (fixture, state-dict keys) and against closed forms of its blocks."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from baselines._shared.stylegan.directions import Directions
from baselines._shared.stylegan.encoder import Widths
from baselines._shared.stylegan.images import resize, to_tensor
from baselines._shared.stylegan.modulated import ModulatedConv2d
from baselines._shared.stylegan.resample import Upsample, blur_before_stride
from baselines._shared.stylegan.synthesis import ToFlow
from baselines.lia.model import LIA
from tests.parity.compare import run
from tests.parity.fixture import Fixture, load_fixture
from tests.parity.lia_output import to_uint8, to_uint8_stretched
from tests.parity.recipe import Recipe

NARROW = Widths(64, 2048)
TAPS = (1.0, 3.0, 3.0, 1.0)


class PerturbedFixture(Fixture):
    """Same fixture, one weight of the loaded network moved."""

    def fill(self, module: nn.Module, name: str, recipe: Recipe | None = None) -> None:
        super().fill(module, name, recipe)
        with torch.no_grad():
            dict(module.named_parameters())["dec.to_flows.4.conv.weight"][0, 0, :8] += 0.5


@pytest.fixture(scope="module")
def model() -> LIA:
    torch.manual_seed(0)
    return LIA(64, 64, widths=NARROW).eval()


def images(count: int, seed: int) -> torch.Tensor:
    return torch.rand(count, 3, 64, 64, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.mark.slow
def test_fixture_within_tolerance(shared: Path) -> None:
    results = run("lia", load_fixture(shared / "parity" / "fixtures" / "lia"))
    assert len(results) == 41
    assert [result.line() for result in results if not result.ok] == []


@pytest.mark.slow
def test_perturbed_weight_fails(shared: Path) -> None:
    fixture = load_fixture(shared / "parity" / "fixtures" / "lia")
    results = run("lia", PerturbedFixture(fixture.folder, fixture.config, fixture.io))
    failed = {result.name for result in results if not result.ok}
    assert {"flow_raw_4", "out_relative", "out_absolute", "out_self", "out_manip"} <= failed
    assert not failed & {"wa", "latent_relative", "flow_raw_3"}


def test_state_dict_is_the_official_one(check_keys: Callable[[str, dict[str, nn.Module]], None]) -> None:
    with torch.device("meta"):
        check_keys("lia", {"gen": LIA()})


@torch.no_grad()
@pytest.mark.parametrize("relative", [False, True])
def test_batch_equals_single_frames(model: LIA, relative: bool) -> None:
    source = model.encode_source(images(1, 1))
    frames = images(3, 2)
    start = model.motion(frames[:1]) if relative else None
    batch = model.animate(source, model.motion(frames), start)
    singles = torch.cat([model.animate(source, model.motion(frame[None]), start) for frame in frames])
    torch.testing.assert_close(batch, singles, atol=1e-5, rtol=0)


@torch.no_grad()
def test_networks_take_whole_batches() -> None:
    # what accelerators run; in float64, because random weights amplify the rounding of CPU kernels
    torch.manual_seed(0)
    precise = LIA(16, 64, widths=NARROW).double().eval()
    frames, latent = images(2, 1)[..., :16, :16].double(), torch.randn(2, 64, dtype=torch.float64)
    vector, features = precise.enc.net_app(frames)
    batch = precise.dec(latent, features)
    for index in range(2):
        alone, maps = precise.enc.net_app(frames[index][None])
        torch.testing.assert_close(vector[index][None], alone, atol=1e-10, rtol=0)
        torch.testing.assert_close(batch[index][None], precise.dec(latent[index][None], maps), atol=1e-8, rtol=0)


@torch.no_grad()
def test_relative_motion_that_starts_at_the_source_pose_is_absolute(model: LIA) -> None:
    source = model.encode_source(images(1, 1))
    driving = model.motion(images(2, 2))
    relative = model.latent(source, driving, start=source.magnitudes)
    torch.testing.assert_close(relative, model.latent(source, driving), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_relative_first_frame_does_not_depend_on_the_driving_video(model: LIA) -> None:
    source = model.encode_source(images(1, 1))
    first, second = (model.latent(source, start[None], start[None]) for start in model.motion(images(2, 3)))
    torch.testing.assert_close(first, second, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_directions_are_orthonormal_with_lapack_signs() -> None:
    torch.manual_seed(0)
    directions = Directions(32, 5)
    basis = directions.basis()
    torch.testing.assert_close(basis.T @ basis, torch.eye(5), atol=1e-6, rtol=0)
    expected, _ = np.linalg.qr(directions.weight.numpy() + np.float32(1e-8))
    np.testing.assert_allclose(basis.numpy(), expected, atol=1e-6)


@torch.no_grad()
@pytest.mark.parametrize("taps", [None, TAPS])
def test_modulated_convolution_equals_a_weight_per_sample(taps: tuple[float, ...] | None) -> None:
    torch.manual_seed(0)
    layer = ModulatedConv2d(6, 4, 3, style_dim=8, upsample_taps=taps)
    x, latent = torch.randn(2, 6, 5, 5), torch.randn(2, 8)
    ours = layer(x, latent)
    for sample in range(2):
        style = latent[sample] @ layer.modulation.weight.T / math.sqrt(8) + layer.modulation.bias
        weight = layer.weight[0] / math.sqrt(6 * 9) * style[:, None, None]  # (out, in, 3, 3)
        weight = weight / (weight.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
        if layer.blur is None:
            expected = functional.conv2d(x[sample][None], weight, padding=1)
        else:
            expected = layer.blur(functional.conv_transpose2d(x[sample][None], weight.transpose(0, 1), stride=2))
        torch.testing.assert_close(ours[sample][None], expected, atol=1e-5, rtol=1e-5)


def test_resampling_keeps_constants_and_halves_or_doubles_the_size() -> None:
    flat = torch.full((1, 2, 8, 8), 3.0)
    larger = Upsample(TAPS)(flat)
    assert larger.shape == (1, 2, 16, 16)
    torch.testing.assert_close(larger[..., 2:-2, 2:-2], torch.full((1, 2, 12, 12), 3.0))
    for kernel_size in (1, 3):
        blurred = blur_before_stride(TAPS, kernel_size)(flat)
        assert (blurred.shape[-1] - kernel_size) // 2 + 1 == 4
        torch.testing.assert_close(
            blurred[..., 3:-3, 3:-3], flat[..., : blurred.shape[-1] - 6, : blurred.shape[-1] - 6]
        )


@torch.no_grad()
def test_closed_mask_keeps_the_decoder_map_and_open_mask_the_source_map() -> None:
    head = ToFlow(4, 8, TAPS)
    x, feature, latent = torch.randn(1, 4, 8, 8), torch.randn(1, 4, 8, 8), torch.zeros(1, 8)
    head.conv.weight.zero_()
    head.bias[0, 2] = -100.0
    blended, warped, _ = head(x, latent, feature, None)
    torch.testing.assert_close(blended, x)
    assert warped.abs().max() < 1e-6
    head.bias[0, 2] = 100.0
    # zero offset: corner-aligned positions -1 + 2i/7, sampled with pixel edges at -1 and 1
    position = (torch.linspace(-1, 1, 8) + 1) / 2 * 8 - 0.5
    column = functional.pad(feature[0, :, 4], (1, 1))  # zeros outside
    left = position.floor().long()
    weight = position - left
    line = column[:, left + 1] * (1 - weight) + column[:, left + 2] * weight
    row = (4 / 7 * 2 - 1 + 1) / 2 * 8 - 0.5
    assert math.floor(row) == 4
    below = functional.pad(feature[0, :, 5], (1, 1))
    lower = below[:, left + 1] * (1 - weight) + below[:, left + 2] * weight
    torch.testing.assert_close(head(x, latent, feature, None)[0][0, :, 4], line * (5 - row) + lower * (row - 4))


def test_output_conversion_uses_a_fixed_range() -> None:
    clip = torch.tensor([-3.0, -1.0, 0.0, 0.5, 1.0, 2.0]).reshape(1, 1, 1, 6).expand(1, 3, 1, 6)
    assert to_uint8(clip)[0, 0, :, 0].tolist() == [0, 0, 128, 191, 255, 255]
    assert to_uint8(clip * 0.5)[0, 0, :, 0].tolist() == [0, 64, 128, 159, 191, 255]
    # the demo's stretch: -0.5..0.5 becomes 0..255
    assert to_uint8_stretched(clip[..., 2:4] * 2 - 0.5)[0, 0, :, 0].tolist() == [0, 255]


def test_resize_is_pils_bicubic_and_leaves_equal_sizes_alone() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (12, 20, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(frame).resize((8, 8)))  # bicubic is PIL's default for RGB
    assert np.array_equal(resize(frame, 8), expected)
    assert np.array_equal(resize(frame[:, :12], 12), frame[:, :12])


def test_frames_become_tensors_and_come_back() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (2, 4, 6, 3), dtype=np.uint8)
    frames.flags.writeable = False
    images = to_tensor(frames[:, ::-1])
    assert images.shape == (2, 3, 4, 6)
    assert images.min() >= -1
    assert images.max() <= 1
    assert np.array_equal(to_uint8(images), frames[:, ::-1])


def test_sizes_that_are_no_power_of_two_are_refused() -> None:
    with pytest.raises(ValueError, match="power of two"):
        LIA(size=100)
