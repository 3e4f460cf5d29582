"""Most bytes of tensors that MagicPortrait's full-size networks hold at once, at each stage of a pair, by calculation.

    python -m benchmarks.tensor_memory [--sides 256 512 768] [--precision fp16]
    python -m benchmarks.tensor_memory --really 256

The stages run with tensors that have shapes but no numbers, and every storage is counted from its making to its end.
A GPU needs more: the workspaces of its libraries, the context of CUDA, gaps between blocks. Attention counts as fused,
which holds its result alone, as PyTorch's attention does on a GPU.

`--really SIDE` holds the same stages against what this process grows by when they run on the CPU with numbers (in fp32
some minutes and 12 GB; in half precision CPUs are slow).
"""

import argparse
import gc
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from baselines._shared.native.batches import inference
from baselines._shared.native.precision import DTYPES
from baselines.magicportrait.model import MagicPortrait
from baselines.magicportrait.sizes import RELEASED, Sizes
from baselines.magicportrait.windows import WINDOW
from evalkit.method.cost import peak_memory


@dataclass
class Live(TorchDispatchMode):
    """Counts the bytes of all storages that operations make while it is on. `peak` is their most at once."""

    now: int = 0
    peak: int = 0
    _known: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the operation and count what it made."""
        made = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(made):
            if isinstance(leaf, Tensor):
                self.count(leaf)
        return made

    def most(self, call: Callable[[], Any]) -> int:
        """Most bytes at once while `call` runs, those that were there before included."""
        gc.collect()
        gc.freeze()  # what is there stays: only what `call` makes is looked through
        try:
            self.peak = self.now
            call()
            gc.collect()
            return self.peak
        finally:
            gc.unfreeze()

    def count(self, tensor: Tensor) -> None:
        """The storage of `tensor`, unless it is known."""
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key in self._known:
            return
        self._known.add(key)
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._ended, key, size)

    def _ended(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.now -= size


class Fused(TorchFunctionMode):
    """Attention without numbers gives its result, and makes nothing besides."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Everything else is as ever."""
        if func is torch.nn.functional.scaled_dot_product_attention:
            query, value = args[0], args[2]
            return query.new_empty(*query.shape[:-1], value.shape[-1])
        return func(*args, **(kwargs or {}))


def stages(sizes: Sizes, side: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What a pair with one window asks of the networks: names and calls. What a call returns is kept for the next."""
    kept: dict[str, Any] = {}

    def keep(name: str, call: Callable[[], Any]) -> tuple[str, Callable[[], Any]]:
        return name, lambda: kept.__setitem__(name, call())

    def model() -> MagicPortrait:
        return kept["networks"]

    def maps() -> Tensor:
        found = torch.zeros(WINDOW, sizes.guidance.out, side // 8, side // 8)
        for frame in range(WINDOW):
            found[frame] = model().guide(torch.zeros(1, 3, 3, side, side))[0]
        return found

    def window(apart: bool) -> Tensor:
        channels, height, width = model().latent_shape(side)
        ask = model().predictor_apart if apart else model().predictor
        latents = torch.zeros(1, channels, WINDOW, height, width)
        return ask(kept["source"], kept["maps"])(latents, torch.tensor(999), range(WINDOW))

    def frame(tiled: bool) -> Tensor:
        (model().vae.enable_tiling if tiled else model().vae.disable_tiling)()
        return model().decode(torch.zeros(1, *model().latent_shape(side)))

    yield keep("networks", lambda: MagicPortrait(sizes).requires_grad_(False))
    yield keep("source", lambda: model().look(torch.zeros(1, 3, side, side)))
    yield keep("maps", maps)
    yield "window", lambda: window(apart=False)
    yield "window, halves apart", lambda: window(apart=True)
    yield "frame", lambda: frame(tiled=False)
    yield "frame, tiled", lambda: frame(tiled=True)


def calculated(sizes: Sizes, side: int, dtype: torch.dtype) -> dict[str, int]:
    """Most bytes at once while each stage runs, what is kept of those before included; "networks" is their weights."""
    peaks = {}
    with defaults(dtype, "meta"), torch.no_grad(), Fused(), Live() as live:
        for name, call in stages(sizes, side):
            peaks[name] = live.most(call)
            if name == "networks":
                peaks[name] = live.now
    return peaks


def measured(sizes: Sizes, side: int, dtype: torch.dtype) -> dict[str, int]:
    """The same on the CPU with numbers: bytes by which the peak of this process exceeds what it had before."""
    peaks = {}
    with peak_memory("cpu") as resident:
        before = resident()
    for name, call in stages(sizes, side):
        with defaults(dtype, "cpu"), inference(), peak_memory("cpu") as resident:
            call()
            peaks[name] = resident() - before
    return peaks


@contextmanager
def defaults(dtype: torch.dtype, device: str) -> Iterator[None]:
    """New tensors are of this type, on this device."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            yield
    finally:
        torch.set_default_dtype(before)


def main() -> None:
    types = {"fp32": torch.float32, **DTYPES}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", type=int, nargs="+", default=[256, 512, 768])
    parser.add_argument("--precision", choices=sorted(types), default="fp16")
    parser.add_argument("--really", type=int, metavar="SIDE")
    asked = parser.parse_args()
    dtype = types[asked.precision]
    if asked.really:
        columns = {
            f"{asked.really} px, calculated": calculated(RELEASED, asked.really, dtype),
            f"{asked.really} px, measured on the CPU": measured(RELEASED, asked.really, dtype),
        }
    else:
        columns = {f"{side} px": calculated(RELEASED, side, dtype) for side in asked.sides}
    print(f"| {asked.precision}, most while it runs | {' | '.join(columns)} |")
    print(f"|---|{'---:|' * len(columns)}")
    for name in next(iter(columns.values())):
        print(f"| {name} | {' | '.join(f'{column[name] / 1e9:.2f} GB' for column in columns.values())} |")


if __name__ == "__main__":
    main()
