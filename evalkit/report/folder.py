"""The folder of a report or site: only what an earlier one wrote there is ever replaced or removed."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from evalkit.base.files import atomic_path, read_json, write_json
from evalkit.errors import RunError
from evalkit.report.payload import write_script

MANIFEST = "report.json"
Kind = Literal["report", "site"]


@dataclass
class SiteFolder:
    """Files of a site that is being written; `written` are their paths relative to `path`, `kind` says what it is."""

    path: Path
    kind: Kind = "report"
    written: set[str] = field(default_factory=set)

    @classmethod
    def claim(cls, path: Path, kind: Kind = "report") -> "SiteFolder":
        """A new or empty folder, or one that holds such a thing. Raises `RunError` for any other, and if unwritable."""
        try:
            path.mkdir(parents=True, exist_ok=True)
            occupied = any(path.iterdir()) and not (path / MANIFEST).is_file()
            there = _kind(path)
            if not occupied and there in (None, kind):
                write_json(path / MANIFEST, {"kind": kind, "files": _listed(path)})
        except OSError as error:
            raise RunError(f"{path}: cannot write a {kind} there ({error.strerror}). Choose another --out.") from error
        if occupied:
            raise RunError(f"{path} holds other files and no {kind}. Choose a new or empty folder for --out.")
        if there not in (None, kind):
            raise RunError(f"{path} holds a {there}, not a {kind}. Choose another folder for --out.")
        return cls(path, kind)

    def text(self, name: str, content: str) -> None:
        """Write a text file."""
        with atomic_path(self.path / name) as temporary:
            temporary.write_text(content, encoding="utf-8")
        self.written.add(name)

    def data(self, name: str, content: Any) -> None:
        """Write `data/<name>.js`, which hands `content` to a page under `name`."""
        write_script(self.path / "data" / f"{name}.js", name, content)
        self.written.add(f"data/{name}.js")

    def copy(self, source: Path, name: str) -> None:
        """Copy a file as it is."""
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, self.path / name)
        self.written.add(name)

    def keep(self, names: Iterable[str]) -> None:
        """These files belong to the site; somebody else wrote them."""
        self.written.update(names)

    def finish(self) -> None:
        """Remove what the report before this one wrote and this one did not."""
        for name in set(_listed(self.path)) - self.written:
            (self.path / name).unlink(missing_ok=True)
        write_json(self.path / MANIFEST, {"kind": self.kind, "files": sorted(self.written)})


def _listed(path: Path) -> list[str]:
    """Files of what is there, if anything is; names that leave the folder are never followed."""
    return [name for name in _manifest(path)[1] if _is_file_in(path, name)]


def _kind(path: Path) -> str | None:
    """What is there; a folder that does not say holds a report, as there were no sites when it was made."""
    return _manifest(path)[0]


def _manifest(path: Path) -> tuple[str | None, list[str]]:
    if not (path / MANIFEST).is_file():
        return None, []
    try:
        content = read_json(path / MANIFEST)
        kind, names = content.get("kind", "report"), content["files"]
        if kind not in get_args(Kind):
            raise ValueError("'kind' is neither report nor site")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError("'files' is not a list of names")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(f"{path / MANIFEST}: damaged ({error}). Remove the folder or choose another --out.") from error
    return kind, names


def _is_file_in(path: Path, name: str) -> bool:
    try:
        found = (path / name).resolve()
        return found.is_relative_to(path.resolve()) and found.is_file()
    except (OSError, ValueError, RuntimeError):  # a name that no file can have, a loop of links
        return False
