from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from baselines._shared.stylegan.encoder import Widths
from baselines.sfd.lab import train as command
from baselines.sfd.lab.data import main as render
from baselines.sfd.lab.training.config import Config, Data, Perception, merged
from baselines.sfd.lab.training.corpus import Corpus, TrainingClip
from baselines.sfd.lab.training.perceptual import Perceptual
from baselines.sfd.lab.training.processes import Processes
from baselines.sfd.lab.training.trainer import Trainer
from baselines.sfd.shape import Shape
from evalkit.clips import video
from evalkit.extractors.lpips_backbones import squeezenet
from tests.fakes import make_clip, noise

DLIB = {"identity_network": "dlib128", "identity_of": "clip", "identity_centred": True}
"""Identity features that need no weight file and are quick."""
PERCEPTION = Perception(network="squeezenet", scales=(1.0,), stages=2)
TINY = Shape(size=32, style_dim=48, head_layers=2, points=2, widths=Widths(8, 256))


def tiny_config(**changed: object) -> Config:
    """Every loss plays from the first step on."""
    content: dict[str, object] = {
        "shape": TINY.model_dump(),
        "batch": 4,
        "data": DLIB,
        "start": {"still": True},
        "perception": PERCEPTION.model_dump(),
        "adversary": {"widths": {"widest": 8, "budget": 128}, "every": 2, "penalty": 10.0, "penalty_every": 1},
    }
    return Config.model_validate(merged(content, changed))


def data_of(**changed: object) -> Data:
    """What `tiny_config` trains on."""
    return Data.model_validate(DLIB | changed)


def make_corpus(people: int = 3, clips: int = 2, frames: int = 4, size: int = 32) -> Corpus:
    """Noise with embeddings that tell people apart."""
    rng = np.random.default_rng(0)

    def one(person: int, clip: int) -> TrainingClip:
        pictures = rng.integers(0, 256, (frames, size, size, 3), dtype=np.uint8)
        features = np.tile(np.eye(people)[person] - 1 / people, (frames, 1))
        return TrainingClip(make_clip(f"p{person}c{clip}", f"p{person}"), pictures, features)

    grouped = tuple(tuple(one(person, clip) for clip in range(clips)) for person in range(people))
    return Corpus(tuple(f"p{person}" for person in range(people)), grouped, (), "digest")


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three drawn people in one clip of three frames each."""
    root = tmp_path_factory.mktemp("people")
    assert not render(["--out", str(root), "--people", "3", "--clips", "1", "--frames", "3", "--size", "128"])
    return root


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """One for all tests, so that faces are looked for once."""
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path_factory.getbasetemp() / "sfd-cache"))


@pytest.fixture
def tiny_options(
    data: Path, tmp_path: Path, cache: None, perceptual: Perceptual, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """--config, --data and --device of the training commands; the last of the three people is held out."""
    monkeypatch.setattr(command, "backbone", lambda network: perceptual.backbone)
    config = tmp_path / "tiny.yaml"
    config.write_text(yaml.safe_dump(tiny_config(data={"held_out": 1}).model_dump(mode="json", exclude={"stage"})))
    return ["--config", str(config), "--data", str(data), "--device", "cpu"]


@pytest.fixture(scope="session")
def perceptual() -> Perceptual:
    torch.manual_seed(0)
    return Perceptual(squeezenet(), PERCEPTION)


@pytest.fixture
def make_trainer(perceptual: Perceptual) -> Callable[..., Trainer]:
    def make(config: Config | None = None, corpus: Corpus | None = None) -> Trainer:
        return Trainer(config or tiny_config(), corpus or make_corpus(), perceptual, "cpu", Processes())

    return make


@pytest.fixture
def weight_file(tmp_path: Path) -> Path:
    from baselines.sfd.model import SFD
    from baselines.sfd.weights import write_weights

    torch.manual_seed(0)
    path = tmp_path / "tiny.safetensors"
    write_weights(path, lively(SFD(TINY)), {"step": 0})
    return path


def lively(model: torch.nn.Module) -> torch.nn.Module:
    """Flow heads away from their still start."""
    for head in model.generator.to_flows:
        torch.nn.init.normal_(head.conv.weight, std=0.3)
    return model


@pytest.fixture(scope="session")
def people_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with four people in two clips of four frames of noise each."""
    root = tmp_path_factory.mktemp("noise_people")
    for person in range(4):
        for clip in range(2):
            frames = noise(4, 32, seed=2 * person + clip)
            video.write_video(root / f"p{person}" / f"c{clip}.mkv", [frames], 25)
    return root
