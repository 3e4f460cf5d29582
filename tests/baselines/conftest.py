"""Helpers for the native methods: official key tables, fixtures with a damaged weight, random weights."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from baselines._shared.motion.method import MotionMethod
from baselines._shared.native.motion_field import MotionAnimator
from evalkit.clips import video
from evalkit.datasets.drawn import render_clip
from evalkit.method.interface import Driving
from evalkit.types import Frames, Selection
from tests.baselines.random_methods import SIDE, Build, RandomMethods
from tests.parity.compare import compare
from tests.parity.fixture import Fixture
from tests.parity.motion import MODES

Entry = tuple[tuple[int, ...], str]


@dataclass
class KeyTable:
    """State dicts of one official checkpoint: module -> key -> (shape, dtype), and parameter counts per module."""

    entries: dict[str, dict[str, Entry]] = field(default_factory=dict)
    parameters: dict[str, int] = field(default_factory=dict)


def read_keys(path: Path) -> KeyTable:
    table = KeyTable()
    for line in path.read_text(encoding="utf-8").splitlines():
        count = re.match(r"# (?:total|params) (\w+): (?:parameters )?(\d+)", line)
        if count:
            table.parameters[count.group(1)] = int(count.group(2))
        if line.startswith("#") or not line.strip():
            continue
        module, key, shape, dtype = line.split("\t")
        size = () if shape == "scalar" else tuple(int(number) for number in shape.split(","))
        table.entries.setdefault(module, {})[key] = (size, dtype)
    return table


@pytest.fixture
def check_keys(shared: Path) -> Callable[[str, dict[str, nn.Module]], None]:
    """Assert that modules have exactly the official keys, shapes, dtypes and parameter counts."""

    def check(name: str, modules: dict[str, nn.Module]) -> None:
        table = read_keys(shared / "parity" / "keys" / f"{name}.tsv")
        assert set(modules) == set(table.entries)
        for module_name, module in modules.items():
            ours = {
                key: (tuple(value.shape), str(value.dtype).removeprefix("torch."))
                for key, value in module.state_dict().items()
            }
            assert ours == table.entries[module_name], module_name
            assert sum(p.numel() for p in module.parameters()) == table.parameters[module_name], module_name

    return check


@pytest.fixture
def damaged(shared: Path, tmp_path: Path) -> Callable[[str, str], Path]:
    """Copy a fixture folder with one stored weight changed: (fixture, "<module>.<key>") -> folder."""

    def damage(name: str, key: str) -> Path:
        folder = tmp_path / name
        shutil.copytree(shared / "parity" / "fixtures" / name, folder, copy_function=shutil.copyfile)
        folder.chmod(0o755)
        tensors = load_file(str(folder / "weights.safetensors"))
        tensors[key] = tensors[key] * 1.2 + 0.05
        (folder / "weights.safetensors").unlink()
        save_file(tensors, str(folder / "weights.safetensors"))
        return folder

    return damage


@pytest.fixture
def check_batching() -> Callable[[MotionMethod, Tensor, Tensor], None]:
    """Assert that the animator gives of a batch of driving frames what it gives of the frames one by one.

    In float64: in float32 the CPU convolutions pick another kernel for another batch size, which alone moves the images
    of these random networks by up to 4e-5, the size of their rounding noise. Frames that saw each other would differ by
    far more than that.
    """

    def check(method: MotionMethod, source: Tensor, driving: Tensor) -> None:
        assert len(driving) > 1
        method.double()
        source, driving = source.double(), driving[:2].double()
        with torch.no_grad():
            render = MotionAnimator(method, adapt_scale=True).begin(source, driving[:1])
            together = render(driving)
            singly = torch.cat([render(frame) for frame in driving.split(1)])
        assert together.shape == driving.shape
        assert (together[0] - together[1]).abs().max() > 1e-3
        torch.testing.assert_close(together, singly, atol=1e-9, rtol=0)

    return check


Animators = Callable[[bool], MotionAnimator]


@pytest.fixture
def check_animator() -> Callable[[Fixture, Animators, Mapping[str, tuple[bool, bool]]], None]:
    """Assert that the animator that evalkit runs gives the official pictures, within the tolerance of the fixture.

    Takes the fixture, a function of adapt_scale that makes the animator, and the modes: prefix in io.npz -> (relative,
    adapt_scale).
    """

    def check(fixture: Fixture, animator: Animators, modes: Mapping[str, tuple[bool, bool]] = MODES) -> None:
        source, driving = fixture.tensor("source"), fixture.tensor("driving")
        found = []
        for mode, (relative, scaled) in modes.items():
            with torch.no_grad():
                render = animator(scaled).begin(source, driving[:1] if relative else None)
                frames = torch.cat([render(batch) for batch in driving.split(2)]).numpy()
            name = f"{mode}_prediction"
            found.append(compare(name, frames, fixture.io[name], fixture.config["tolerance"]))
        assert len(found) == len(modes)
        assert [one.line() for one in found if not one.ok] == []

    return check


@pytest.fixture(scope="module")
def build() -> Build:
    """Build a method with random weights, small unless asked otherwise; see `RandomMethods`."""
    return RandomMethods()


@pytest.fixture(scope="module")
def faces() -> Frames:
    """Four people, 128 pixels."""
    return np.concatenate([render_clip(person, 0, frames=1, size=SIDE).frames for person in range(4)])


@pytest.fixture(scope="module")
def driving(tmp_path_factory: pytest.TempPathFactory, faces: Frames) -> Driving:
    """Three of them, one after the other."""
    path = tmp_path_factory.mktemp("driving") / "clip.mkv"
    video.write_video(path, [faces[:3]], 25)
    return Driving(path, Selection(size=SIDE))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """However many a test sets, later ones have as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
