"""LivePortrait networks and driving rules against the official code (fixture) and against closed forms."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from baselines._shared.native.opencv_resize import resize_linear
from baselines._shared.spectral import SpectralConv2d
from baselines.liveportrait import driving, model, motion, retargeting
from baselines.liveportrait.adapter import Files, LivePortraitAnimator
from baselines.liveportrait.dense_motion import candidate_motions, heatmaps, identity_grid
from tests.parity.compare import run
from tests.parity.fixture import Fixture, load_fixture
from tests.parity.liveportrait_build import build_model
from tests.parity.liveportrait_images import to_input, to_uint8
from tests.parity.recipe import Recipe, fill

ID = "liveportrait"
PLAIN = model.DrivingOptions(expression_friendly=False, stitching=False, normalize_lip=False)


class PerturbedFixture(Fixture):
    """Same fixture, one weight of the loaded generator moved."""

    def fill(self, module, name, recipe=None):
        super().fill(module, name, recipe)
        if name == "spade_generator":
            with torch.no_grad():
                module.up_0.conv_1.weight_v[0] += 0.5


def without_full_size(fixture: Fixture) -> Fixture:
    config = {key: value for key, value in fixture.config.items() if key != "full"}
    return Fixture(fixture.folder, config, {k: v for k, v in fixture.io.items() if not k.startswith("full_")})


@pytest.fixture(scope="module")
def networks() -> model.LivePortrait:
    """All networks with recipe weights, in the sizes of a small configuration."""
    mlps = {
        "stitching": {"input_size": 126, "hidden_sizes": [16], "output_size": 65},
        "lip": {"input_size": 65, "hidden_sizes": [16], "output_size": 63},
        "eye": {"input_size": 66, "hidden_sizes": [16], "output_size": 63},
    }
    dense = {"block_expansion": 4, "max_features": 8, "num_blocks": 2, "reshape_depth": 4, "compress": 2}
    encoder = {"image_channel": 3, "block_expansion": 4, "num_down_blocks": 2, "max_features": 16, "num_resblocks": 1}
    warping = {"num_kp": 21, "block_expansion": 4, "max_features": 16, "num_down_blocks": 2, "reshape_channel": 4}
    built = build_model(
        {
            "appearance_feature_extractor_params": {**encoder, "reshape_channel": 4, "reshape_depth": 4},
            "motion_extractor_params": {"num_kp": 21, "backbone": "convnextv2_tiny"},
            "warping_module_params": {**warping, "estimate_occlusion_map": True, "dense_motion_params": dense},
            "spade_generator_params": {"upscale": 2, "block_expansion": 4, "max_features": 16, "num_down_blocks": 2},
            "stitching_retargeting_module_params": mlps,
        }
    )
    recipe = Recipe(salt="test", overrides={"*": ((r"fc_scale\.bias$", "normal(1.3,0.05)"), ("fc_", "fanin(0.1)"))})
    parts = (built.appearance, built.motion, built.warping, built.generator)
    for part in (*parts, built.retargeting.stitching, built.retargeting.lip, built.retargeting.eye):
        fill(part, type(part).__name__, recipe)
    return built


def some_motion(frames: int, seed: int) -> motion.Motion:
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(frames, *shape, generator=generator)

    return motion.Motion(
        pitch=20 * draw(1),
        yaw=20 * draw(1),
        roll=20 * draw(1),
        t=0.1 * draw(3),
        exp=0.05 * draw(21, 3),
        scale=1.3 + 0.05 * draw(1),
        kp=0.3 * draw(21, 3),
    )


def source_of(still: motion.Motion, openings: retargeting.Openings | None = None) -> model.Source:
    return model.Source(torch.zeros(1, 4, 4, 8, 8), still, still.keypoints, openings)


def test_reduced_fixture_within_tolerance(shared: Path) -> None:
    results = run(ID, without_full_size(load_fixture(shared / "parity" / "fixtures" / ID)))
    assert len(results) == 67
    assert [result.line() for result in results if not result.ok] == []


@pytest.mark.slow
def test_official_size_within_tolerance(shared: Path) -> None:
    results = run(ID, load_fixture(shared / "parity" / "fixtures" / ID))
    assert sum(result.name.startswith("full_") for result in results) == 11
    assert [result.line() for result in results if not result.ok] == []


@pytest.mark.slow
def test_perturbed_weight_fails(shared: Path) -> None:
    fixture = without_full_size(load_fixture(shared / "parity" / "fixtures" / ID))
    results = run(ID, PerturbedFixture(fixture.folder, fixture.config, fixture.io))
    failed = {result.name for result in results if not result.ok}
    assert failed == {"small_up0_first2ch", "small_up1_first2ch", "small_out", "small_out_u8"}


def test_state_dicts_are_the_official_ones(shared: Path) -> None:
    with torch.device("meta"):
        released = Files().together()
    small = "stitching_retargeting_module/"
    parts = {
        "appearance_feature_extractor": (released.appearance, 836_224),
        "motion_extractor": (released.motion, 28_118_728),
        "warping_module": (released.warping, 45_529_829),
        "spade_generator": (released.generator, 55_365_388),
        small + "retarget_shoulder": (released.retargeting.stitching, 45_249),
        small + "retarget_mouth": (released.retargeting.lip, 37_311),
        small + "retarget_eye": (released.retargeting.eye, 144_703),
    }
    ours = {
        (name, key, tuple(value.shape)) for name, (part, _) in parts.items() for key, value in part.state_dict().items()
    }
    lines = (shared / "parity" / "keys" / f"{ID}.tsv").read_text().splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    official = {(m, key, () if shape == "scalar" else tuple(map(int, shape.split(",")))) for m, key, shape, _ in rows}
    assert ours == official
    for name, (part, count) in parts.items():
        assert sum(parameter.numel() for parameter in part.parameters()) == count, name


def test_defaults_are_the_released_sizes(shared: Path) -> None:
    modules = load_fixture(shared / "parity" / "fixtures" / ID).config["full"]["modules"]
    with torch.device("meta"):
        built, released = build_model(modules), Files().together()
    for name in ("appearance", "motion", "warping", "generator"):
        ours = {key: value.shape for key, value in getattr(released, name).state_dict().items()}
        assert ours == {key: value.shape for key, value in getattr(built, name).state_dict().items()}, name


def relatively(
    networks: model.LivePortrait, source: model.Source, clip: motion.Motion, options: model.DrivingOptions
) -> Tensor:
    """Keypoints of a clip whose motion starts at its first frame."""
    return model.driver(networks, source, clip.select(slice(0, 1)), options)(clip, None)


def test_batch_equals_single_frames(networks: model.LivePortrait) -> None:
    images = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        source = model.encode_source(networks, images[:1])
        batch = networks.motion(images[1:])
        singles = torch.cat([networks.motion(image[None]).keypoints for image in images[1:]])
        torch.testing.assert_close(batch.keypoints, singles, atol=1e-5, rtol=0)
        keypoints = model.driver(networks, source, None, model.DrivingOptions())(batch, None)
        frames = model.decode(networks, source, keypoints)
        one_by_one = torch.cat([model.decode(networks, source, points[None]) for points in keypoints])
    assert frames.shape == (3, 3, 64, 64)
    torch.testing.assert_close(frames, one_by_one, atol=1e-5, rtol=0)
    assert (frames[0] - frames[1]).abs().max() > 1e-3  # keypoints do move the image


def test_absolute_driving_needs_only_its_own_frame(networks: model.LivePortrait) -> None:
    source, clip = source_of(some_motion(1, 1)), some_motion(3, 2)
    with torch.no_grad():
        drive = model.driver(networks, source, None, model.DrivingOptions())
        together, last = drive(clip, None), drive(clip.select(slice(2, 3)), None)
    torch.testing.assert_close(together[2:], last, atol=1e-6, rtol=0)


@pytest.mark.parametrize("region", ["all", "exp", "pose", "lip", "eyes"])
def test_relative_motion_starts_at_the_source(networks: model.LivePortrait, region: driving.Region) -> None:
    source, clip = source_of(some_motion(1, 1)), some_motion(3, 2)
    driven = relatively(networks, source, clip, replace(PLAIN, region=region))
    torch.testing.assert_close(driven[:1], source.keypoints, atol=1e-6, rtol=0)
    assert (driven[1:] - source.keypoints).abs().max() > 1e-2


def test_absolute_motion_of_the_source_itself_changes_nothing(networks: model.LivePortrait) -> None:
    source = source_of(some_motion(1, 1))
    driven = model.driver(networks, source, None, PLAIN)(source.motion, None)
    torch.testing.assert_close(driven, source.keypoints, atol=1e-6, rtol=0)


def test_absolute_takes_the_listed_expression_entries_and_no_scale() -> None:
    still = some_motion(1, 1)
    moved = replace(still, exp=still.exp + 1, scale=still.scale * 2)
    driven = driving.driven_keypoints(still, moved, None)
    change = (driven - still.keypoints) / still.scale[:, :, None]
    assert change[change.abs() > 1e-4].numel() == 3 * 13 + 6  # 13 whole points, 6 single axes
    assert change[0, 9].round(decimals=4).tolist() == [0, 1, 1]


@pytest.mark.parametrize(("region", "points"), [("lip", driving.LIP_POINTS), ("eyes", driving.EYE_POINTS)])
@pytest.mark.parametrize("relative", [True, False])
def test_regions_move_their_points_only(region: driving.Region, points: tuple[int, ...], relative: bool) -> None:
    still, clip = some_motion(1, 1), some_motion(2, 2)
    driven = driving.driven_keypoints(still, clip, clip.select(slice(0, 1)) if relative else None, region)
    moved = (driven[1] - still.keypoints[0]).abs().amax(dim=1) > 1e-5
    assert moved.nonzero().flatten().tolist() == list(points)


def test_still_image_counts_against_the_resting_mouth() -> None:
    still, image = some_motion(1, 1), some_motion(1, 2)
    same = driving.driven_keypoints(still, image, image, neutral=image.exp)
    torch.testing.assert_close(same, still.keypoints, atol=1e-6, rtol=0)
    eyes = driving.driven_keypoints(still, image, image, "eyes", image.exp)
    expected = (image.exp * still.scale[:, :, None])[0, list(driving.EYE_POINTS)]
    torch.testing.assert_close((eyes - still.keypoints)[0, list(driving.EYE_POINTS)], expected, atol=1e-6, rtol=0)


def test_multiplier_scales_the_motion(networks: model.LivePortrait) -> None:
    source, clip = source_of(some_motion(1, 1)), some_motion(2, 2)
    full = relatively(networks, source, clip, PLAIN) - source.keypoints
    half = relatively(networks, source, clip, replace(PLAIN, multiplier=0.5)) - source.keypoints
    torch.testing.assert_close(half, 0.5 * full)


def test_lip_is_closed_only_when_open_and_relative(networks: model.LivePortrait) -> None:
    clip, options = some_motion(1, 2), replace(PLAIN, normalize_lip=True)

    def change(lip: float, relative: bool = True) -> float:
        openings = retargeting.Openings(eyes=torch.tensor([[0.3, 0.3]]), lip=torch.tensor([[lip]]))
        source = source_of(some_motion(1, 1), openings)
        start = clip if relative else None
        closing, plain = (model.driver(networks, source, start, one)(clip, None) for one in (options, PLAIN))
        return float((closing - plain).detach().abs().max())

    assert change(0.031) > 1e-3
    assert change(0.029) == 0
    assert change(0.5, relative=False) == 0


def test_retargeting_without_landmarks_is_refused(networks: model.LivePortrait) -> None:
    source = source_of(some_motion(1, 1))
    with pytest.raises(ValueError, match="203 landmarks"):
        relatively(networks, source, some_motion(1, 2), replace(PLAIN, retarget_lip=True))


@torch.no_grad()
@pytest.mark.parametrize(
    ("changed", "relative"),
    [("normalize_lip", True), ("retarget_eyes", True), ("retarget_lip", True), ("retarget_lip", False)],
)
def test_measured_openings_reach_the_frames(networks: model.LivePortrait, changed: str, relative: bool) -> None:
    """The adapter measures sources and, for retargeting, driving frames; a wide open mouth and eyes everywhere."""
    asked: list[int] = []

    def landmarks(images: Tensor) -> Tensor:
        asked.append(len(images))
        points = torch.zeros(len(images), 203, 2)
        points[:, [12, 36, 66], 0] = 2.0
        points[:, [18, 42, 102], 1] = 1.0
        return points

    images = torch.rand(4, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    frames = []
    for options, read in ((PLAIN, None), (replace(PLAIN, **{changed: True}), landmarks)):
        render = LivePortraitAnimator(networks, options, read).begin(images[:1], images[1:2] if relative else None)
        frames.append(render(images[2:]))
    assert frames[0].shape == (2, 3, 256, 256) and (frames[0] - frames[1]).abs().max() > 1e-6
    assert asked == ([1] if changed == "normalize_lip" else [1, 2])


def test_stitching_adds_point_offsets_and_a_common_shift() -> None:
    network = torch.nn.Linear(126, 65)
    torch.nn.init.zeros_(network.weight)
    with torch.no_grad():
        network.bias.copy_(torch.tensor([*[0.1] * 63, 1.0, 2.0]))
    driven = torch.zeros(2, 21, 3)
    stitched = retargeting.stitch(network, torch.ones(1, 21, 3), driven)
    torch.testing.assert_close(stitched, torch.tensor([1.1, 2.1, 0.1]).expand(2, 21, 3))


def test_openings_are_height_over_width() -> None:
    landmarks = torch.zeros(1, 203, 2)
    for tall, wide, height in (((6, 18), (0, 12), 3.0), ((30, 42), (24, 36), 4.0), ((90, 102), (48, 66), 5.0)):
        landmarks[0, tall[1], 1] = height
        landmarks[0, wide[1], 0] = 10.0
    measured = retargeting.measure_openings(landmarks)
    torch.testing.assert_close(measured.eyes, torch.tensor([[0.3, 0.4]]))
    torch.testing.assert_close(measured.lip, torch.tensor([[0.5]]))


def test_angles_and_rotation() -> None:
    certain = torch.full((1, 66), -50.0)
    certain[0, 33] = 50.0
    assert motion.angle_degrees(certain).item() == pytest.approx(33 * 3 - 97.5)
    zero, right = torch.zeros(1, 1), torch.full((1, 1), 90.0)
    # Row vectors: pitch takes y to z, yaw takes z to x, roll takes x to y.
    expected = torch.eye(3)[None]
    torch.testing.assert_close(motion.rotation_matrix(right, zero, zero)[:, 1], expected[:, 2])
    torch.testing.assert_close(motion.rotation_matrix(zero, right, zero)[:, 2], expected[:, 0])
    torch.testing.assert_close(motion.rotation_matrix(zero, zero, right)[:, 0], expected[:, 1])


def test_spectral_norm_uses_the_stored_vectors() -> None:
    layer = SpectralConv2d(2, 2, 1, bias=False)
    with torch.no_grad():
        layer.weight_orig.copy_(torch.diag(torch.tensor([2.0, 8.0]))[:, :, None, None])
        layer.weight_u.copy_(torch.tensor([1.0, 0.0]))
        layer.weight_v.copy_(torch.tensor([1.0, 0.0]))
    out = layer(torch.ones(1, 2, 1, 1)).flatten().tolist()
    assert out == [1.0, 4.0]  # divided by 2, not by the largest singular value 8


def test_dense_motion_without_movement_is_the_identity() -> None:
    feature = torch.zeros(1, 4, 3, 5, 6)
    keypoints = torch.rand(1, 21, 3)
    grid = identity_grid(feature)
    assert grid[0, 0, 0].tolist() == [-1, -1, -1]
    assert grid[2, 0, 5].tolist() == [1, -1, 1]  # x is the width, z the depth
    assert torch.equal(candidate_motions(grid, keypoints, keypoints), grid.expand(1, 22, 3, 5, 6, 3))
    assert heatmaps(grid, keypoints, keypoints).abs().max() == 0


def test_resize_gives_the_bytes_of_opencv() -> None:
    # Expected values: cv2.resize (OpenCV 5.0, default interpolation) of the same array.
    image = torch.tensor([[168, 229, 184, 171, 238], [171, 20, 206, 245, 153], [204, 5, 37, 53, 213]])
    image = image.to(torch.uint8)[None, :, :, None]
    wider = [
        [168, 203, 216, 184, 175, 200, 238],
        [170, 129, 127, 198, 212, 203, 185],
        [183, 87, 51, 143, 164, 174, 175],
        [204, 90, 14, 37, 48, 121, 213],
    ]
    assert resize_linear(image, 4, 7)[0, :, :, 0].tolist() == wider
    assert resize_linear(image, 2, 2)[0, :, :, 0].tolist() == [[175, 196], [55, 125]]
    assert torch.equal(resize_linear(image, 3, 5), image)


def test_images_in_and_out() -> None:
    frames = torch.randint(0, 256, (2, 300, 200, 3), dtype=torch.uint8)
    assert to_input(frames).shape == (2, 3, 256, 256)
    assert to_uint8(torch.tensor([0.0, 0.5, 2.0]).reshape(1, 3, 1, 1)).flatten().tolist() == [0, 127, 255]
