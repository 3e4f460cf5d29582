"""Where the source and driving clips of a finished run lie: its protocol over the data it was made from."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evalkit.datasets import DATASETS
from evalkit.errors import EvalkitError
from evalkit.protocol import Protocol, find_protocol
from evalkit.run import resolve_pairs
from evalkit.types import Pair


def find_pairs(
    header: Mapping[str, Any], data: Path | None, known: Sequence[Protocol] = ()
) -> tuple[dict[str, Pair], str | None]:
    """Pairs of a run by id, and why there are none where that is so; `data` is asked first, then the run's own root.

    `known` are protocols that do not come with evalkit.

    Clips that are no longer what they were are found by their digests when they are shown, not here.
    """
    recorded = header.get("data")
    root = data or (Path(recorded) if recorded else None)
    if root is None and DATASETS.get(header["protocol"]["dataset"]).default_root is None:
        return {}, "the run does not say where its clips lie. Give --data DIR."
    try:
        return {pair.id: pair for pair in resolve_pairs(protocol_of(header, known), root, missing_ok=True)}, None
    except (EvalkitError, ValidationError) as error:
        return {}, str(error)


def protocol_of(header: Mapping[str, Any], known: Sequence[Protocol] = ()) -> Protocol:
    """The protocol as the run holds it; one with a pair list is looked up in `known` and among those of evalkit.

    Raises `EvalkitError` when it is not there or its list is not the one of the run.
    """
    protocol = Protocol.model_validate(header["protocol"])
    if protocol.pairs.list is None:
        return protocol
    mine = [one for one in known if one.id == protocol.id]
    found = mine[0] if mine else find_protocol(protocol.id)
    wanted = header["configuration"]["protocol_hash"]
    if found.hash != wanted:
        raise EvalkitError(f"The pair list of {protocol.id} is not the one of the run ({found.hash[:12]} here).")
    return found
