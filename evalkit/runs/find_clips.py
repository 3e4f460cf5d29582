"""Where the source and driving clips of a finished run are: its protocol over the data it was made from."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from evalkit.base.validation import explain_invalid
from evalkit.datasets import DATASETS
from evalkit.errors import EvalkitError, ProtocolError
from evalkit.protocol.schema import Protocol, find_protocol, following
from evalkit.records.run import RunHeader
from evalkit.runs.session import resolve_pairs
from evalkit.types import Pair


def find_pairs(
    header: RunHeader, data: Path | None, known: Sequence[Protocol] = ()
) -> tuple[dict[str, Pair], str | None]:
    """Pairs of a run by id, and the reason if they cannot be found; `data` takes precedence over the run's root.

    `known` are protocols that do not come with evalkit.

    Changed clips are detected by their digests when they are shown, not here.
    """
    root = data or (Path(header.data) if header.data else None)
    try:
        if root is None and DATASETS[header.protocol.dataset].default_root is None:
            return {}, "the run does not say where its clips are. Give --data DIR."
        return {pair.id: pair for pair in resolve_pairs(protocol_of(header, known), root, missing_ok=True)}, None
    except EvalkitError as error:
        return {}, str(error)


def recorded_protocol(header: RunHeader) -> Protocol:
    """The protocol as the run holds it. Raises `ProtocolError` for one that this evalkit would not run."""
    try:
        return Protocol.model_validate({"rgb": header.protocol.rgb, **header.protocol.content})
    except ValidationError as error:
        name = f"The protocol {header.protocol.id} of the run"
        raise ProtocolError(f"{explain_invalid(name, error, Protocol)}.") from error


def protocol_of(header: RunHeader, known: Sequence[Protocol] = ()) -> Protocol:
    """The protocol as the run holds it; one with a pair list is looked up in `known` and among those of evalkit.

    Raises `EvalkitError` when it is missing or its list is not the one of the run.
    """
    protocol = recorded_protocol(header)
    if protocol.pairs.list is None:
        return protocol
    mine = [one for one in known if one.id == protocol.base_id]
    listed = mine[0] if mine else find_protocol(protocol.base_id)
    followed = following(listed, protocol.follows) if protocol.follows else listed
    found = followed.model_copy(update={"rgb": protocol.rgb})
    wanted = header.configuration.protocol_hash
    if found.hash != wanted:
        raise EvalkitError(f"The pair list of {protocol.id} is not the one of the run ({found.hash[:12]} here).")
    return found
