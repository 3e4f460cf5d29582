"""Digests of weight files, remembered by size and time: hashing gigabytes at every start would take minutes."""

import json
from collections.abc import Mapping
from pathlib import Path

from evalkit.base.files import canonical_sha256, write_json
from evalkit.base.places import cache_dir
from evalkit.errors import MethodError
from evalkit.method.foreign.card import Foreign, Weight
from evalkit.method.watched import sha256_of, state_of


def missing_weights(card: Foreign, clone: Path) -> list[Weight]:
    """The weights without which the method does not run and that are not there."""
    return [weight for weight in card.weights if not weight.optional and not (clone / weight.path).exists()]


def weight_digests(card: Foreign, clone: Path) -> dict[str, str]:
    """Path -> sha256 of every weight that is there. Raises `MethodError` for one with another hash than the card's."""
    found = {one.path: _digest(clone / one.path) for one in card.weights if (clone / one.path).exists()}
    for weight in card.weights:
        if weight.sha256 and found.get(weight.path, weight.sha256) != weight.sha256:
            raise MethodError(
                f"{clone / weight.path}: sha256 is {found[weight.path]}, the card expects {weight.sha256}. "
                f"Fetch it again{': ' + weight.where if weight.where else '.'}"
            )
    return found


def weights_sha256(digests: Mapping[str, str]) -> str | None:
    """One digest of all weights; None for a method without any."""
    return canonical_sha256(sorted(digests.items())) if digests else None


def _digest(path: Path) -> str:
    store = cache_dir() / "foreign" / "digests.json"
    state = canonical_sha256(state_of(path))
    known: dict[str, str] = {}
    try:
        known = dict(json.loads(store.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        known = {}
    if state not in known:
        known[state] = sha256_of(path)
        write_json(store, known)
    return known[state]
