"""Where a method runs, and where the networks of metrics do."""

import re
from collections.abc import Sequence
from pathlib import Path

from evalkit.base.processes import worker_count
from evalkit.errors import MethodError, RunError
from evalkit.method.interface import MethodCard
from evalkit.runs.engine.choice import EngineChoice
from evalkit.runs.run import MethodJob


def resolve_device(asked: str, card: MethodCard) -> str:
    """The torch device for a method; "auto" uses a GPU if there is one and the method has networks.

    Raises `MethodError` for an unknown value, `RunError` for a missing GPU.
    """
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", asked):
        raise MethodError(f"--device {asked!r}: expected auto, cpu, cuda, cuda:N or cuda:N,cuda:N.")
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


def several_gpus(device: str, gpus: str | None) -> tuple[str, ...]:
    """The GPUs of `--device cuda:0,cuda:1` or `--gpus 0,1|all`, a worker for each; empty for one device or a CPU.

    Raises `MethodError` for anything else, and when both are given.
    """
    if gpus is None and "," not in device:
        return ()
    if gpus is not None and device != "auto":
        raise MethodError(f"--device {device} and --gpus {gpus}: give one of them.")
    if gpus == "all":
        found = _gpu_count()
        if not found:
            raise MethodError("--gpus all: this machine has none. Leave it out, or give --workers N.")
        return tuple(f"cuda:{number}" for number in range(found))
    names = tuple(part if gpus is None else f"cuda:{part}" for part in (gpus or device).split(","))
    if not all(re.fullmatch(r"cuda:\d+", name) for name in names):
        option = f"--device {device!r}: expected cuda:N,cuda:N" if gpus is None else f"--gpus {gpus!r}: expected N,N"
        raise MethodError(f"{option} or --gpus all. A GPU that is named twice has two workers.")
    return names


def engine_for(
    gpus: Sequence[str], workers: int | None, scoring_device: str, jobs: Sequence[MethodJob]
) -> EngineChoice | None:
    """The workers of a run; None when this process makes the pairs.

    A worker for each of several GPUs, and `workers` on the CPU. Without a GPU, those that were asked for by number.
    Raises `MethodError` for several GPUs and a method that is an object of this process.
    """
    if live := [job.entry.card.id for job in jobs if job.entry.live]:
        if gpus:
            raise MethodError(f"{live[0]} is an object of this process: no worker can have it. Give one device.")
        return None
    if gpus:
        return EngineChoice((*gpus, *["cpu"] * worker_count(workers)))
    if (workers or 1) > 1 and {scoring_device, *(job.config.device for job in jobs)} == {"cpu"}:
        return EngineChoice(("cpu",) * worker_count(workers))
    return None


def _gpu_count() -> int:
    nodes = [path for path in Path("/dev").glob("nvidia*") if re.fullmatch(r"nvidia\d+", path.name)]
    if nodes:  # evalkit's PyTorch may have been installed without CUDA, and that of external methods not
        return len(nodes)
    import torch

    return torch.cuda.device_count()


def _has_gpu() -> bool:
    return any(Path("/dev", name).exists() for name in ("nvidia0", "dxg"))


def _present(option: str, asked: str) -> str:
    import torch

    if int(asked.partition(":")[2] or 0) >= torch.cuda.device_count():
        raise RunError(
            f"{option} {asked}: this machine has {torch.cuda.device_count()} CUDA devices. Use {option} cpu."
        )
    return asked
