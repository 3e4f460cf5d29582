"""Where a method runs."""

import re

from evalkit.adapter import MethodCard
from evalkit.errors import MethodError


def resolve_device(asked: str, card: MethodCard) -> str:
    """The torch device for a method; "auto" takes a GPU when there is one and the method has networks.

    Raises `MethodError` for a GPU that is not there.
    """
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", asked):
        raise MethodError(f"--device {asked!r}: expected auto, cpu, cuda or cuda:N.")
    if card.kind == "baseline" or asked == "cpu":
        return "cpu"
    import torch

    if asked == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if int(asked.partition(":")[2] or 0) >= torch.cuda.device_count():
        raise MethodError(
            f"--device {asked}: this machine has {torch.cuda.device_count()} CUDA devices. Use --device cpu."
        )
    return asked
