"""Network files by name: pinned address, sha256 and licence of each, where they lie, and how to get them."""

from evalkit.weights.catalogue import Archive, WeightFile, catalogue, find
from evalkit.weights.location import cache_folder, candidates, digest, is_present, locate, obtain_command, search_folders

__all__ = [
    "Archive",
    "WeightFile",
    "cache_folder",
    "candidates",
    "catalogue",
    "digest",
    "find",
    "is_present",
    "locate",
    "obtain_command",
    "search_folders",
]
