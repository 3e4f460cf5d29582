"""Reading official checkpoint files without running anything they hold.

A file is a torch checkpoint, old or new, or a safetensors file, a zip of several, or a folder of several. Only tensors,
plain containers and the records of `harmless` are let through.
"""

import io
import pickle
import re
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor

from baselines._shared.native.harmless import HARMLESS
from evalkit.errors import MethodError

SAFETENSORS = ".safetensors"
SUFFIXES = frozenset({".pth", ".pt", ".tar", ".ckpt", ".bin", SAFETENSORS})
_PARALLEL = re.compile(r"(^|\.)module\.")


@dataclass(frozen=True)
class OfficialFile:
    """One checkpoint: its name, for messages, and what it holds."""

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
    return {
        _PARALLEL.sub(r"\1", key): value
        for key, value in state.items()
        if isinstance(key, str) and isinstance(value, Tensor)
    }


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
    start = stream.read(512)
    stream.seek(0)
    if start.lstrip().startswith(b"<"):
        raise MethodError(f"{name}: a web page, not a checkpoint. Open the address in a browser and download the file.")
    content = _safetensors(name, stream) if name.endswith(SAFETENSORS) else _torch(name, stream, start)
    if not isinstance(content, Mapping):
        raise MethodError(f"{name}: expected a dictionary of tensors, got {type(content).__name__}.")
    return OfficialFile(name, content)


def _safetensors(name: str, stream: BinaryIO) -> dict[str, Tensor]:
    try:
        return load_safetensors(stream.read())
    except (SafetensorError, ValueError) as error:
        raise MethodError(
            f"{name}: not a whole safetensors file ({error}). A download that stopped halfway? Get it again."
        ) from error


def _torch(name: str, stream: BinaryIO, start: bytes) -> object:
    try:
        with torch.serialization.safe_globals(HARMLESS):
            return torch.load(stream, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise MethodError(f"{name}: {_refusal(str(error))}") from error
    except Exception as error:  # torch raises half a dozen unrelated types for damaged files
        if start[257:262] == b"ustar" or isinstance(error.__cause__, tarfile.TarError):
            raise MethodError(
                f"{name}: a tar archive. Unpack it and give the checkpoint inside, or its folder."
            ) from error
        first = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise MethodError(
            f"{name}: not a whole torch checkpoint ({first}). A download that stopped halfway? Get it again."
        ) from error


def _refusal(error: str) -> str:
    """Why torch's safe reader stopped, and what helps."""
    if (
        asked := re.search(r"GLOBAL (\S+)|got <class '([^']+)'|reduce for unrecognized function (\S+)", error)
    ) is not None:
        return (
            f"refused, because loading it would run code ({next(filter(None, asked.groups()))}). A checkpoint needs "
            "tensors only; get it from the authors, or load it where you trust it and save its state dict alone."
        )
    if (unknown := re.search(r"Unsupported operand (\d+)", error)) is not None and int(unknown.group(1)) > 0x8F:
        return (
            "written with a pickle protocol above 2, which torch's safe reader does not know. Where you trust the "
            "file, load it and save it again by torch.save with its default protocol."
        )
    return "not a whole torch checkpoint of plain tensors. A download that stopped halfway? Get it again."
