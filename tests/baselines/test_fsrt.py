"""FSRT against the official code (fixture, state-dict keys) and against closed forms of its parts."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from baselines._shared.best_frame import best_frame
from baselines._shared.motion.detector import DetectorConfig
from baselines.fsrt.decoder import QueryDecoder
from baselines.fsrt.encoder import SetLatentEncoder
from baselines.fsrt.encoding import Encoding, octave_code, pixel_coordinates
from baselines.fsrt.expression import DETECTOR, ExpressionEncoder, FeatureKeypointDetector
from baselines.fsrt.model import FSRT, Motion, Source
from tests.parity.compare import run
from tests.parity.fixture import Fixture, load_fixture
from tests.parity.recipe import Recipe

SIZE = 32


class PerturbedFixture(Fixture):
    """Same fixture, one weight of the expression network moved."""

    def fill(self, module: nn.Module, name: str, recipe: Recipe | None = None) -> None:
        super().fill(module, name, recipe)
        if name == "expression_encoder":
            with torch.no_grad():
                dict(module.named_parameters())["expression_mlp.6.weight"][:, :8] += 0.05


@pytest.fixture(scope="module")
def model() -> FSRT:
    torch.manual_seed(0)
    detector = DetectorConfig(
        num_kp=4, num_channels=3, block_expansion=8, max_features=16, num_blocks=2, temperature=0.1, scale_factor=0.25
    )
    encoding = Encoding(num_kp=4, expression_size=16)
    return FSRT(
        FeatureKeypointDetector(detector),
        SetLatentEncoder(encoding, num_att_blocks=1),
        QueryDecoder(encoding, num_att_blocks=1, small=True),
        ExpressionEncoder(in_channels=11, num_kp=4, expression_size=16),
    ).eval()


def images(count: int, seed: int) -> torch.Tensor:
    return torch.rand(count, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(seed))


@pytest.mark.slow
def test_fixture_within_tolerance(shared: Path) -> None:
    results = run("fsrt", load_fixture(shared / "parity" / "fixtures" / "fsrt"))
    assert len(results) == 23
    assert [result.line() for result in results if not result.ok] == []


@pytest.mark.slow
def test_perturbed_weight_fails(shared: Path) -> None:
    fixture = load_fixture(shared / "parity" / "fixtures" / "fsrt")
    results = run("fsrt", PerturbedFixture(fixture.folder, fixture.config, fixture.io))
    failed = {result.name for result in results if not result.ok}
    assert {
        "expression_source",
        "z",
        "query_absolute_first16",
        "pred_absolute",
        "pred_small_decoder_relative",
    } <= failed
    assert not failed & {"kp_source", "kp_relative_adapt", "pos_encoding_source0_sub"}


def test_state_dicts_are_the_official_ones(check_keys: Callable[[str, dict[str, nn.Module]], None]) -> None:
    with torch.device("meta"):
        whole = FSRT()
        small = QueryDecoder(small=True)
    modules = dict(whole.named_children())
    check_keys("fsrt", modules | {"decoder_small": small})


@pytest.mark.parametrize(("expression_size", "millions"), [(256, 47.64), (128, 45.89), (64, 45.01)])
def test_ablations_have_the_official_parameter_counts(expression_size: int, millions: float) -> None:
    encoding = Encoding(expression_size=expression_size)
    with torch.device("meta"):
        modules = SetLatentEncoder(encoding), QueryDecoder(encoding), ExpressionEncoder(expression_size=expression_size)
    count = sum(parameter.numel() for module in modules for parameter in module.parameters())
    assert count / 1e6 == pytest.approx(millions, abs=0.005)


@torch.no_grad()
@pytest.mark.parametrize("relative", [False, True])
def test_batch_equals_single_frames(model: FSRT, relative: bool) -> None:
    source = model.encode_source(images(1, 1))
    frames = images(3, 2)
    initial = model.motion(frames[:1]) if relative else None
    move = model.transfer(source, initial)
    batch = model.render(source, move(model.motion(frames)))
    singles = [model.render(source, move(model.motion(f[None]))) for f in frames]
    assert batch.shape == (3, 3, SIZE, SIZE)
    torch.testing.assert_close(batch, torch.cat(singles), atol=1e-5, rtol=0)
    assert (batch[0] - batch[1]).abs().max() > 1e-4


@torch.no_grad()
def test_one_chunk_equals_sixteen(model: FSRT) -> None:
    source = model.encode_source(images(2, 1))
    motion = model.motion(images(1, 2))
    rows: list[int] = []
    hook = model.decoder.register_forward_hook(lambda _module, _inputs, output: rows.append(output.shape[1]))
    whole = model.render(source, motion, max_pixels=SIZE * SIZE)
    chunked = model.render(source, motion, max_pixels=SIZE * SIZE // 16)
    uneven = model.render(source, motion, max_pixels=1000)
    hook.remove()
    assert rows == [1024] + [64] * 16 + [1000, 24]
    torch.testing.assert_close(chunked, whole, atol=1e-5, rtol=0)
    torch.testing.assert_close(uneven, whole, atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("count", [1, 2, 3])
def test_any_number_of_sources(model: FSRT, count: int) -> None:
    source = model.encode_source(images(count, 1))
    assert source.tokens.shape == (1, count * (SIZE // 8) ** 2, 768)
    assert source.motion.keypoints.shape == (count, 4, 2)
    assert model.render(source, model.motion(images(1, 2))).shape == (1, 3, SIZE, SIZE)


@torch.no_grad()
def test_sources_are_a_set(model: FSRT) -> None:
    pair, motion = images(2, 1), model.motion(images(1, 2))
    both = model.render(model.encode_source(pair), motion)
    swapped = model.render(model.encode_source(pair.flip(0)), motion)
    alone = model.render(model.encode_source(pair[:1]), motion)
    torch.testing.assert_close(swapped, both, atol=1e-5, rtol=0)
    assert (alone - both).abs().max() > 1e-4


@torch.no_grad()
def test_relative_motion_moves_the_first_source_and_keeps_the_driving_expression(model: FSRT) -> None:
    source = model.encode_source(images(2, 1))
    driving = model.motion(images(2, 2))
    initial = Motion(driving.keypoints[:1], driving.expression[:1])
    moved = model.transfer(source, initial)(driving)
    torch.testing.assert_close(moved.keypoints[:1], source.motion.keypoints[:1])
    step = driving.keypoints[1] - driving.keypoints[0]
    torch.testing.assert_close(moved.keypoints[1], source.motion.keypoints[0] + step)
    assert torch.equal(moved.expression, driving.expression)
    assert model.transfer(source, None)(driving) is driving


@torch.no_grad()
def test_without_keypoints_only_the_expression_moves_the_face() -> None:
    torch.manual_seed(0)
    encoding = Encoding(num_kp=0, expression_size=16)
    assert encoding.positional_size == 64
    encoder, decoder = SetLatentEncoder(encoding, num_att_blocks=1), QueryDecoder(encoding, num_att_blocks=1)
    source, pixels = images(1, 1), torch.rand(5, 2)
    expression, other = torch.rand(2, 1, 16)
    keypoints, moved = torch.rand(2, 1, 10, 2)
    tokens = encoder(source, keypoints, expression)
    assert torch.equal(encoder(source, moved, expression), tokens)
    attended = decoder.attended(tokens)
    still, shifted = (decoder(attended, pixels, points, expression) for points in (keypoints, moved))
    assert torch.equal(still, shifted)
    assert not torch.equal(decoder(attended, pixels, keypoints, other), still)


def test_movement_is_scaled_by_the_hull_of_the_keypoints(model: FSRT) -> None:
    square = torch.tensor([[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]])
    nothing = torch.zeros(1, 16)
    source = Source(torch.zeros(1, 1, 768), (), Motion(square * 0.5, nothing), SIZE)
    initial = Motion(square, nothing)
    driving = Motion(square + 0.2, nothing)
    scaled = model.transfer(source, initial, adapt_scale=True)(driving)
    torch.testing.assert_close(scaled.keypoints, square * 0.5 + 0.1)  # sqrt(0.25) / sqrt(1) = 1/2
    torch.testing.assert_close(model.transfer(source, initial)(driving).keypoints, square * 0.5 + 0.2)


def test_octave_code_is_coordinate_major_with_sines_first() -> None:
    x, y = 0.3, -0.7
    angles = [x * math.pi / 2, x * math.pi, y * math.pi / 2, y * math.pi]
    expected = [math.sin(a) for a in angles] + [math.cos(a) for a in angles]
    code = octave_code(torch.tensor([x, y], dtype=torch.float64), octaves=2, start=-1)
    torch.testing.assert_close(code, torch.tensor(expected, dtype=torch.float64))


def test_pixel_coordinates_are_pixel_centres_x_first() -> None:
    grid = pixel_coordinates(4)
    assert grid[0, :, 0].tolist() == [-0.75, -0.25, 0.25, 0.75]
    assert grid[:, 0, 1].tolist() == [-0.75, -0.25, 0.25, 0.75]


@torch.no_grad()
def test_expression_reads_features_at_the_keypoint() -> None:
    torch.manual_seed(0)
    network = ExpressionEncoder(in_channels=3, num_kp=2, expression_size_per_kp=4, expression_size=5, pad=3)
    features = torch.randn(1, 3, 8, 8)
    heatmaps = torch.zeros(1, 2, 8, 8)
    heatmaps[0, 0, 2, 6] = 1.0
    heatmaps[0, 1, 5, 1] = 1.0
    maps = network.expression(features)[0]  # (8, 8, 8)
    expected = network.expression_mlp(torch.cat((maps[:4, 2, 6], maps[4:, 5, 1])))
    torch.testing.assert_close(network(features, heatmaps)[0], expected)


def test_detector_hands_out_what_it_computes_keypoints_from() -> None:
    torch.manual_seed(0)
    detector = FeatureKeypointDetector(DETECTOR).eval()
    with torch.no_grad():
        found = detector.detect(torch.rand(1, 3, 128, 128))
        again = detector(torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(3)))
        same = detector.detect(torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(3)))
    torch.testing.assert_close(found.heatmaps.sum(dim=(-2, -1)), torch.ones(1, 10))
    assert torch.equal(again.value, same.keypoints.value)


def test_best_frame_ignores_position_and_size() -> None:
    rng = np.random.default_rng(0)
    source = rng.uniform(size=(68, 2))
    driving = rng.uniform(size=(5, 68, 2))
    driving[3] = source * 2.5 + np.array([40.0, -7.0])
    driving[1] = np.nan
    assert best_frame(source, driving) == 3
    driving[3] = np.nan
    assert best_frame(source, driving) in {0, 2, 4}


def test_best_frame_without_a_face_is_an_error() -> None:
    landmarks = np.random.default_rng(0).uniform(size=(68, 2))
    with pytest.raises(ValueError, match="none of the 4 driving frames"):
        best_frame(landmarks, np.full((4, 68, 2), np.nan))
    with pytest.raises(ValueError, match="source has no landmarks"):
        best_frame(np.full((68, 2), np.nan), landmarks[None])


def test_sources_that_are_not_square_are_refused(model: FSRT) -> None:
    with pytest.raises(ValueError, match="must be square, got 48x32"):
        model.encoder(torch.zeros(1, 3, 32, 48), torch.zeros(1, 4, 2), torch.zeros(1, 16))
