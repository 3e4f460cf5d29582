"""Where the source and driving clips of a finished run lie: its protocol over the data it was made from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evalkit.datasets import DATASETS
from evalkit.errors import EvalkitError
from evalkit.protocol import Protocol, find_protocol
from evalkit.run import resolve_pairs
from evalkit.types import Pair


def find_pairs(header: Mapping[str, Any], data: Path | None) -> tuple[dict[str, Pair], str | None]:
    """Pairs of a run by id, and why there are none where that is so; `data` is asked first, then the run's own root.

    Clips that are no longer what they were are found by their digests when they are shown, not here.
    """
    recorded = header.get("data")
    root = data or (Path(recorded) if recorded else None)
    if root is None and DATASETS.get(header["protocol"]["dataset"]).default_root is None:
        return {}, "the run does not say where its clips lie. Make the report with --data DIR."
    try:
        return {pair.id: pair for pair in resolve_pairs(_protocol(header), root, missing_ok=True)}, None
    except (EvalkitError, ValidationError) as error:
        return {}, str(error)


def _protocol(header: Mapping[str, Any]) -> Protocol:
    """The protocol as the run holds it; one with a pair list is looked up, and has to be the same still."""
    protocol = Protocol.model_validate(header["protocol"])
    if protocol.pairs.list is None:
        return protocol
    found = find_protocol(protocol.id)
    wanted = header["configuration"]["protocol_hash"]
    if found.hash != wanted:
        raise EvalkitError(f"The pair list of {protocol.id} is not the one of the run ({found.hash[:12]} here).")
    return found
