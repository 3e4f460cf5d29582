"""MagicPortrait as evalkit runs it, with small random networks: seeds, lengths, maps, official files, memory."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("diffusers", reason="needs the extra `diffusion`")

from baselines.magicportrait import adapter, official
from baselines.magicportrait.map_folders import MapFolders
from baselines.magicportrait.maps import KINDS
from baselines.magicportrait.method import halving
from evalkit.clips import video
from evalkit.errors import MethodError
from evalkit.method.find import build_method, find_method, method_options
from evalkit.method.interface import Driving, Job, LooksAhead, MethodConfig
from evalkit.types import Selection

SIDE, FRAMES = 64, 13


def options(*given: str) -> dict[str, str]:
    chosen = ("networks=tiny", f"side={SIDE}", "steps=2", *given)
    return dict(method_options(find_method("magicportrait").card, list(chosen)))


def config(maps: Path, *given: str, **keys: object) -> MethodConfig:
    values = MethodConfig(random_weights=True, options=options(f"maps={maps}", *given))
    return dataclasses.replace(values, **keys)


def write_maps(folder: Path, count: int = FRAMES, side: int = SIDE, seed: int = 0) -> Path:
    random = np.random.default_rng(seed)
    for kind in KINDS:
        (folder / kind).mkdir(parents=True)
        for frame in range(count):
            video.write_image(folder / kind / f"{frame}.png", random.integers(0, 256, (side, side, 3), np.uint8))
    return folder


def clip(folder: Path, count: int = FRAMES) -> Driving:
    path = folder / "clip.mkv"
    video.write_video(path, [np.random.default_rng(9).integers(0, 256, (count, SIDE, SIDE, 3), np.uint8)], 25)
    return Driving(path, Selection(size=SIDE))


@pytest.fixture(scope="module")
def source() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (1, SIDE, SIDE, 3), np.uint8)


@pytest.fixture(scope="module")
def maps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_maps(tmp_path_factory.mktemp("maps") / "one")


@pytest.fixture(scope="module")
def driving(tmp_path_factory: pytest.TempPathFactory) -> Driving:
    return clip(tmp_path_factory.mktemp("driving"))


def frames_of(method, source: np.ndarray, driving: Driving) -> np.ndarray:
    return np.concatenate(list(method.animate(source, driving, "absolute")))


@pytest.mark.slow
def test_same_seed_same_frames_and_one_for_each_driving_frame(maps: Path, source, driving: Driving) -> None:
    method = adapter.build(config(maps))
    first, again = frames_of(method, source, driving), frames_of(method, source, driving)
    assert first.shape == (FRAMES, SIDE, SIDE, 3) and np.isfinite(first).all()
    assert np.array_equal(first, again)
    torch.manual_seed(99)  # global generators play no part
    assert np.array_equal(first, frames_of(method, source, driving))
    other = adapter.build(config(maps))
    other._config = dataclasses.replace(other._config, seed=5)  # the same networks
    assert np.abs(frames_of(other, source, driving) - first).max() > 1e-2
    assert np.abs(frames_of(method, 255 - source, driving) - first).max() > 1e-4


@pytest.mark.parametrize("count", [1, 3])
def test_short_clips_are_one_window(count: int, source, tmp_path: Path) -> None:
    method = adapter.build(config(write_maps(tmp_path / "maps", count), "steps=1"))
    assert frames_of(method, source, clip(tmp_path, count)).shape == (count, SIDE, SIDE, 3)


def test_maps_move_the_frames(maps: Path, source, driving: Driving, tmp_path: Path) -> None:
    short = dataclasses.replace(driving, selection=dataclasses.replace(driving.selection, maximum=2))
    one = frames_of(adapter.build(config(maps)), source, short)
    other = frames_of(adapter.build(config(write_maps(tmp_path / "maps", 2, seed=3))), source, short)
    assert one.shape == (2, SIDE, SIDE, 3) and np.abs(one - other).max() > 1e-4


def test_maps_of_a_pair_are_found_by_its_name(source, driving: Driving, tmp_path: Path) -> None:
    write_maps(tmp_path / "maps" / "a__b", FRAMES)
    method = adapter.build(config(tmp_path / "maps", "steps=1"))
    assert isinstance(method, LooksAhead)
    with pytest.raises(MethodError, match=r"no guidance maps in .*maps"):
        frames_of(method, source, driving)
    method.begin(Job("a__b", lambda: source, driving, SIDE, "absolute"), ())
    assert len(frames_of(method, source, driving)) == FRAMES


def test_selected_frames_take_their_maps(maps: Path, source, driving: Driving) -> None:
    chosen = dataclasses.replace(driving, selection=Selection(size=SIDE, start=2, stride=3, maximum=3))
    found = list(MapFolders(maps).maps(source[0], chosen, "", SIDE))
    assert len(found) == 3
    for images, frame in zip(found, (2, 5, 8), strict=True):
        for image, kind in zip(images, KINDS, strict=True):
            assert np.array_equal(image, video.read_frames(maps / kind, [frame])[0])


def test_maps_of_another_size_are_resized(source, driving: Driving, tmp_path: Path) -> None:
    folder = write_maps(tmp_path / "maps", side=100)
    first = next(MapFolders(folder).maps(source[0], driving, "", SIDE))
    assert np.array_equal(first[0], video.read_frames(folder / "depth", [0], size=SIDE)[0])


def spoil_count(folder: Path) -> None:
    (folder / "normal" / "12.png").unlink()


def spoil_all_counts(folder: Path) -> None:
    for kind in KINDS:
        (folder / kind / "3.png").unlink()


def spoil_one_kind(folder: Path) -> None:
    """As many as the two selected frames, where the others have one for every frame."""
    for path in sorted((folder / "normal").iterdir(), key=lambda path: int(path.stem))[2:]:
        path.unlink()


def spoil_kind(folder: Path) -> None:
    (folder / "render").rename(folder / "shaded")


def spoil_shape(folder: Path) -> None:
    video.write_image(folder / "depth" / "4.png", np.zeros((64, 80, 3), np.uint8))


def spoil_file(folder: Path) -> None:
    (folder / "depth" / "4.png").write_bytes(b"no picture")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_count, r"normal: holds 12 maps, and clip\.mkv has 13 frames\. Give 13\."),
        (spoil_all_counts, r"depth: holds 12 maps, and clip\.mkv has 13 frames\. Give 13\."),
        (spoil_kind, r"one: holds no folder render\. Give a folder with depth, normal, render in it"),
        (spoil_shape, r"depth: (a map of 80x64 pixels; square ones are expected|.*80x64)"),
        (spoil_file, r"4\.png"),
    ],
)
def test_bad_maps_are_named(
    spoil: Callable[[Path], None], message: str, source, driving: Driving, tmp_path: Path
) -> None:
    spoil(write_maps(tmp_path / "one"))
    with pytest.raises(Exception, match=message) as raised:
        list(MapFolders(tmp_path / "one").maps(source[0], driving, "", SIDE))
    assert type(raised.value).__name__ in ("MethodError", "VideoError")


def test_kinds_of_maps_are_equally_many(source, driving: Driving, tmp_path: Path) -> None:
    spoil_one_kind(write_maps(tmp_path / "one"))
    two = dataclasses.replace(driving, selection=Selection(size=SIDE, maximum=2))
    with pytest.raises(MethodError, match="one: 13 in depth, 2 in normal, 13 in render; all three kinds need as many"):
        list(MapFolders(tmp_path / "one").maps(source[0], two, "", SIDE))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("side=100", "option side='100': expected a multiple of 64"),
        ("steps=0", "option steps='0': expected a positive whole number"),
        ("guidance_scale=much", "option guidance_scale='much': expected a number"),
        ("maps=", "needs guidance maps: --option maps=FOLDER.*magicportrait_mesh makes maps itself"),
    ],
)
def test_values_of_options_are_checked(given: str, message: str, maps: Path) -> None:
    with pytest.raises(MethodError, match=message):
        adapter.build(config(maps, given))


def test_tiny_networks_are_random_only(maps: Path) -> None:
    with pytest.raises(MethodError, match=r"networks=tiny has no weights.*--random-weights"):
        adapter.build(config(maps, random_weights=False))
    with pytest.raises(MethodError, match=r"magicportrait \(released\) has no weights here"):
        build_method(find_method("magicportrait"), config(maps, "networks=released", random_weights=False))


def test_it_is_not_compiled(maps: Path) -> None:
    with pytest.raises(MethodError, match=r"magicportrait is not compiled\. Leave out --compile\."):
        adapter.build(config(maps, compile=True))


def test_motion_and_sources_are_checked(maps: Path, source, driving: Driving) -> None:
    method = adapter.build(config(maps))
    with pytest.raises(MethodError, match="no relative motion"):
        next(method.animate(source, driving, "relative"))
    with pytest.raises(MethodError, match=r"takes 1 source image\(s\), at least one; got 2"):
        next(method.animate(np.repeat(source, 2, 0), driving, "absolute"))


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["bf16"])
def test_half_precision_is_near(precision: str, maps: Path, source, driving: Driving) -> None:
    short = dataclasses.replace(driving, selection=dataclasses.replace(driving.selection, maximum=2))
    whole = frames_of(adapter.build(config(maps)), source, short)
    half = adapter.build(config(maps, precision=precision))
    assert next(half._model.denoising_unet.parameters()).dtype == torch.bfloat16
    assert 0 < np.abs(frames_of(half, source, short) - whole).mean() < 0.05


def raising(text: str) -> torch.Tensor:
    raise RuntimeError(text)


@pytest.mark.slow
def test_too_little_memory_takes_the_halves_apart(
    maps: Path, source, driving: Driving, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    method = adapter.build(config(maps))
    usual = frames_of(method, source, driving)
    denoise = type(method._model.denoising_unet).forward
    batches: list[int] = []

    def small(self, latents, *rest):
        batches.append(len(latents))
        if len(latents) > 1:
            raise RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED")
        return denoise(self, latents, *rest)

    monkeypatch.setattr(type(method._model.denoising_unet), "forward", small)
    assert np.abs(frames_of(method, source, driving) - usual).max() < 1e-4
    assert batches.count(2) == 1 and "two halves of guidance" in caplog.text

    def never(latents, step, frames):
        raise torch.OutOfMemoryError("no")

    with pytest.raises(torch.OutOfMemoryError):
        halving(never, never)(torch.zeros(1), torch.zeros(1), [0])
    with pytest.raises(RuntimeError, match="another"):
        halving(lambda *_: raising("another"), never)(torch.zeros(1), torch.zeros(1), [0])
    monkeypatch.setattr(type(method._model.denoising_unet), "forward", lambda *_: never(*_[:3]))
    with pytest.raises(MethodError, match=r"out of memory.*one window of 12 frames at 64 pixels.*--precision fp16"):
        frames_of(method, source, driving)


TEXT = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}


@pytest.fixture
def ckpts(tmp_path: Path) -> Iterator[tuple[Path, dict[str, torch.Tensor]]]:
    """Files of the official layout that hold small networks, and the state dict they are made of."""
    transformers = pytest.importorskip("transformers")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        model = adapter._tiny()
        encoder = transformers.CLIPTextModel(
            transformers.CLIPTextConfig(
                vocab_size=600, max_position_embeddings=7, bos_token_id=0, eos_token_id=1, **TEXT
            )
        )
    folder = tmp_path / "ckpts"
    stable = folder / "stable-diffusion-v1-5"
    (stable / "unet").mkdir(parents=True)
    for name in official.OWN:
        torch.save(model.get_submodule(name).state_dict(), folder / f"{name}.pth")
    model.vae.save_pretrained(folder / "sd-vae-ft-mse")
    encoder.save_pretrained(stable / "text_encoder")
    write_tokenizer(stable / "tokenizer")
    yield folder, dict(model.state_dict())


def write_tokenizer(folder: Path) -> None:
    folder.mkdir()
    import json

    words = ["<|startoftext|>", "<|endoftext|>", *(chr(code) for code in range(33, 127))]
    words += [f"{word}</w>" for word in words[2:]]
    (folder / "vocab.json").write_text(json.dumps({word: index for index, word in enumerate(words)}), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", "utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CLIPTokenizer"}), "utf-8")


def expected(state: dict[str, torch.Tensor]) -> dict[str, object]:
    return dict.fromkeys(state)


def test_official_files_give_every_weight(ckpts: tuple[Path, dict[str, torch.Tensor]]) -> None:
    folder, state = ckpts
    found = official.assemble(folder, expected(state))
    assert found.keys() == state.keys()
    assert all(torch.equal(found[key], value) for key, value in state.items() if key != "text.tokens")
    assert found["text.tokens"].shape == (1, 7, 16) and found["text.tokens"].abs().max() > 0


def test_layers_lie_on_each_other_as_in_the_release(ckpts: tuple[Path, dict[str, torch.Tensor]]) -> None:
    folder, state = ckpts
    whole = torch.load(folder / "denoising_unet.pth", weights_only=True)
    own = {key: value for key, value in whole.items() if ".motion_modules." not in key and key != "conv_in.bias"}
    own["something.else"] = torch.zeros(1)
    torch.save(own, folder / "denoising_unet.pth")
    motion = {key: value + 1 for key, value in whole.items() if ".motion_modules." in key}
    torch.save(motion, folder / "motion_module-47360.pth")
    from safetensors.torch import save_file

    below = {"conv_in.bias": whole["conv_in.bias"] + 2, "conv_in.weight": whole["conv_in.weight"] + 2}
    save_file(below, folder / "stable-diffusion-v1-5" / "unet" / "diffusion_pytorch_model.safetensors")
    found = official.assemble(folder, expected(state))
    assert found.keys() == state.keys()
    prefix = "denoising_unet."
    assert torch.equal(found[f"{prefix}conv_in.bias"], state[f"{prefix}conv_in.bias"] + 2)
    assert torch.equal(found[f"{prefix}conv_in.weight"], state[f"{prefix}conv_in.weight"])
    key = next(iter(motion))
    assert torch.equal(found[prefix + key], state[prefix + key] + 1)


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("reference_unet.pth", r"holds no reference_unet\.pth of magicportrait\. Needed: .*ckpts/"),
        ("sd-vae-ft-mse", r"the VAE is missing.*Hub id: stabilityai/sd-vae-ft-mse"),
        ("sd-vae-ft-mse/diffusion_pytorch_model.safetensors", r"not a whole VAE .*Hub id: stabilityai/sd-vae-ft-mse"),
        ("stable-diffusion-v1-5/text_encoder", r"text encoder is missing.*stable-diffusion-v1-5/stable-diffusion-v1-5"),
        ("stable-diffusion-v1-5/tokenizer", r"the tokenizer is missing.*stable-diffusion-v1-5/stable-diffusion-v1-5"),
        ("stable-diffusion-v1-5/text_encoder/model.safetensors", r"not a whole text encoder.*Hub id: stable-diffusion"),
    ],
)
def test_a_missing_part_is_named(ckpts: tuple[Path, dict[str, torch.Tensor]], missing: str, message: str) -> None:
    import shutil

    folder, state = ckpts
    path = folder / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(MethodError, match=message):
        official.assemble(folder, expected(state))


def test_a_file_that_lacks_weights_asks_for_the_layer_below(ckpts: tuple[Path, dict[str, torch.Tensor]]) -> None:
    folder, state = ckpts
    torch.save({"conv_in.bias": torch.zeros(32)}, folder / "reference_unet.pth")
    with pytest.raises(MethodError, match=r"do not hold all of the UNets.*folder unet.*Hub id: stable-diffusion-v1-5"):
        official.assemble(folder, expected(state))
