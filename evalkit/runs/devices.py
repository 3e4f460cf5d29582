"""Where a method runs, and where the networks of metrics do."""

import re
from pathlib import Path

from evalkit.errors import MethodError, RunError
from evalkit.method.interface import MethodCard


def resolve_device(asked: str, card: MethodCard) -> str:
    """The torch device for a method; "auto" uses a GPU if there is one and the method has networks.

    Raises `MethodError` for an unknown value, `RunError` for a missing GPU.
    """
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", asked):
        raise MethodError(f"--device {asked!r}: expected auto, cpu, cuda or cuda:N.")
    if card.kind == "baseline" or asked == "cpu":
        return "cpu"
    if card.external:
        # Its PyTorch is another one than evalkit's, which may have been installed without CUDA.
        return ("cuda" if _has_gpu() else "cpu") if asked == "auto" else asked
    if asked == "auto":
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"
    return _present("--device", asked)


def resolve_scoring_device(asked: str) -> str:
    """The torch device for the networks of metrics. Raises `RunError` for an unknown or missing one."""
    if not re.fullmatch(r"cpu|cuda(:\d+)?", asked):
        raise RunError(f"--scoring-device {asked!r}: expected cpu, cuda or cuda:N.")
    return asked if asked == "cpu" else _present("--scoring-device", asked)


def _has_gpu() -> bool:
    return any(Path("/dev", name).exists() for name in ("nvidia0", "dxg"))


def _present(option: str, asked: str) -> str:
    import torch

    if int(asked.partition(":")[2] or 0) >= torch.cuda.device_count():
        raise RunError(
            f"{option} {asked}: this machine has {torch.cuda.device_count()} CUDA devices. Use {option} cpu."
        )
    return asked
