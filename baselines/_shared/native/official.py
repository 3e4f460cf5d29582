"""Reading official checkpoint files without running anything they hold.

A file is a torch checkpoint, old or new, a zip of several, or a folder of several. Only tensors, plain containers and
the harmless records that training scripts leave beside them (argparse namespaces, numpy scalars) are let through.
"""

import argparse
import io
import pickle
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy._core.multiarray import scalar
from torch import Tensor

from evalkit.errors import MethodError

SUFFIXES = frozenset({".pth", ".pt", ".tar", ".ckpt", ".bin"})
_HARMLESS: list[Any] = [
    argparse.Namespace,
    np.dtype,
    scalar,
    (scalar, "numpy.core.multiarray.scalar"),
    *(type(np.dtype(kind)) for kind in ("float64", "float32", "int64", "int32", "bool")),
]
_PARALLEL = re.compile(r"(^|\.)module\.")


@dataclass(frozen=True)
class OfficialFile:
    """One torch checkpoint: its name, for messages, and what it holds."""

    name: str
    content: Mapping[str, Any]


def read_official(path: Path) -> list[OfficialFile]:
    """All checkpoints in a file, zip or folder.

    Raises `MethodError` for a path that is missing or holds none, for a damaged file, and for one that asks to run
    code.
    """
    if not path.exists():
        raise MethodError(f"{path}: no such file or folder. Give the official checkpoint.")
    files = [_read(name, stream) for name, stream in _streams(path)]
    if not files:
        raise MethodError(f"{path}: holds no checkpoint file ({', '.join(sorted(SUFFIXES))}).")
    return files


def tensors(state: Mapping[str, Any]) -> dict[str, Tensor]:
    """The tensors of a state dict, without the `module.` that parallel training puts into its keys."""
    return {_PARALLEL.sub(r"\1", key): value for key, value in state.items() if isinstance(value, Tensor)}


def _streams(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    if path.is_dir():
        for member in sorted(p for p in path.rglob("*") if p.suffix in SUFFIXES and p.is_file()):
            with member.open("rb") as file:
                yield str(member), file
    elif _is_archive(path):
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if Path(name).suffix in SUFFIXES:
                    yield f"{path}: {name}", io.BytesIO(archive.read(name))
    else:
        with path.open("rb") as file:
            yield str(path), file


def _is_archive(path: Path) -> bool:
    """A zip that is not itself a torch checkpoint, which is a zip with a `data.pkl`."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return not any(name.endswith("/data.pkl") for name in archive.namelist())


def _read(name: str, stream: BinaryIO) -> OfficialFile:
    start = stream.read(64).lstrip()
    stream.seek(0)
    if start.startswith(b"<"):
        raise MethodError(f"{name}: a web page, not a checkpoint. Open the address in a browser and download the file.")
    try:
        with torch.serialization.safe_globals(_HARMLESS):
            content = torch.load(stream, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise MethodError(_refusal(name, str(error))) from error
    except Exception as error:  # torch raises half a dozen unrelated types for damaged files
        first = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise MethodError(
            f"{name}: not a whole torch checkpoint ({first}). A download that stopped halfway? Get it again."
        ) from error
    if not isinstance(content, Mapping):
        raise MethodError(f"{name}: expected a dictionary of tensors, got {type(content).__name__}.")
    return OfficialFile(name, content)


def _refusal(name: str, error: str) -> str:
    asked = re.search(r"GLOBAL (\S+)", error) or re.search(r"instruction|opcode", error)
    if asked is None or not asked.groups():
        return f"{name}: not a whole torch checkpoint of plain tensors. A download that stopped halfway? Get it again."
    return (
        f"{name}: refused, because loading it would run code ({asked.group(1)}). "
        "A checkpoint needs tensors only; get it from the authors, or save its state dict alone."
    )
