"""Fixtures by name: `python -m tests.parity fetch NAME` and, for the maintainers, `... pack FIXTURES_DIR OUT_DIR`.

`fixtures.json` names every fixture with the length and sha256 of its archive. They are not published yet: where the
archives lie is said by `--from URL` or `$EVALKIT_PARITY_URL`.
"""

import argparse
import http.client
import json
import os
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from evalkit.base.files import write_json
from evalkit.base.places import cache_dir
from tests.parity.archive import file_sha256, pack_folder, unpack
from tests.parity.fixture import FixtureError

MANIFEST = Path(__file__).with_name("fixtures.json")
VARIABLE = "EVALKIT_PARITY_URL"
_METHODS = Path(__file__).with_name("methods")
_BLOCK, _TIMEOUT_S = 1 << 18, 60.0


@dataclass(frozen=True)
class Published:
    """A fixture: its name, the method that reads it, and its archive: file name, length, sha256, bytes unpacked."""

    name: str
    method: str
    file: str
    bytes: int
    sha256: str
    unpacked_bytes: int


def main(arguments: Sequence[str]) -> int:
    """Command line of `fetch` and `pack`: 0 when all went well, 2 with one sentence otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity", description="Fixtures by name.")
    commands = parser.add_subparsers(required=True)
    fetching = commands.add_parser("fetch", help="download fixtures, check and unpack them")
    fetching.add_argument("names", metavar="NAME", nargs="+", help="a name of fixtures.json, or all")
    fetching.add_argument(
        "--from", dest="base", metavar="URL", default=os.environ.get(VARIABLE), help=f"or ${VARIABLE}"
    )
    fetching.add_argument("--to", metavar="DIR", type=Path, default=None, help="default: parity of evalkit's cache")
    fetching.set_defaults(run=_fetch)
    packing = commands.add_parser("pack", help="make the archives and the manifest from a folder of fixtures")
    packing.add_argument("fixtures", metavar="FIXTURES_DIR", type=Path)
    packing.add_argument("out", metavar="OUT_DIR", type=Path)
    packing.set_defaults(run=_pack)
    options = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], None] = options.run
    try:
        run(options)
    except FixtureError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


def read_manifest(path: Path = MANIFEST) -> dict[str, Published]:
    """The fixtures that a manifest names. Raises `FixtureError`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {name: Published(name=name, **entry) for name, entry in content["fixtures"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FixtureError(f"{path}: expected a manifest of fixtures ({error})") from error


def fetch(wanted: Published, base: str, folder: Path) -> Path:
    """The folder `folder/NAME` with the files of a fixture, downloaded from below the address `base`.

    Raises `FixtureError` when the folder is there already, when nothing comes, or when it is not what it should be.
    """
    place = folder / wanted.name
    if place.exists():
        raise FixtureError(f"{place} is there already; remove it to fetch it again")
    address = f"{base.rstrip('/')}/{urllib.parse.quote(wanted.file)}"
    if urllib.parse.urlsplit(address).scheme not in ("http", "https", "file"):
        raise FixtureError(f"{base}: expected an address that begins with https://, http:// or file://")
    with tempfile.TemporaryDirectory() as name:
        archive = Path(name) / "archive.zip"
        _download(address, archive, wanted.bytes)
        if (found := file_sha256(archive)) != wanted.sha256:
            raise FixtureError(f"{address}: expected sha256 {wanted.sha256}, got {found}")
        unpack(archive, place, wanted.unpacked_bytes)
    return place


def pack(fixtures: Path, out: Path) -> Path:
    """Archives of all fixtures that a method of ours reads, and their manifest; returns the manifest's path."""
    known = {path.stem for path in _METHODS.glob("*.py")}
    entries = {}
    for folder in sorted(path.parent for path in fixtures.glob("*/config.json")):
        # A fixture of a variant bears the variant's name after the method's.
        method = next((name for name in (folder.name, folder.name.rpartition("_")[0]) if name in known), None)
        if method is None:
            continue
        archive = out / f"{folder.name}.zip"
        pack_folder(folder, archive)
        unpacked = sum(path.stat().st_size for path in folder.iterdir() if not path.name.startswith("."))
        size, digest = archive.stat().st_size, file_sha256(archive)
        entries[folder.name] = asdict(Published(folder.name, method, archive.name, size, digest, unpacked))
        del entries[folder.name]["name"]
    if not entries:
        raise FixtureError(f"{fixtures}: no fixture of a method of ours; expected NAME/config.json")
    write_json(out / MANIFEST.name, {"status": "not published yet", "fixtures": entries})
    return out / MANIFEST.name


def _fetch(options: argparse.Namespace) -> None:
    manifest = read_manifest()
    names = list(manifest) if options.names == ["all"] else list(dict.fromkeys(options.names))
    unknown = [name for name in names if name not in manifest]
    if unknown:
        raise FixtureError(f"no fixture {unknown[0]!r}; known are {', '.join(manifest)}")
    if not options.base:
        raise FixtureError(f"the fixtures are not published yet; say where they lie with --from URL or ${VARIABLE}")
    folder = options.to or cache_dir() / "parity"
    for name in names:
        place = fetch(manifest[name], options.base, folder)
        sys.stdout.write(f"{place}\npython -m tests.parity {manifest[name].method} {place}\n")


def _pack(options: argparse.Namespace) -> None:
    sys.stdout.write(f"{pack(options.fixtures, options.out)}\n")


def _download(address: str, path: Path, length: int) -> None:
    """Write what is at `address` to `path`; anything that is not `length` bytes long is refused."""
    request = urllib.request.Request(address, headers={"User-Agent": "evalkit"})
    have = 0
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response, path.open("wb") as output:
            while have <= length and (block := response.read(_BLOCK)):
                have += output.write(block)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise FixtureError(f"{address}: cannot be fetched ({error})") from error
    if have != length:
        more = "more" if have > length else f"{have}"
        raise FixtureError(f"{address}: expected {length} bytes, got {more}")
