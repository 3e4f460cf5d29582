"""MagicPortrait against the official code (fixture, state-dict keys), its windows, its noise, its reference."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

pytest.importorskip("diffusers", reason="needs the extra `diffusion`")

from baselines.magicportrait.guidance_encoder import GuidanceEncoder
from baselines.magicportrait.motion_module import PositionCode
from baselines.magicportrait.sampling import Sampling, noise, sample, scheduler
from baselines.magicportrait.sizes import RELEASED, TINY
from baselines.magicportrait.unets import DenoisingUNet, ReferenceUNet
from baselines.magicportrait.windows import windows
from tests.parity.compare import run
from tests.parity.fixture import Fixture, FixtureError, load_fixture
from tests.parity.recipe import Recipe


class DamagedFixture(Fixture):
    """Same fixture, one weight of a motion module moved."""

    def fill(self, module: nn.Module, name: str, recipe: Recipe | None = None) -> None:
        super().fill(module, name, recipe)
        if name == "denoising_unet":
            with torch.no_grad():
                module.get_submodule("mid_block.motion_modules.0.temporal_transformer.proj_in").weight += 0.3


@pytest.fixture(scope="module")
def fixture(shared: Path) -> Fixture:
    return load_fixture(shared / "parity" / "fixtures" / "magicportrait")


@pytest.mark.slow
def test_fixture_within_tolerance(fixture: Fixture) -> None:
    results = run("magicportrait", fixture)
    assert len(results) == 22
    assert [result.line() for result in results if not result.ok] == []


@pytest.mark.slow
def test_a_damaged_weight_fails(fixture: Fixture) -> None:
    results = run("magicportrait", DamagedFixture(fixture.folder, fixture.config, fixture.io))
    failed = {result.name for result in results if not result.ok}
    assert failed == {"pred_plain", "pred_ref_nocfg", "pred_cfg_first_window", "final_latents"}


def test_a_network_of_another_kind_is_refused(fixture: Fixture) -> None:
    modules = fixture.config["modules"]
    other = {**modules["denoising_unet"], "motion_module_mid_block": False}
    config = {**fixture.config, "modules": {**modules, "denoising_unet": other}}
    with pytest.raises(FixtureError, match="no such network is built here: motion_module_mid_block"):
        run("magicportrait", Fixture(fixture.folder, config, fixture.io))


def test_state_dicts_are_the_official_ones(check_keys: Callable[[str, dict[str, nn.Module]], None]) -> None:
    with torch.device("meta"):
        check_keys(
            "magicportrait",
            {
                "reference_unet": ReferenceUNet(RELEASED.unet),
                "denoising_unet": DenoisingUNet(RELEASED.unet),
                "guidance_encoder": GuidanceEncoder(RELEASED.guidance),
            },
        )


@pytest.mark.parametrize("frames", [*range(1, 40), 1000])
def test_windows_cover_every_frame_in_a_closed_loop(frames: int) -> None:
    found = windows(frames)
    assert {frame for window in found for frame in window} == set(range(frames))
    assert all(len(window) == len(set(window)) == min(frames, 12) for window in found)
    steps = {(following - frame) % frames for window in found for frame, following in pairwise(window)}
    assert steps <= {1}
    starts = [window[0] for window in found]
    assert starts == ([0] if frames <= 12 else list(range(0, frames, 11)))


@pytest.mark.parametrize(("frames", "size", "overlap"), [(0, 12, 1), (20, 12, 12), (20, 12, -1)])
def test_windows_that_make_no_sense_are_refused(frames: int, size: int, overlap: int) -> None:
    with pytest.raises(ValueError, match=f"{size} frames with an overlap of {overlap} over {frames} frames"):
        windows(frames, size, overlap)


def test_noise_of_a_frame_depends_on_seed_and_frame_alone() -> None:
    long, short, other = noise(3, 30, (4, 8, 8)), noise(3, 5, (4, 8, 8)), noise(4, 5, (4, 8, 8))
    assert long.shape == (1, 4, 30, 8, 8) and torch.equal(long[:, :, :5], short)
    assert not torch.equal(short, other) and not torch.equal(long[:, :, 0], long[:, :, 1])
    assert abs(long.mean()) < 0.03 and abs(long.std() - 1) < 0.03


def test_a_perfect_predictor_gives_the_clean_latents() -> None:
    """With v-prediction, v = sqrt(a) e - sqrt(1 - a) x; DDIM of the true v ends at x, whatever the windows."""
    generator = np.random.default_rng(0)
    clean = torch.from_numpy(generator.standard_normal((1, 4, 25, 2, 2)))
    start = noise(0, 25, (4, 2, 2)).double()
    alphas = scheduler().alphas_cumprod

    def predict(latents, step, frames):
        share = alphas[step].double()
        x = clean[:, :, frames]
        e = (latents - share.sqrt() * x) / (1 - share).sqrt()
        return (share.sqrt() * e - (1 - share).sqrt() * x).repeat(2, 1, 1, 1, 1)

    assert torch.allclose(sample(predict, start, Sampling(steps=4)), clean, atol=1e-5)


def test_guidance_weighs_the_reference() -> None:
    start = noise(0, 3, (4, 2, 2))

    def constant(alone: float, looking: float):
        return lambda latents, step, frames: torch.cat(
            [torch.full_like(latents, alone), torch.full_like(latents, looking)]
        )

    guided = sample(constant(0.1, 0.3), start, Sampling(steps=2, scale=3.5))
    assert torch.allclose(guided, sample(constant(0.8, 0.8), start, Sampling(steps=2, scale=1.0)), atol=1e-6)


@pytest.fixture(scope="module")
def networks() -> tuple[ReferenceUNet, DenoisingUNet]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ReferenceUNet(TINY.unet).eval(), DenoisingUNet(TINY.unet).eval()


@torch.no_grad()
def test_only_the_guided_half_looks_at_the_source(networks: tuple[ReferenceUNet, DenoisingUNet]) -> None:
    reference, denoising = networks
    generator = torch.Generator().manual_seed(0)
    sources = torch.randn(2, 4, 8, 8, generator=generator)
    text, latents = torch.randn(1, 7, 16, generator=generator), torch.randn(1, 4, 3, 8, 8, generator=generator)
    guidance, step = torch.randn(3, 32, 8, 8, generator=generator), torch.tensor(500)
    banks = [reference(source[None], text) for source in sources]
    assert all(tokens.dtype == torch.float16 for tokens in banks[0].values())
    first, second = (denoising(latents.repeat(2, 1, 1, 1, 1), step, text, guidance, bank) for bank in banks)
    plain = denoising(latents, step, text, guidance, None)
    assert torch.allclose(first[:1], plain, atol=1e-5) and torch.allclose(first[:1], second[:1], atol=1e-5)
    assert (first[1:] - second[1:]).abs().max() > 1e-3
    assert torch.allclose(denoising(latents, step, text, guidance, banks[0]), first[1:], atol=1e-5)


@torch.no_grad()
def test_frames_see_each_other(networks: tuple[ReferenceUNet, DenoisingUNet]) -> None:
    _, denoising = networks
    generator = torch.Generator().manual_seed(1)
    text, latents = torch.randn(1, 7, 16, generator=generator), torch.randn(1, 4, 3, 8, 8, generator=generator)
    guidance, step = torch.zeros(3, 32, 8, 8), torch.tensor(500)
    changed = latents.clone()
    changed[:, :, 2] += 1
    before, after = (denoising(each, step, text, guidance, None) for each in (latents, changed))
    assert (before[:, :, 0] - after[:, :, 0]).abs().max() > 1e-6


def test_positions_are_limited() -> None:
    with pytest.raises(ValueError, match="a window of 33 frames, but 32 positions"):
        PositionCode(8, 32)(torch.zeros(1, 33, 8))
