"""Contents of pretended weight files."""

import hashlib
import zipfile
from pathlib import Path

CONTENT = bytes(range(256)) * 4000
OTHER = b"another network"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def place(folder: Path, name: str, content: bytes = CONTENT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def make_zip(path: Path, **members: bytes) -> bytes:
    """A zip of `folder/<name>.bin`; returns its bytes."""
    with zipfile.ZipFile(path, "w") as zipped:
        for name, content in members.items():
            zipped.writestr(f"folder/{name}.bin", content)
    return path.read_bytes()
