"""Speed of the native methods against the frame-by-frame loop of the original demos.

Both make the same frames with the same networks (random weights do the same arithmetic as trained ones) in one process,
in turns, timed by the clock:

* the demo's loop: for every frame the source's features again, but not its keypoints, then the frame, with as many
  threads as PyTorch has. LivePortrait's and FSRT's demos keep everything of the source; PIRenderer's networks see the
  source together with the motion.
* evalkit: the source read once, then batches, on a CPU several frames side by side.

SFD works on whole frames here: the search for the face runs once a clip and has no counterpart in a demo.

Reading the source is counted once in CLIP frames on both sides. `source` is what a frame of the demo spends on the
source's features; no saving there can give more than demo / (demo - source). Medians over the repeats.

    python -m benchmarks.methods [--device cpu] [--batch 1 8] [--frames 4] [--repeats 3] [METHOD...]
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median

import torch
from torch import Tensor, nn

from baselines._shared.native.batches import Batches, inference
from baselines._shared.native.method import NativeMethod
from baselines._shared.native.pictures import to_tensor
from baselines._shared.native.speedups import to_device
from baselines._shared.native.workers import alone, worker_count
from baselines.pirenderer.adapter import PiRenderer
from baselines.sfd.adapter import WindowMethod
from evalkit.datasets.drawn import render_clip
from evalkit.method.cost import peak_memory
from evalkit.method.find import build_method, find_method, list_methods, method_options
from evalkit.method.interface import MethodConfig

SIDE = 256
CLIP = 100
"""Frames that reading the source once is spread over."""

KEPT_BY_DEMOS = ("kp_detector", "he_estimator", "depth_encoder", "depth_decoder")
"""Networks that the demos of the FOMM line call once for the source; its features they compute for every frame."""

KEEP_ALL = {"fsrt", "liveportrait", "pirenderer"}
"""Methods whose demos compute nothing of the source again that evalkit does not."""

WITH_WEIGHTS = {"sfd"}
"""Methods that come with weights, and with networks of another size than the untrained ones."""

NO_PICTURES = {"hyperreenact", "magicportrait", "magicportrait_flame", "magicportrait_mesh"}
"""Methods whose frames are not made of one picture each; they are left out."""

HEAD = "| method | batch | source, s | demo frame, s | evalkit frame, s | demo, fps | evalkit, fps | ratio | MB |"


@dataclass(frozen=True)
class Case:
    """A method with its source (1, 3, n, n) and what its frames are made of (N, ...), on the device."""

    name: str
    method: NativeMethod | PiRenderer
    source: Tensor
    driving: Tensor

    def begin(self) -> Callable[[Tensor], Tensor]:
        return self.method._animator.begin(self.source, None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("methods", nargs="*", metavar="METHOD")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32", choices=["fp32", "fp16", "bf16"])
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--batch", type=int, nargs="+", default=[1])
    parser.add_argument("--frames", type=int, default=4, help="in one turn, at least a batch for every worker")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    names = asked.methods or [
        e.card.id for e in list_methods() if e.card.kind == "native" and e.card.id not in NO_PICTURES
    ]
    layout = ", channels_last" if asked.channels_last else ""
    threads, workers = torch.get_num_threads(), worker_count(asked.device)
    print(f"torch {torch.__version__}, {asked.device}, {asked.precision}{layout}, {SIDE} px, by the clock.")
    print(f"Demo: {threads} threads for a frame. evalkit: {workers} at a time.\n")
    print(f"{HEAD}\n|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name in names:
        random = name not in WITH_WEIGHTS
        config = MethodConfig(asked.device, asked.precision, random_weights=random, channels_last=asked.channels_last)
        case = prepared(name, config, max(asked.frames, *(batch * workers for batch in asked.batch)))
        for batch in asked.batch:
            print(row(case, Batches(batch, workers), asked.device, asked.repeats), flush=True)


def prepared(name: str, config: MethodConfig, frames: int) -> Case:
    entry = find_method(name)
    method = build_method(entry, MethodConfig(**{**vars(config), "options": method_options(entry.card, ())}))
    if isinstance(method, WindowMethod):
        method = method._method
        method._animator = replace(method._animator, windows=None)
    side = SIDE if isinstance(method, PiRenderer) else method._size
    source, driving = (
        to_device(to_tensor(render_clip(person, 0, frames=count, size=SIDE).frames, size), config)
        for person, count, size in ((1, 1, SIDE), (0, frames, side))
    )
    if isinstance(method, PiRenderer):
        driving = torch.zeros(frames, 73, 27, device=config.device)
    return Case(name, method, source, driving)


def row(case: Case, batches: Batches, device: str, repeats: int) -> str:
    networks = [n for n in vars(case.method._animator).values() if isinstance(n, nn.Module)]
    kept = [n.get_submodule(name) for n in networks for name in KEPT_BY_DEMOS if hasattr(n, name)]
    turns = []
    with inference(), peak_memory(device) as peak:
        once = recorded(kept, case.begin)
        case.begin()(case.driving[:1])
        for _ in range(repeats):
            turns.append((*demo_turn(case, once, device), our_turn(case, batches, device)))
        used = peak()
    source, demo, ours = (median(times) for times in zip(*turns, strict=True))
    cells = [f"{source:.3g}", f"{demo:.3g}", f"{ours:.3g}", f"{1 / demo:.3g}", f"{1 / ours:.3g}", f"{demo / ours:.2f}"]
    return f"| {case.name} | {batches.size} | {' | '.join(cells)} | {f'{used / 1e6:.0f}' if used else ''} |"


def demo_turn(case: Case, once: dict[nn.Module, object], device: str) -> tuple[float, float]:
    """Seconds per frame of the demo: for the source's features, and in all. Networks in `once` run once for it."""
    clock = Clock(device)
    render = case.begin()
    first = clock.lap()
    reading = rendering = 0.0
    for frame in case.driving.split(1):
        if case.name not in KEEP_ALL:
            with replayed(once):
                render = case.begin()
            reading += clock.lap()
        render(frame).cpu()
        rendering += clock.lap()
    count = len(case.driving)
    return reading / count, (reading + rendering) / count + first / CLIP


def our_turn(case: Case, batches: Batches, device: str) -> float:
    """Seconds per frame of evalkit."""
    clock = Clock(device)
    with alone(device):
        render = case.begin()
        first = clock.lap()
        batches.map(render, case.driving)
        return clock.lap() / len(case.driving) + first / CLIP


def recorded(networks: list[nn.Module], call: Callable[[], object]) -> dict[nn.Module, object]:
    """What each network gave in `call`."""
    outputs: dict[nn.Module, object] = {}
    hooks = [n.register_forward_hook(lambda module, _, output: outputs.update({module: output})) for n in networks]
    call()
    for hook in hooks:
        hook.remove()
    return outputs


@contextmanager
def replayed(outputs: dict[nn.Module, object]) -> Iterator[None]:
    """Inside, these networks give their outputs and compute nothing."""
    forwards = {network: network.forward for network in outputs}
    for network, output in outputs.items():
        network.forward = lambda *_, given=output: given
    try:
        yield
    finally:
        for network, forward in forwards.items():
            network.forward = forward


class Clock:
    """Seconds by the clock since the last lap; a GPU is waited for."""

    def __init__(self, device: str) -> None:
        self._gpu = device != "cpu"
        self._last = time.perf_counter()

    def lap(self) -> float:
        if self._gpu:
            torch.cuda.synchronize()
        last, self._last = self._last, time.perf_counter()
        return self._last - last


if __name__ == "__main__":
    main()
