"""Files and folders that a method's options name: what a run records of them, and what is watched while it goes.

Which options name files: docs/external_methods.md says it for people who write cards.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evalkit.base.files import canonical_sha256
from evalkit.errors import MethodError
from evalkit.method.code import comes_along, package_roots
from evalkit.method.interface import MethodCard
from evalkit.method.watched import WatchedFile, members, watch

MOST_FILES, MOST_BYTES = 50_000, 32 * 2**30
"""A larger folder is recorded by the names and sizes of its files, and not watched: reading it would take minutes."""


@dataclass(frozen=True)
class OptionFile:
    """What an option names: its path, and a digest, `sha256:` of content or `listing:` of names and sizes."""

    option: str
    digest: str
    watched: WatchedFile | None


def option_files(
    card: MethodCard, folder: Path, options: Mapping[str, str], clone: Path | None = None
) -> list[OptionFile]:
    """The files and folders that options of the method in `folder` name, as they are now; see `option_paths`.

    Raises `MethodError` for what cannot be read.
    """
    try:
        return [_found(name, path) for name, path in option_paths(card, folder, options, clone)]
    except OSError as error:
        raise MethodError(f"{card.id}: a file that an option names cannot be read: {error}") from error


def option_paths(
    card: MethodCard, folder: Path, options: Mapping[str, str], clone: Path | None = None
) -> list[tuple[str, Path]]:
    """Name of the option and path of each file or folder that options name.

    An option with `path: true` on the card names one, one with choices or `path: false` none. Where the card says
    nothing, a value is one if there is a file or folder of that name: for a method with a `clone` in there, otherwise
    in the working directory or in the method's folder, and in both if there are two. Methods that come with evalkit
    say it of every option that is read here, so that a folder called `auto` beside them means nothing.
    """
    found = []
    for name, option in card.options.items():
        text = options.get(name)
        if not text or option.choices or option.path is False:
            continue
        paths = [Path(text).absolute()] if option.path else _there(folder, text, clone)
        found += [(name, path) for path in paths]
    return found


def recorded_options(card: MethodCard, options: Mapping[str, str], files: list[OptionFile]) -> dict[str, str]:
    """Options as written to run.json. Those that only say where an external method is are left out.

    What a `path` option names is replaced by its digest; other values have the digests of what they name behind them.
    """
    recorded = {}
    for name, option in card.options.items():
        if name not in options:
            continue
        digests = [file.digest for file in files if file.option == name]
        if digests and option.path:
            recorded[name] = digests[0]
        else:
            recorded[name] = options[name] + (f" ({', '.join(digests)})" if digests else "")
    return recorded


def _there(folder: Path, text: str, clone: Path | None) -> list[Path]:
    if clone is None and comes_along(folder, package_roots()):
        return []
    if Path(text).name in ("", ".."):
        return []  # "." and "/" name no folder that a method would be given
    places = [clone] if clone else [Path(), folder]
    return sorted({path for place in places if _is_there(path := (place / text).absolute())})


def _is_there(path: Path) -> bool:
    try:
        return path.is_file() or path.is_dir()
    except OSError:
        return False  # a text too long to be a name


def _found(name: str, path: Path) -> OptionFile:
    if path.is_dir():
        sizes = {one.relative_to(path).as_posix(): one.stat().st_size for one in members(path)}
        if len(sizes) > MOST_FILES or sum(sizes.values()) > MOST_BYTES:
            return OptionFile(name, f"listing:{canonical_sha256(sizes)}", None)
    watched = watch(path)
    return OptionFile(name, f"sha256:{watched.sha256}", watched)
