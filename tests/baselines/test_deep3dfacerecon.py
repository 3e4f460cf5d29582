"""Deep3DFaceRecon regressor and alignment against the official code (fixture) and against closed forms."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from evalkit.extractors.deep3d import alignment
from evalkit.extractors.deep3d.network import COEFFICIENTS, CoefficientRegressor, split_coefficients
from tests.parity.compare import run
from tests.parity.fixture import Fixture, load_fixture
from tests.parity.methods.deep3dfacerecon import _case

ID = "deep3dfacerecon"


class PerturbedFixture(Fixture):
    """Same fixture, one weight of the loaded network moved."""

    def fill(self, module, name, recipe=None):
        super().fill(module, name, recipe)
        with torch.no_grad():
            module.backbone.layer3[2].conv2.weight[0] += 0.05


@pytest.fixture(scope="module")
def model() -> CoefficientRegressor:
    torch.manual_seed(0)
    return CoefficientRegressor().eval()


def test_fixture_within_tolerance(shared: Path) -> None:
    results = run(ID, load_fixture(shared / "parity" / "fixtures" / ID))
    assert len(results) == 30
    assert [result.line() for result in results if not result.ok] == []


def test_a_fixture_may_leave_out_the_standard_points(shared: Path) -> None:
    """Then they are those of the released code. Alignment shows it; the network is left out."""
    fixture = load_fixture(shared / "parity" / "fixtures" / ID)
    bare = {key: value for key, value in fixture.config.items() if key != "lm3d_std"}
    with_points, without = (_case(Fixture(fixture.folder, one, fixture.io), 0) for one in (fixture.config, bare))
    assert len(with_points) == 7
    for name, value in with_points.items():
        assert np.array_equal(without[name], value) and np.allclose(value, fixture.io[name], atol=1e-3), name


@pytest.mark.slow
def test_perturbed_weight_fails(shared: Path) -> None:
    fixture = load_fixture(shared / "parity" / "fixtures" / ID)
    results = run(ID, PerturbedFixture(fixture.folder, fixture.config, fixture.io))
    failed = {result.name for result in results if not result.ok}
    assert {"coeffs", "layer4_first4ch"} <= failed
    assert not failed & {"crop0_u8", "conv1_first4ch", "layer2_first4ch"}


def test_constants_are_those_of_the_official_config(shared: Path) -> None:
    config = load_fixture(shared / "parity" / "fixtures" / ID).config
    assert {name: [part.start, part.stop] for name, part in COEFFICIENTS.items()} == config["coefficient_split"]
    assert np.array_equal(alignment.STANDARD_POINTS, np.array(config["lm3d_std"], dtype=np.float32))
    assert config["target_size"] == alignment.CROP_SIZE
    assert config["rescale_factor"] == alignment.RESCALE_FACTOR


def test_state_dict_is_the_official_one(check_keys: Callable[[str, dict[str, nn.Module]], None]) -> None:
    with torch.device("meta"):
        network = CoefficientRegressor()
    check_keys(ID, {"net_recon": network})


def test_batch_equals_single_frames(model: CoefficientRegressor) -> None:
    crops = torch.rand(3, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        batch = model(crops)
        singles = torch.cat([model(crop[None]) for crop in crops])
    torch.testing.assert_close(batch, singles, atol=1e-5, rtol=1e-5)


def test_split_covers_all_coefficients_once() -> None:
    parts = split_coefficients(torch.arange(257))
    assert torch.equal(torch.cat(list(parts.values())), torch.arange(257))
    assert parts["angle"].tolist() == [224, 225, 226]


def test_fit_recovers_a_known_scale_and_shift() -> None:
    # The standard face seen by an orthographic camera: 50 image pixels per unit, centre (120, 90) y up.
    points = 50.0 * alignment.STANDARD_POINTS[:, :2].astype(np.float64) + [120.0, 90.0]
    fit = alignment.fit_alignment(points, width=320, height=210)
    assert fit.params == pytest.approx([320, 210, 102 / 50, 120, 90])
    assert fit.resized == (652, 428)  # 652.8 and 428.4, cut off
    # left = 326 - 112 + (120 - 160) * 2.04 = 132.4, top = 214 - 112 + (105 - 90) * 2.04 = 132.6
    assert fit.corner == (132, 132)
    # Crop coordinates of the centre: 160 * 2.04 - (326 - 112) = 112.4 and 105 * 2.04 - (214 - 112) = 112.2.
    expected = 102 * alignment.STANDARD_POINTS[:, :2] + [112.4, 112.2]
    assert alignment.align_points(points, fit) == pytest.approx(expected, abs=1e-4)


def test_crop_outside_the_image_is_black_and_inside_is_the_image() -> None:
    image = np.full((100, 120, 3), 200, dtype=np.uint8)
    fit = alignment.Alignment(width=120, height=100, scale=1.0, tx=60.0, ty=50.0)
    crop = alignment.align_image(image, fit)
    assert crop.shape == (224, 224, 3)
    top, left = (224 - 100) // 2, (224 - 120) // 2
    assert (crop[top : top + 100, left : left + 120] == 200).all()
    assert crop.astype(int).sum() == 200 * image.size


def test_crop_matches_a_plain_pil_crop() -> None:
    image = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    fit = alignment.Alignment(width=400, height=300, scale=1.5, tx=210.0, ty=140.0)
    expected = Image.fromarray(image).resize((600, 450), Image.Resampling.BICUBIC).crop((203, 128, 427, 352))
    assert np.array_equal(alignment.align_image(image, fit), np.asarray(expected))


def test_five_points_order() -> None:
    landmarks = np.stack([np.arange(68.0), np.arange(68.0) * 2], axis=1)
    assert alignment.five_points(landmarks)[:, 0].tolist() == [37.5, 43.5, 30, 48, 54]


def test_flip_is_its_own_inverse() -> None:
    points = np.array([[3.0, 0.0], [5.0, 99.0]])
    assert alignment.flip_y(points, 100).tolist() == [[3.0, 99.0], [5.0, 0.0]]
    assert np.array_equal(alignment.flip_y(alignment.flip_y(points, 100), 100), points)


@pytest.mark.parametrize(
    "points",
    [np.zeros((4, 2)), np.full((5, 2), np.nan), np.full((5, 2), 40.0), alignment.STANDARD_POINTS[:, :2] * 1e6],
    ids=["four", "nan", "collapsed", "huge"],
)
def test_impossible_points_are_refused(points: np.ndarray) -> None:
    with pytest.raises(ValueError, match="five"):
        alignment.fit_alignment(points, 100, 100)


def test_wrong_image_is_refused() -> None:
    fit = alignment.Alignment(width=120, height=100, scale=1.0, tx=60.0, ty=50.0)
    with pytest.raises(ValueError, match="uint8"):
        alignment.align_image(np.zeros((100, 121, 3), dtype=np.uint8), fit)
    with pytest.raises(ValueError, match="68"):
        alignment.five_points(np.zeros((5, 2)))
