"""DPE against the official code (fixture, state-dict keys) and the relations between its edits."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from baselines._shared.stylegan.encoder import Widths
from baselines.dpe.model import DPE, Face, Source
from tests.parity.compare import run
from tests.parity.dpe_output import to_uint8
from tests.parity.fixture import Fixture, load_fixture
from tests.parity.recipe import Recipe

NARROW = Widths(64, 2048)


class PerturbedFixture(Fixture):
    """Same fixture, one weight of the expression code moved."""

    def fill(self, module: nn.Module, name: str, recipe: Recipe | None = None) -> None:
        super().fill(module, name, recipe)
        with torch.no_grad():
            dict(module.named_parameters())["mlp_exp.2.weight"][:, :8] += 0.5


@pytest.fixture(scope="module")
def model() -> DPE:
    torch.manual_seed(0)
    return DPE(32, 64, widths=NARROW).eval()


@pytest.fixture(scope="module")
def source(model: DPE) -> Source:
    with torch.no_grad():
        return model.encode(images(1, 1))


def images(count: int, seed: int) -> torch.Tensor:
    return torch.rand(count, 3, 32, 32, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.mark.slow
def test_fixture_within_tolerance(shared: Path) -> None:
    results = run("dpe", load_fixture(shared / "parity" / "fixtures" / "dpe"))
    assert len(results) == 24
    assert [result.line() for result in results if not result.ok] == []


@pytest.mark.slow
def test_perturbed_weight_fails(shared: Path) -> None:
    fixture = load_fixture(shared / "parity" / "fixtures" / "dpe")
    results = run("dpe", PerturbedFixture(fixture.folder, fixture.config, fixture.io))
    failed = {result.name for result in results if not result.ok}
    assert {"exp_code", "flow_raw_dec_exp_3", "out_stage_pose", "out_stage_both", "out_both_u8"} <= failed
    assert not failed & {"wa_source", "pose_code", "flow_raw_dec_pose_3", "out_stage_exp", "mid_stage_both"}


def test_state_dict_is_the_official_one(check_keys: Callable[[str, dict[str, nn.Module]], None]) -> None:
    with torch.device("meta"):
        check_keys("dpe", {"gen": DPE()})


@torch.no_grad()
@pytest.mark.parametrize("face", ["both", "pose", "expression"])
def test_batch_equals_single_frames(model: DPE, source: Source, face: Face) -> None:
    frames = images(3, 2)
    batch = model.animate(source, model.motion(frames), face)
    singles = torch.cat([model.animate(source, model.motion(frame[None]), face) for frame in frames])
    torch.testing.assert_close(batch, singles, atol=1e-5, rtol=0)


@torch.no_grad()
def test_edits_take_whole_batches() -> None:
    # what accelerators run; in float64, because random weights amplify the rounding of CPU kernels
    torch.manual_seed(0)
    precise = DPE(16, 64, widths=NARROW).double().eval()
    source = precise.encode(images(1, 1)[..., :16, :16].double())
    motion = torch.randn(2, 20, dtype=torch.float64)
    batch = precise.edit_both(source, motion, motion)
    for index in range(2):
        alone = precise.edit_both(source, motion[index][None], motion[index][None])
        torch.testing.assert_close(batch[index][None], alone, atol=1e-8, rtol=0)


@torch.no_grad()
def test_both_is_the_expression_edit_followed_by_the_pose_edit(model: DPE, source: Source) -> None:
    expression, pose = torch.split(model.motion(images(2, 2)), 1)
    middle = model.animate(source, expression, "expression")
    expected = model.animate(model.encode(middle), pose, "pose")
    torch.testing.assert_close(model.animate(source, expression, "both", pose=pose), expected, atol=1e-6, rtol=0)
    swapped = model.animate(source, pose, "both", pose=expression)
    assert (swapped - expected).abs().mean() > 1e-3


@torch.no_grad()
def test_edits_differ_and_follow_their_driver(model: DPE, source: Source) -> None:
    motion = model.motion(images(2, 2))
    results = {face: model.animate(source, motion, face) for face in ("both", "pose", "expression")}
    assert (results["pose"] - results["expression"]).abs().mean() > 1e-3
    assert (results["both"] - results["expression"]).abs().mean() > 1e-3
    for frames in results.values():
        assert frames.shape == (2, 3, 32, 32)
        assert (frames[0] - frames[1]).abs().mean() > 1e-5


def test_wrong_options_are_refused(model: DPE, source: Source) -> None:
    motion = torch.zeros(1, 20)
    with pytest.raises(ValueError, match="both, pose, expression, got 'exp'"):
        model.animate(source, motion, "exp")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="second driver"):
        model.animate(source, motion, "pose", pose=motion)


def test_output_is_clamped_and_truncated() -> None:
    images = torch.tensor([-3.0, -1.0, 0.0, 0.5, 0.999, 2.0]).reshape(1, 1, 1, 6).expand(1, 3, 1, 6)
    assert to_uint8(images)[0, 0, :, 0].tolist() == [0, 0, 127, 191, 254, 255]
