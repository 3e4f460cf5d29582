"""The folder of a report: only what an earlier report wrote there is ever replaced or removed."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.base.files import atomic_path, read_json, write_json
from evalkit.errors import RunError
from evalkit.report.payload import write_script

MANIFEST = "report.json"


@dataclass
class SiteFolder:
    """Files of a site that is being written; `written` are their paths relative to `path`."""

    path: Path
    written: set[str] = field(default_factory=set)

    @classmethod
    def claim(cls, path: Path) -> "SiteFolder":
        """A new or empty folder, or one that holds a report. Raises `RunError` for any other, and if unwritable."""
        try:
            path.mkdir(parents=True, exist_ok=True)
            occupied = any(path.iterdir()) and not (path / MANIFEST).is_file()
            if not occupied:
                write_json(path / MANIFEST, {"files": _listed(path)})
        except OSError as error:
            raise RunError(f"{path}: cannot write a report there ({error.strerror}). Choose another --out.") from error
        if occupied:
            raise RunError(f"{path} holds other files and no report. Choose a new or empty folder for --out.")
        return cls(path)

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
        write_json(self.path / MANIFEST, {"files": sorted(self.written)})


def _listed(path: Path) -> list[str]:
    """Files of the report that is there, if there is one; names that leave the folder are never followed."""
    if not (path / MANIFEST).is_file():
        return []
    try:
        names = read_json(path / MANIFEST)["files"]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError("'files' is not a list of names")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise RunError(f"{path / MANIFEST}: damaged ({error}). Remove the folder or choose another --out.") from error
    return [name for name in names if _is_file_in(path, name)]


def _is_file_in(path: Path, name: str) -> bool:
    try:
        found = (path / name).resolve()
        return found.is_relative_to(path.resolve()) and found.is_file()
    except (OSError, ValueError, RuntimeError):  # a name that no file can have, a loop of links
        return False
