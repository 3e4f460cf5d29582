"""Speed of the native methods: the source read once, against the frame-by-frame loop of the original demos.

Three parts are timed in turn, on the same networks (random weights do the same arithmetic as trained ones) and the same
frames: `begin` reads the source; `again` is what the original demo does over for every frame, which is the source's
features but not its keypoints; `render` makes one frame. The demo's loop costs again + render a frame, evalkit
render + begin / CLIP. Medians over the repeats.

    python -m benchmarks.methods [--device cpu] [--batch 1 8] [--repeats 3] [METHOD...]
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from statistics import median

import torch
from torch import Tensor, nn

from baselines.native.method import NativeMethod
from baselines.native.pictures import to_tensor
from baselines.native.speedups import to_device
from evalkit.adapter import MethodConfig
from evalkit.cost import peak_memory
from evalkit.demo import render_clip
from evalkit.methods import build_method, find_method, list_methods, method_options

SIDE = 256
CLIP = 100
"""Frames that reading the source once is spread over."""

KEPT_BY_DEMOS = ("kp_detector", "he_estimator", "depth_encoder", "depth_decoder")
"""Networks that the demos of the FOMM line call once for the source; its features they compute for every frame."""

KEEP_ALL = {"fsrt", "liveportrait"}
"""Methods whose demos keep everything of the source."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("methods", nargs="*", metavar="METHOD")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32", choices=["fp32", "fp16", "bf16"])
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--batch", type=int, nargs="+", default=[1])
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    names = asked.methods or [e.card.id for e in list_methods() if e.card.kind == "native"]
    layout = ", channels_last" if asked.channels_last else ""
    threads = torch.get_num_threads()
    print(f"torch {torch.__version__}, {asked.device}, {threads} threads, {asked.precision}{layout}, {SIDE} px\n")
    print("Seconds per frame are processor seconds on a CPU (wall clock in brackets), wall clock on a GPU.\n")
    print(
        "| method | batch | begin, s | again, s | render, s | demo loop, fps | evalkit, fps | ratio | peak memory, MB |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name in names:
        config = MethodConfig(asked.device, asked.precision, random_weights=True, channels_last=asked.channels_last)
        method = built(name, config)
        if not isinstance(method, NativeMethod):
            print(f"| {name} | | | | | | | not timed in parts | |", flush=True)
            continue
        for batch in asked.batch:
            print(row(name, method, config, batch, asked.repeats), flush=True)


def built(name: str, config: MethodConfig) -> object:
    entry = find_method(name)
    return build_method(entry, MethodConfig(**{**vars(config), "options": method_options(entry.card, ())}))


def row(name: str, method: NativeMethod, config: MethodConfig, batch: int, repeats: int) -> str:
    animator = method._animator
    source, frames = (
        to_device(to_tensor(render_clip(person, 0, frames=count, size=SIDE).frames, SIDE), config)
        for person, count in ((1, 1), (0, batch))
    )
    networks = [n for n in vars(animator).values() if isinstance(n, nn.Module)]
    kept = [n.get_submodule(name) for n in networks for name in KEPT_BY_DEMOS if hasattr(n, name)]
    times: dict[str, list[tuple[float, float]]] = {"begin": [], "again": [], "render": []}
    with torch.inference_mode(), peak_memory(config.device) as peak:
        render = animator.begin(source, None)
        render(frames)
        for _ in range(repeats):
            times["begin"].append(seconds(lambda: animator.begin(source, None), config.device))
            with remembered(kept, lambda: animator.begin(source, None)) if name not in KEEP_ALL else nullcontext():
                nothing = name in KEEP_ALL
                again = (0.0, 0.0) if nothing else seconds(lambda: animator.begin(source, None), config.device)
            times["again"].append(again)
            times["render"].append(seconds(lambda: render(frames), config.device, share=batch))
        used = peak()
    (begin, begin_wall), (again_, again_wall), (render_, render_wall) = (
        (median(cpu for cpu, _ in values), median(wall for _, wall in values)) for values in times.values()
    )
    demo, ours = again_ + render_, render_ + begin / CLIP
    cells = [
        *(
            f"{cpu:.3g} ({wall:.3g})"
            for cpu, wall in ((begin, begin_wall), (again_, again_wall), (render_, render_wall))
        ),
        f"{1 / demo:.3g}",
        f"{1 / ours:.3g}",
        f"{demo / ours:.2f}",
        f"{used / 1e6:.0f}" if used else "",
    ]
    return f"| {name} | {batch} | {' | '.join(cells)} |"


@contextmanager
def remembered(networks: list[nn.Module], call: Callable[[], object]) -> Iterator[None]:
    """Inside, these networks give what they gave in `call` and compute nothing."""
    outputs: dict[nn.Module, list[object]] = {network: [] for network in networks}
    hooks = [n.register_forward_hook(lambda module, _, output: outputs[module].append(output)) for n in networks]
    call()
    for hook in hooks:
        hook.remove()
    forwards = {network: network.forward for network in networks}
    for network in networks:
        network.forward = lambda *_, given=outputs[network]: given[0]
    try:
        yield
    finally:
        for network, forward in forwards.items():
            network.forward = forward


def seconds(call: Callable[[], Tensor | object], device: str, share: int = 1) -> tuple[float, float]:
    """Processor and wall clock seconds of a call, over `share`; on a GPU wall clock twice."""
    gpu = device != "cpu"
    began, wall = time.process_time(), time.perf_counter()
    call()
    if gpu:
        torch.cuda.synchronize()
    elapsed = (time.perf_counter() - wall) / share
    return (elapsed if gpu else (time.process_time() - began) / share), elapsed


if __name__ == "__main__":
    main()
