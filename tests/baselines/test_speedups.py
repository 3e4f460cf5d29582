"""`channels_last` and torch.compile: same frames, and a clear word where it does not work."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from scipy.spatial import ConvexHull
from torch import Tensor, nn

from baselines._shared.native.method import NativeMethod, Render
from baselines._shared.native.speedups import check_compiler, store_channels_last, to_device, untraced
from evalkit.clips import video
from evalkit.errors import MethodError
from evalkit.method.find import find_method
from evalkit.method.interface import Driving, MethodConfig
from evalkit.types import Selection
from tests.baselines.random_methods import Build
from tests.baselines.tiny import TINY
from tests.fakes import noise

OPTIONS = {"batch": "auto"}


class Blend:
    """A small convolution of source and driving frame; notes how its inputs are stored."""

    def __init__(self, network: nn.Conv2d) -> None:
        self.network = network
        self.strides: list[tuple[int, ...]] = []

    def begin(self, sources: Tensor, initial: Tensor | None) -> Render:
        source = self.network(sources)
        self.strides.append(sources.stride())
        return lambda frames: torch.sigmoid(self.network(frames) + source)


def frames_of(folder: Path, config: MethodConfig) -> tuple[Tensor, Blend]:
    path = folder / "clip.mkv"
    video.write_video(path, [noise(3, 32)], 25)
    torch.manual_seed(0)
    network = nn.Conv2d(3, 3, 3, padding=1).requires_grad_(False)
    animator = Blend(store_channels_last(network) if config.channels_last else network)
    method = NativeMethod(animator, config, size=32)
    chunks = [
        torch.from_numpy(c) for c in method.animate(noise(1, 32, seed=1), Driving(path, Selection(size=32)), "absolute")
    ]
    return torch.cat(chunks), animator


def test_kernels_of_both_kinds_are_stored_channels_last() -> None:
    network = store_channels_last(nn.Sequential(nn.Conv2d(4, 4, 3), nn.Conv3d(4, 4, 3), nn.Linear(4, 4)))
    assert network[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert network[1].weight.is_contiguous(memory_format=torch.channels_last_3d)
    assert network[2].weight.is_contiguous()


def test_images_are_stored_as_the_configuration_says(tmp_path: Path) -> None:
    plain, by_plane = frames_of(tmp_path, MethodConfig(options=OPTIONS))
    last, by_pixel = frames_of(tmp_path, MethodConfig(options=OPTIONS, channels_last=True))
    assert by_plane.strides == [(3072, 1024, 32, 1)] and by_pixel.strides == [(3072, 1, 96, 3)]
    assert plain.shape == (3, 32, 32, 3)
    torch.testing.assert_close(last, plain, atol=1e-5, rtol=0)
    assert to_device(torch.zeros(1, 3, 4, 4), MethodConfig()).is_contiguous()


@pytest.mark.slow
def test_compiled_frames_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The render function goes through torch.compile whole; its back end, which needs a compiler, is left out."""
    traced: list[int] = []

    def backend(graph: torch.fx.GraphModule, inputs: list[Tensor]) -> Callable[..., object]:
        traced.append(sum("conv2d" in str(node.target) for node in graph.graph.nodes))
        return graph.forward

    plain, _ = frames_of(tmp_path, MethodConfig(options=OPTIONS))
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend=backend))
    compiled, _ = frames_of(tmp_path, MethodConfig(options=OPTIONS, compile=True))
    assert traced == [1]
    torch.testing.assert_close(compiled, plain, atol=1e-5, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fsrt", "g3fa", "fomm", "tpsm", "osfs", "lia", "liveportrait"])
def test_relative_motion_is_compiled_once_for_all_pairs(name: str, build: Build) -> None:
    """In one graph, scaled by hulls where the method can; a second pair with other hulls needs no other program."""
    graphs: list[torch.fx.GraphModule] = []

    def backend(graph: torch.fx.GraphModule, inputs: list[Tensor]) -> Callable[..., object]:
        graphs.append(graph)
        return graph.forward

    scaled = ("adapt_scale=yes",) if "adapt_scale" in find_method(name).card.options else ()
    animator, side = build(name, *scaled)._animator, TINY[name]["side"]  # type: ignore[attr-defined]
    torch._dynamo.reset()
    for pair in range(2):
        images = torch.rand(3, 3, side, side, generator=torch.Generator().manual_seed(pair))
        with torch.inference_mode():
            render = animator.begin(images[:1], images[1:2])
            found = torch.compile(render, backend=backend, fullgraph=True)(images[2:])
            torch.testing.assert_close(found, render(images[2:]), atol=1e-6, rtol=0)
        assert len(graphs) == 1


def test_what_needs_values_on_the_host_is_a_step_between_graphs() -> None:
    """A hull, which no graph can hold, as landmarks of frames are."""
    graphs: list[torch.fx.GraphModule] = []

    def backend(graph: torch.fx.GraphModule, inputs: list[Tensor]) -> Callable[..., object]:
        graphs.append(graph)
        return graph.forward

    def area(points: Tensor) -> Tensor:
        return torch.tensor(ConvexHull(points.numpy()).volume)

    step = untraced(area, MethodConfig(compile=True))
    assert untraced(area, MethodConfig()) is area
    torch._dynamo.reset()
    found = torch.compile(lambda points: step(points * 2) + 1, backend=backend)(torch.eye(3)[:, :2])
    assert found == 3 and len(graphs) == 2


def test_nothing_is_compiled_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("compiled")

    monkeypatch.setattr(torch, "compile", refuse)
    check_compiler(MethodConfig())
    with pytest.raises(MethodError, match=r"--compile: torch\.compile does not work here \(compiled\)"):
        check_compiler(MethodConfig(compile=True))
