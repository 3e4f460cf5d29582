"""HyperReenact: the official fixture and keys, crops in closed form, faces that are missing, official files."""

import dataclasses
import logging
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from baselines._shared.native.convert import import_file
from baselines._shared.native.load import load
from baselines._shared.stylegan.modulated import ModulatedConv2d
from baselines.hyperreenact import adapter
from baselines.hyperreenact.appearance import CROP, TEMPLATE, aligned, crop_matrix, five_points
from baselines.hyperreenact.blending import SharedHypernetwork
from baselines.hyperreenact.crops import POSE_CROP, Square, cut, pose_crop, put_back, square_of
from baselines.hyperreenact.method import HyperAnimator, HyperReenactMethod
from baselines.hyperreenact.model import HyperReenact
from baselines.hyperreenact.sizes import RELEASED, TINY
from evalkit.clips import video
from evalkit.errors import MethodError
from evalkit.method.find import find_method, method_options
from evalkit.method.interface import Driving, MethodConfig
from evalkit.types import Frames, Selection
from tests.baselines.conftest import read_keys
from tests.parity.compare import run
from tests.parity.fixture import load_fixture

SIDE = 96
TAPS = (1.0, 3.0, 3.0, 1.0)


@pytest.mark.slow
def test_fixture_within_tolerance(shared: Path) -> None:
    results = run("hyperreenact", load_fixture(shared / "parity" / "fixtures" / "hyperreenact"))
    assert len(results) == 26
    assert [result.line() for result in results if not result.ok] == []


def test_state_dicts_are_the_official_ones(shared: Path) -> None:
    """The official file repeats the shared hypernetwork in every block that uses it."""
    table = read_keys(shared / "parity" / "keys" / "hyperreenact.tsv")
    with torch.device("meta"):
        model = HyperReenact()
    repeated = [layer for layer, (into, out) in enumerate(RELEASED.layers) if into == out == 512]
    for name, official in table.entries.items():
        ours = {
            key: (tuple(value.shape), str(value.dtype).removeprefix("torch."))
            for key, value in model.get_submodule(name).state_dict().items()
        }
        if name == "hypernet":
            shared_keys = {key: value for key, value in ours.items() if key.startswith("shared_weight_hypernet.")}
            for layer in repeated:
                place = f"refinement_blocks.{layer}.hypernet"
                ours |= {f"{place}.{key.partition('.')[2]}": value for key, value in shared_keys.items()}
        assert ours == official, name
    assert repeated == [0, 2, 3, 5, 6, 8, 9]


@torch.no_grad()
@pytest.mark.parametrize("taps", [None, TAPS])
def test_changed_kernels_equal_a_layer_of_their_own(taps: tuple[float, ...] | None) -> None:
    torch.manual_seed(0)
    layer = ModulatedConv2d(6, 4, 3, style_dim=8, upsample_taps=taps)
    x, latent, change = torch.randn(2, 6, 5, 5), torch.randn(2, 8), torch.randn(2, 4, 6)
    found = layer(x, latent, change)
    plain = layer.weight.clone()
    for sample in range(2):
        layer.weight.copy_(plain * (1 + change[sample][None, :, :, None, None]))
        alone = layer(x[sample][None], latent[sample][None])
        torch.testing.assert_close(found[sample][None], alone, atol=1e-5, rtol=1e-5)
    layer.weight.copy_(plain)
    torch.testing.assert_close(layer(x, latent, torch.zeros(2, 4, 6)), layer(x, latent), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_the_shared_hypernetwork_is_two_products() -> None:
    torch.manual_seed(0)
    network = SharedHypernetwork(3)
    vector = torch.randn(1, 3)
    hidden = (vector @ network.w2 + network.b2).reshape(3, 3)
    assert torch.allclose(network(vector)[0], hidden @ network.w1 + network.b1)


def landmarks_in(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    """68 landmarks that fill a box, those of eyes, nose and mouth where a face has them."""
    random = np.random.default_rng(0)
    points = random.uniform(0.3, 0.7, (68, 2))
    points[0], points[16], points[8] = (0, 0.3), (1, 0.3), (0.5, 1)
    points[17:27, 1] = 0
    points[36:42], points[42:48], points[30] = (0.3, 0.25), (0.7, 0.25), (0.5, 0.55)
    points[48], points[54] = (0.35, 0.75), (0.65, 0.75)
    return points * (right - left, bottom - top) + (left, top)


def test_the_square_is_twice_the_box_and_a_sixth_higher() -> None:
    square = square_of(landmarks_in(100, 80, 160, 150))
    assert square == Square(130 - 70, 115 - 70 // 6 - 70, 140)
    assert square_of(landmarks_in(3, 3, 3, 3)) is None and square_of(np.full((68, 2), np.nan)) is None


def test_what_is_cut_out_goes_back_where_it_was() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8)
    inner = Square(5, 9, 20)
    crop = cut(picture, inner, 20)
    assert np.array_equal(crop, picture[9:29, 5:25])
    assert np.array_equal(put_back(crop, inner, picture), picture)
    empty = put_back(crop, inner, np.zeros_like(picture))
    assert np.array_equal(empty[9:29, 5:25], crop) and empty.sum() == crop.sum()
    over = Square(-8, 30, 20)  # over the edge on the left and below
    moved = put_back(np.full((20, 20, 3), 9, np.uint8), over, picture)
    assert (moved[30:, :12] == 9).all()
    assert np.array_equal(moved[:30], picture[:30]) and np.array_equal(moved[:, 12:], picture[:, 12:])
    assert np.array_equal(put_back(crop, Square(90, 90, 20), picture), picture)


def test_beyond_the_edge_the_picture_is_mirrored_blurred_and_fades_to_its_median() -> None:
    picture = np.full((40, 40, 3), 60, np.uint8)
    picture[:, :12] = 200
    crop = cut(picture, Square(-10, 0, 40), 40)
    assert np.array_equal(crop[5:35, 14:], picture[5:35, 4:30])  # untouched inside
    outside = crop[20, :12, 0].astype(int)
    assert outside[0] == 60 and (np.diff(outside) >= 0).all() and outside[9] > 180
    flat = cut(np.full((30, 30, 3), 77, np.uint8), Square(-15, -15, 60), 60)
    assert (flat == 77).all()


def test_landmarks_move_with_the_square() -> None:
    square = Square(10, 20, 64)
    corners = np.array([[9.5, 19.5], [73.5, 83.5]])  # the outer edges of its first and last pixel
    assert np.allclose(square.inside(corners, 256), [[-0.5, -0.5], [255.5, 255.5]])


def test_the_pose_crop_is_the_box_enlarged() -> None:
    """A ramp shows where pixels were taken: the official matrix counts from their centres, its sampling from edges."""
    side = 256
    ramp = np.broadcast_to(np.arange(side, dtype=np.uint8)[None, :, None], (side, side, 3))
    points = landmarks_in(88, 100, 168, 180)
    found = pose_crop(np.ascontiguousarray(ramp), points)
    zoom, middle = int(80 * 1.25 * 1.1), 128.0
    across = (2 * np.arange(POSE_CROP) + 1) / POSE_CROP - 1
    place = across * zoom / (side - 1) + 2 * middle / (side - 1) - 1
    expected = ((place + 1) * side - 1) / 2 / 255 * (2 / (2 + 1e-5))
    assert found.shape == (3, POSE_CROP, POSE_CROP) and found.max() <= 1
    assert np.abs(found[0, 100].numpy() - expected).max() < 1e-4


def test_the_recogniser_sees_the_five_points_where_it_wants_them() -> None:
    landmarks = np.zeros((68, 2))
    wanted = (TEMPLATE @ np.array([[0.8, 0.6], [-0.6, 0.8]])) * 1.5 + (70, 20)  # turned, enlarged, moved
    landmarks[36:42], landmarks[42:48] = wanted[0], wanted[1]
    landmarks[30], landmarks[48], landmarks[54] = wanted[2:]
    assert np.allclose(five_points(landmarks), wanted)
    matrix = crop_matrix(landmarks, 256)
    # pixel (x, y) of the crop, in the units of affine_grid, lands on its point in the picture
    for inside, point in zip(TEMPLATE, wanted, strict=True):
        normalised = 2 * inside / CROP - 1
        assert np.allclose((matrix[:, :2] @ normalised + matrix[:, 2] + 1) * 128, point)
    image = torch.zeros(1, 3, 256, 256)
    image[:, :, 100:110, 90:100] = 1
    assert aligned(image, torch.from_numpy(matrix)[None].float()).shape == (1, 3, CROP, CROP)


def test_the_recogniser_s_matrix_is_the_official_one(shared: Path) -> None:
    io = load_fixture(shared / "parity" / "fixtures" / "hyperreenact").io
    assert np.abs(crop_matrix(io["lm68_source"][0], 256) - io["affine"][0]).max() < 1e-6


def config(*given: str, **keys: object) -> MethodConfig:
    options = method_options(find_method("hyperreenact").card, ["networks=tiny", *given])
    return dataclasses.replace(MethodConfig(random_weights=True, options=options), **keys)


@pytest.fixture(scope="module")
def animator() -> HyperAnimator:
    return adapter.build(config())._animator


BOX = landmarks_in(30, 34, 66, 74)
Make = Callable[..., HyperReenactMethod]


@pytest.fixture
def make(animator: HyperAnimator) -> Make:
    """The method with faces where frames are not black: a little further to the right the lighter a frame is."""

    def locate(frames: Frames) -> np.ndarray:
        greys = frames[:, -1, -1, 0].astype(float)
        points = BOX + np.stack([greys / 20, np.zeros(len(greys))], axis=1)[:, None]
        points[greys == 0] = np.nan
        return points

    return lambda *given: HyperReenactMethod(animator, locate, config(*given), TINY.side)


def frames_with(*greys: int) -> Frames:
    noise = np.random.default_rng(5).integers(0, 256, (len(greys), SIDE, SIDE, 3), np.uint8)
    noise[:, -1, -1] = np.array(greys)[:, None]
    return noise


SOURCE = frames_with(40)


def clip(folder: Path, *greys: int) -> Driving:
    pictures = folder / "clip"
    pictures.mkdir()
    for index, frame in enumerate(frames_with(*greys)):
        video.write_image(pictures / f"{index:03d}.png", frame)
    return Driving(pictures, Selection(size=SIDE))


def animated(method: HyperReenactMethod, driving: Driving, source: Frames = SOURCE) -> np.ndarray:
    return np.concatenate(list(method.animate(source, driving, "absolute")))


def test_three_frames_lie_where_the_driving_faces_were(make: Make, tmp_path: Path) -> None:
    driving = clip(tmp_path, 10, 60, 200)
    frames = animated(make(), driving)
    assert frames.shape == (3, SIDE, SIDE, 3) and frames.dtype == np.uint8
    painted = animated(make("output=crop"), driving)
    assert painted.shape == frames.shape
    for frame, grey, crop in zip(frames, (10, 60, 200), painted, strict=True):
        square = square_of(BOX + np.array([grey / 20, 0]))
        assert square is not None and square.side == 80
        marked = put_back(np.zeros((8, 8, 3), np.uint8), square, np.ones_like(SOURCE[0])).all(axis=2)
        assert np.array_equal(frame[marked], SOURCE[0][marked]) and 0 < marked.sum() < SIDE**2
        assert np.abs(cut(frame, square, SIDE)[20:80, 20:80].astype(int) - crop[20:80, 20:80]).mean() < 2
    assert any((painted[0] != other).any() for other in painted[1:])


def test_frames_without_a_face_take_the_last_one_s_motion(
    make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "evalkit"):
        frames = animated(make(), clip(tmp_path, 0, 0, 90, 0, 160))
    assert len(frames) == 5
    assert all(np.array_equal(frames[index], frames[2]) for index in (0, 1, 3))
    assert (frames[4] != frames[2]).any()
    assert caplog.records[-1].getMessage() == (
        "no face in driving frame 0, 1, 3 of 5: motion is that of the last frame with a face"
    )
    with pytest.raises(MethodError, match=r"dlib finds no face in driving frame 0, 1, 3 of 5; missing=hold goes on"):
        animated(make("missing=fail"), Driving(tmp_path / "clip", Selection(size=SIDE)))


def test_faces_that_are_needed(make: Make, tmp_path: Path) -> None:
    with pytest.raises(MethodError, match="no face in any of the 3 driving frames"):
        animated(make(), clip(tmp_path, 0, 0, 0))
    with pytest.raises(MethodError, match="no face in the source, and hyperreenact needs one for its crop"):
        animated(make(), Driving(tmp_path / "clip", Selection(size=SIDE)), frames_with(0))


def test_motion_and_weights_that_do_not_exist(make: Make, tmp_path: Path) -> None:
    with pytest.raises(MethodError, match="hyperreenact has no relative motion"):
        next(make().animate(SOURCE, clip(tmp_path, 1), "relative"))
    with pytest.raises(MethodError, match=r"networks=tiny has no weights.*add --random-weights"):
        adapter.build(config(random_weights=False))


def test_the_centre_of_truncation_is_the_same_every_time(animator: HyperAnimator) -> None:
    again = adapter.build(config())._animator
    assert animator.model.centre is not None and torch.equal(animator.model.centre, again.model.centre)


@torch.no_grad()
def test_frames_of_a_batch_do_not_see_each_other(animator: HyperAnimator) -> None:
    torch.manual_seed(3)
    render = animator.begin(torch.rand(1, 3, TINY.side, TINY.side), torch.tensor([[[1.0, 0, 0], [0, 1, 0]]]))
    crops = torch.rand(3, 3, POSE_CROP, POSE_CROP)
    together, singly = render(crops), torch.cat([render(crop[None]) for crop in crops])
    torch.testing.assert_close(together, singly, atol=1e-4, rtol=0)
    assert (together[0] - together[1]).abs().max() > 10 * (together - singly).abs().max()


@torch.no_grad()
def test_half_precision_is_near(animator: HyperAnimator) -> None:
    half = adapter.build(config(precision="bf16"))._animator
    torch.manual_seed(3)
    image, matrix = torch.rand(1, 3, TINY.side, TINY.side), torch.tensor([[[1.0, 0, 0], [0, 1, 0]]])
    crops = torch.rand(1, 3, POSE_CROP, POSE_CROP)
    exact, near = (one.begin(image, matrix)(crops) for one in (animator, half))
    assert near.dtype == torch.float32 and 0 < (exact - near).abs().mean() < 0.05 * exact.abs().mean()


@pytest.mark.slow
def test_fifty_frames_of_a_real_clip(shared: Path) -> None:
    clips = shared / "faces" / "clips"
    source = video.read_frames(clips / "p007_c1.mp4", [0], size=256)
    driving = Driving(clips / "p001_c1.mp4", Selection(size=256, maximum=50))
    method = adapter.build(config())
    frames = animated(method, driving, source)
    assert frames.shape == (50, 256, 256, 3) and any((frames[0] != other).any() for other in frames[1:])
    points = method._locate(np.concatenate(list(driving)))
    squares = [square_of(one) for one in points]
    assert all(square is not None and 250 < square.side < 400 for square in squares)
    assert (np.ptp(points[:, 30], axis=0) > 5).any()  # the nose moves


SMALL = dataclasses.replace(
    adapter.NETWORKS, method="small_hyperreenact", variants={"released": lambda: HyperReenact(TINY)}
)


@pytest.fixture
def official(tmp_path: Path) -> Iterator[tuple[Path, dict[str, torch.Tensor]]]:
    """The five official files with tiny networks in them, and the state dict they are made of."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        model = HyperReenact(TINY)
    folder = tmp_path / "pretrained_models"
    folder.mkdir()
    states = {name: dict(model.get_submodule(name).state_dict()) for name, _ in model.named_children()}
    hyper = {f"hypernet.{key}": value for key, value in states["hypernet"].items()}
    for key in ("w1", "b1", "w2", "b2"):
        hyper[f"hypernet.refinement_blocks.0.hypernet.{key}"] = states["hypernet"][f"shared_weight_hypernet.{key}"]
    hyper["decoder.conv1.noise.weight"] = torch.ones(1)
    torch.save({"state_dict": hyper, "step": 3}, folder / "hypernetwork.pt")
    more = {"convs.9.noise.weight": torch.ones(1)}
    torch.save({"g_ema": states["decoder"] | more, "latent_avg": torch.zeros(16)}, folder / "stylegan-voxceleb.pt")
    torch.save({"E_flame": states["pose_encoder"], "E_detail": {"x": torch.ones(1)}}, folder / "deca_model.tar")
    torch.save(states["appearance_encoder"], folder / "insight_face.pth")
    torch.save({"e": states["e4e_encoder"], "latent_avg": torch.zeros(16)}, folder / "e4e-voxceleb.pt")
    yield folder, dict(model.state_dict())


def test_official_files_give_every_weight(official: tuple[Path, dict[str, torch.Tensor]]) -> None:
    folder, state = official
    path = import_file(SMALL, folder)
    loaded = load(SMALL, MethodConfig(checkpoint=path), lambda: HyperReenact(TINY))
    assert torch.equal(
        loaded.e4e_encoder.latlayer1.weight.contiguous(), state["e4e_encoder.latlayer1.weight"]
    ) and torch.equal(loaded.hypernet.shared_weight_hypernet.w2, state["hypernet.shared_weight_hypernet.w2"])
    from safetensors.torch import load_file

    kept = load_file(path)
    assert kept.keys() == state.keys() and all(torch.equal(kept[key], value) for key, value in state.items())
    path.unlink()


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("hypernetwork.pt", "hypernet"),
        ("stylegan-voxceleb.pt", "decoder"),
        ("deca_model.tar", "pose_encoder"),
        ("insight_face.pth", "appearance_encoder"),
        ("e4e-voxceleb.pt", "e4e_encoder"),
    ],
)
def test_a_missing_file_is_named(official: tuple[Path, dict[str, torch.Tensor]], file: str, part: str) -> None:
    folder, _ = official
    (folder / file).unlink()
    with pytest.raises(MethodError, match=rf"holds no {part} of small_hyperreenact .*Needed: .*{file}.*one folder"):
        import_file(SMALL, folder)


def test_a_file_that_does_not_fit_is_named(official: tuple[Path, dict[str, torch.Tensor]]) -> None:
    folder, _ = official
    content = torch.load(folder / "deca_model.tar", weights_only=True)
    content["E_flame"]["layers.2.weight"] = torch.zeros(159, 16)
    torch.save(content, folder / "deca_model.tar")
    with pytest.raises(
        MethodError, match=r"do not fit.*pose_encoder\.layers\.2\.weight \[159, 16\], expected \[236, 16\]"
    ):
        import_file(SMALL, folder)


@torch.no_grad()
def test_noise_and_mapping_are_those_of_stylegan2(animator: HyperAnimator) -> None:
    decoder = HyperReenact(TINY).decoder
    z = torch.randn(4, TINY.style_dim)
    x = z / (z.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()
    for layer in list(decoder.style)[1:]:
        weight = layer.weight * 0.01 / math.sqrt(TINY.style_dim)
        x = functional.leaky_relu(x @ weight.T + layer.bias * 0.01, 0.2) * math.sqrt(2)
    torch.testing.assert_close(decoder.mean(z), x.mean(dim=0, keepdim=True))
    latents = torch.randn(1, decoder.styles, TINY.style_dim)
    before = decoder(latents, {})
    decoder.noises.noise_3 += 5
    assert torch.equal(decoder(latents, {}), before)  # its strength is 0 before training
    decoder.convs[2].noise.weight += 1
    assert not torch.equal(decoder(latents, {}), before)
