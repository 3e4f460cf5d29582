"""Pair rules: clips of a dataset -> the pairs of a protocol. The same clips give the same pairs on every machine."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

from evalkit.csvfile import Row, read_rows
from evalkit.errors import DatasetError, ProtocolError
from evalkit.protocol import Protocol
from evalkit.types import Clip, Pair


def make_pairs(protocol: Protocol, clips: Sequence[Clip]) -> list[Pair]:
    """The pairs of `protocol` over `clips`.

    Raises `DatasetError` when the clips allow none, `ProtocolError` for a list row that names an unknown clip.
    """
    sources = [clip for clip in clips if clip.kind in protocol.source.kinds]
    drivers = [clip for clip in clips if clip.kind == "clip"]
    rule = protocol.pairs
    if rule.rule == "first_frame_self":
        pairs = [Pair(clip.id, clip, protocol.source.frames, clip) for clip in drivers]
    elif rule.rule == "list":
        pairs = _listed(protocol, clips)
    elif rule.rule == "random_cross":
        pairs = [_cross(protocol, *couple) for couple in _balanced(sources, drivers, rule.count or 0, rule.seed)]
    else:
        pairs = [_cross(protocol, s, d) for s in sources for d in drivers if s.identity != d.identity]
    if not pairs:
        identities = len({clip.identity for clip in clips})
        raise DatasetError(
            f"The protocol {protocol.id!r} makes no pair from {len(clips)} clips of {identities} identities; "
            f"{'two identities' if protocol.task == 'cross_reenactment' else 'one clip'} at least are needed."
        )
    return pairs


def pair_id(source: Clip, driving: Clip) -> str:
    """`<source>--<driving>`: the name of the generated file, and what `evalkit score` matches by."""
    return f"{source.id}--{driving.id}"


def _cross(protocol: Protocol, source: Clip, driving: Clip) -> Pair:
    frames = protocol.source.frames if source.kind == "clip" else (0,)
    return Pair(pair_id(source, driving), source, frames, driving)


def _balanced(sources: Sequence[Clip], drivers: Sequence[Clip], count: int, seed: int) -> list[tuple[Clip, Clip]]:
    """Up to `count` different couples.

    Each draw takes the least used driving identity, then its least used clip, and a source by the same rule from the
    other identities; ties go to the smallest sha256 of seed, role, draw and clip id.
    """
    used: Counter[tuple[str, str]] = Counter()
    chosen: dict[tuple[str, str], tuple[Clip, Clip]] = {}

    def rank(role: str, clip: Clip) -> tuple[int, int, str]:
        text = f"{seed}:{role}:{len(chosen)}:{clip.id}"
        return used[role, clip.identity], used[role + "clip", clip.id], hashlib.sha256(text.encode()).hexdigest()

    def draw() -> tuple[Clip, Clip] | None:
        for driving in sorted(drivers, key=lambda clip: rank("driving", clip)):
            for source in sorted(sources, key=lambda clip: rank("source", clip)):
                if source.identity != driving.identity and (source.id, driving.id) not in chosen:
                    return source, driving
        return None

    while len(chosen) < count and (couple := draw()):
        for role, clip in zip(("source", "driving"), couple, strict=True):
            used[role, clip.identity] += 1
            used[role + "clip", clip.id] += 1
        chosen[couple[0].id, couple[1].id] = couple
    return list(chosen.values())


def _listed(protocol: Protocol, clips: Iterable[Clip]) -> list[Pair]:
    """Rows of the list: columns source, driving, and optionally source_frames (whole numbers separated by spaces)."""
    path = protocol.list_path
    assert path is not None
    by_id = {clip.id: clip for clip in clips}
    pairs: dict[str, Pair] = {}
    for row in read_rows(path, required=("source", "driving"), error=ProtocolError):
        source, driving = _clip(row, "source", by_id), _clip(row, "driving", by_id)
        same = source.identity == driving.identity
        if same != (protocol.task == "self_reenactment"):
            raise row.wrong(
                "driving", f"a clip of {'the same' if not same else 'another'} identity for {protocol.task}"
            )
        pair = Pair(pair_id(source, driving), source, row.integers("source_frames", protocol.source.frames), driving)
        if pair.id in pairs:
            raise row.wrong("source", f"every couple once, {pair.id!r} came before")
        pairs[pair.id] = pair
    return list(pairs.values())


def _clip(row: Row, column: str, by_id: dict[str, Clip]) -> Clip:
    name = row.text(column)
    if name not in by_id:
        raise row.wrong(column, f"the id of one of the {len(by_id)} clips of the data")
    return by_id[name]
