"""Pair rules: clips of a dataset -> the pairs of a protocol. The same clips give the same pairs on every machine."""

import hashlib
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from evalkit.base.csvfile import Row, is_number, read_rows
from evalkit.base.names import nfc, short_name
from evalkit.clips.video import sequence_image
from evalkit.errors import DatasetError, EvalkitError, ProtocolError
from evalkit.protocol.schema import Protocol
from evalkit.types import Clip, Pair

TrueClip: TypeAlias = Callable[[Clip, Clip], Path]
"""(source, driving) -> the true clip of a pair, which need not have been drawn yet."""

_SUBSET = "--subset missing-ok runs what is there and marks the result."


def make_pairs(
    protocol: Protocol, clips: Sequence[Clip], missing_ok: bool = False, true_clip: TrueClip | None = None
) -> list[Pair]:
    """The pairs of `protocol` over `clips`. `true_clip` is how the dataset knows the truth, if it does.

    With `missing_ok`, pairs with missing clips are skipped; otherwise `DatasetError` names them.
    Raises `DatasetError` also when the clips allow no pair at all or the truth that the protocol compares with is not
    known, `ProtocolError` for a list that contradicts itself.
    """
    taken = take_clips(protocol, clips, missing_ok)
    sources = [clip for clip in taken if clip.kind in protocol.source.kinds and clip.role != "driving"]
    drivers = [clip for clip in taken if clip.kind == "clip" and clip.role != "source"]
    rule = protocol.pairs
    if rule.rule == "first_frame_self":
        pairs = [Pair(short_name(clip.id), clip, protocol.source.frames, clip) for clip in drivers]
    elif rule.rule == "list":
        pairs = listed_pairs(protocol, taken, missing_ok)
    elif rule.rule == "next_cross":
        pairs = [_cross(protocol, *couple) for couple in next_couples(sources, drivers)]
    elif rule.rule == "random_cross":
        pairs = [_cross(protocol, *couple) for couple in balanced_couples(sources, drivers, rule.count or 0, rule.seed)]
    else:
        pairs = [_cross(protocol, s, d) for s in sources for d in drivers if s.identity != d.identity]
    if not pairs:
        raise DatasetError(_why_none(protocol, clips, sources))
    expected = expected_pairs(protocol)
    if expected and len(pairs) < expected and not missing_ok:
        raise DatasetError(
            f"The protocol {protocol.id!r} has {expected} pairs; the data allows {len(pairs)} of them. {_SUBSET}"
        )
    return pairs if protocol.reference == "driving" else [_with_truth(protocol, pair, true_clip) for pair in pairs]


def _with_truth(protocol: Protocol, pair: Pair, true_clip: TrueClip | None) -> Pair:
    if pair.truth:
        return pair
    if true_clip is None:
        raise DatasetError(
            f"The protocol {protocol.id!r} compares with the true clip of each pair, which the dataset "
            f"{protocol.dataset!r} does not know. Use a pair list with a column 'truth', or 'reference: driving'."
        )
    return replace(pair, truth=true_clip(pair.source, pair.driving))


def _why_none(protocol: Protocol, clips: Sequence[Clip], sources: Sequence[Clip]) -> str:
    """Why no pair can be made of `clips`, and what to do."""
    identities = len({clip.identity for clip in clips})
    none = f"The protocol {protocol.id!r} makes no pair from {len(clips)} clips of {identities} identities"
    if protocol.list_path and (rows := expected_pairs(protocol)):
        return (
            f"{none}: each of the {rows} pairs of {protocol.list_path.name} needs a clip that is not among them. "
            f"`evalkit protocols check {protocol.argument} --data DIR` names them."
        )
    if not sources and protocol.source.kinds == ("portrait",):
        return (
            f"{none}: its sources are portraits, and none is there. Put some into the folder 'portraits' of the data."
        )
    return (
        f"{none}, {len(sources)} of which can be sources ({' or '.join(protocol.source.kinds)}); "
        f"{'two identities' if protocol.task == 'cross_reenactment' else 'one clip'} at least are needed."
    )


def expected_pairs(protocol: Protocol) -> int | None:
    """How many pairs the protocol has when no clip is missing; None when that depends on the user's clips."""
    if protocol.list_path:
        return len(read_rows(protocol.list_path, required=("source", "driving"), error=ProtocolError))
    rule = protocol.clips
    chosen = rule.identities * rule.per_identity if rule.identities and rule.per_identity else rule.count
    if protocol.pairs.rule == "first_frame_self":
        return chosen
    return protocol.pairs.count if chosen or rule.per_identity else None


def take_clips(protocol: Protocol, clips: Sequence[Clip], missing_ok: bool = False) -> list[Clip]:
    """Clips that take part in `protocol`. Raises `DatasetError` when some are missing and that is not allowed."""
    rule = protocol.clips

    def rank(role: str, name: str) -> str:
        return hashlib.sha256(f"{rule.seed}:{role}:{name}".encode()).hexdigest()

    movies = [clip for clip in clips if clip.kind == "clip"]
    people = sorted({clip.identity for clip in movies}, key=lambda name: rank("identity", name))
    mine: dict[str, list[str]] = {person: [] for person in people[: rule.identities]}
    for clip in sorted(movies, key=lambda clip: rank("clip", clip.id)) if rule.per_identity else movies:
        if clip.identity in mine and len(mine[clip.identity]) < (rule.per_identity or len(movies)):
            mine[clip.identity].append(clip.id)
    kept = {identifier for ids in mine.values() for identifier in ids}
    others = rule.sha256 is not None and clips_sha256(kept) != rule.sha256
    if rule.count and not missing_ok and (len(kept) != rule.count or others):
        raise DatasetError(
            f"The protocol {protocol.id!r} is about {rule.count} clips; the data has {len(kept)}, or other ones. "
            f"`evalkit data check {protocol.dataset} --data DIR` names what is missing, by the official lists if there "
            f"are some (--lists PATH); {_SUBSET}"
        )
    return [clip for clip in clips if clip.kind == "portrait" or clip.id in kept]


def clips_sha256(ids: Iterable[str]) -> str:
    """Digest of clip ids: sorted, each ended by a line feed."""
    return hashlib.sha256("".join(f"{identifier}\n" for identifier in sorted(ids)).encode()).hexdigest()


def pair_id(source: Clip, driving: Clip) -> str:
    """`<source>--<driving>`: the name of the generated file, and what `evalkit score` matches by."""
    return join_ids(source.id, driving.id)


def join_ids(source: str, driving: str) -> str:
    """`<source>--<driving>`; `~` keeps hyphens in a row and at the end apart, so that no two couples share a name.

    A name too long for a file ends in a digest (`short_name`).
    """
    apart = (re.sub(r"-(?=-|$)", "-~", nfc(name).replace("~", "~~")) for name in (source, driving))
    return short_name("--".join(apart))


def _cross(protocol: Protocol, source: Clip, driving: Clip) -> Pair:
    frames = protocol.source.frames if source.kind == "clip" else (0,)
    return Pair(pair_id(source, driving), source, frames, driving)


def next_couples(sources: Sequence[Clip], drivers: Sequence[Clip]) -> list[tuple[Clip, Clip]]:
    """Every source with the driver that comes next in order of ids, after the last the first, of another identity."""
    ordered = sorted(drivers, key=lambda clip: clip.id)
    ids = [clip.id for clip in ordered]
    couples = []
    for source in sorted(sources, key=lambda clip: clip.id):
        start = bisect_right(ids, source.id)
        from_there = (ordered[(start + step) % len(ordered)] for step in range(len(ordered)))
        others = (clip for clip in from_there if clip.identity != source.identity)
        couples += [(source, driving) for driving in islice(others, 1)]
    return couples


def balanced_couples(
    sources: Sequence[Clip], drivers: Sequence[Clip], count: int, seed: int
) -> list[tuple[Clip, Clip]]:
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


def listed_pairs(protocol: Protocol, clips: Iterable[Clip], missing_ok: bool = False) -> list[Pair]:
    """Rows of the list: columns source, driving, and optionally source_frames (whole numbers separated by spaces).

    `<clip>@<frame>` is one frame of a clip: its number, or its file name in an image sequence. A column anchor names
    such a frame of the driving clip for protocols of relative motion. Where the protocol compares with the truth, a
    column truth names the clip of the source's person that has the driving motion. Further columns are ignored.
    """
    path = protocol.list_path
    assert path is not None
    by_id = {clip.id: clip for clip in clips}
    pairs: dict[str, Pair] = {}
    seen: set[str] = set()
    missing: list[EvalkitError] = []
    for row in read_rows(path, required=("source", "driving"), error=ProtocolError):
        name = join_ids(row.text("source"), row.text("driving"))
        if name in seen:
            raise row.wrong("source", f"every couple once, {name!r} came before")
        seen.add(name)
        if absent := _absent(row, by_id):
            missing.append(absent)
        else:
            pairs[name] = listed_pair(protocol, row, by_id)
    if missing and not missing_ok:
        raise DatasetError(
            f"{len(missing)} of {len(seen)} pairs of {protocol.id!r} need clips that are not in the data. The first: "
            f"{missing[0]} `evalkit protocols check {protocol.argument} --data DIR` names them all; {_SUBSET}"
        )
    return list(pairs.values())


def listed_pair(protocol: Protocol, row: Row, by_id: Mapping[str, Clip]) -> Pair:
    """The pair of one row of a list. Raises `ProtocolError` for an unknown clip or couple of the wrong kind."""
    if absent := _absent(row, by_id):
        raise absent
    source, still = _source(row, by_id)
    driving = _driving(row, by_id)
    if driving.kind != "clip":
        raise row.wrong("driving", "a clip: a portrait can only be a source,")
    same = source.identity == driving.identity
    if same != (protocol.task == "self_reenactment"):
        raise row.wrong("driving", f"a clip of {'the same' if not same else 'another'} identity for {protocol.task}")
    default = protocol.source.frames if source.kind == "clip" else (0,)
    name = join_ids(row.text("source"), row.text("driving"))
    anchor = _anchor(row, by_id) if protocol.motion == "relative" and row.cells.get("anchor") else None
    truth = _truth(row, by_id, source) if protocol.reference == "truth" else None
    return Pair(name, source, still or row.integers("source_frames", default), driving, anchor, truth)


def _absent(row: Row, by_id: Mapping[str, Clip]) -> EvalkitError | None:
    for column in ("source", "driving"):
        if not _clip_of(row.text(column), by_id):
            return row.wrong(column, f"the id of one of the {len(by_id)} clips of the data")
    return None


def _source(row: Row, by_id: Mapping[str, Clip]) -> tuple[Clip, tuple[int, ...]]:
    """The source clip and the frame its name carries, if any."""
    name = nfc(row.text("source"))
    clip = _clip_of(name, by_id)
    assert clip is not None
    frame = name.removeprefix(clip.id).removeprefix("@")
    if not frame:
        return clip, ()
    return (clip, (int(frame),)) if is_number(frame) else (_one_image(row, "source", clip, frame), (0,))


def _driving(row: Row, by_id: Mapping[str, Clip]) -> Clip:
    name = nfc(row.text("driving"))
    clip = _clip_of(name, by_id)
    assert clip is not None
    frame = name.removeprefix(clip.id).removeprefix("@")
    return _one_image(row, "driving", clip, frame) if frame else clip


def _anchor(row: Row, by_id: Mapping[str, Clip]) -> Path:
    clip, _, frame = nfc(row.text("anchor")).rpartition("@")
    driving = _clip_of(row.text("driving"), by_id)
    if driving is None or clip != driving.id or not frame:
        raise row.wrong("anchor", "<clip>@<frame> of the driving clip")
    return _one_image(row, "anchor", driving, frame).path


def _truth(row: Row, by_id: Mapping[str, Clip], source: Clip) -> Path:
    found = by_id.get(nfc(row.text("truth"))) if row.cells.get("truth") else None
    if found is None or found.kind != "clip" or found.identity != source.identity:
        raise row.wrong("truth", f"the id of a clip of the person {source.identity!r}, with the driving motion,")
    return found.path


def _clip_of(name: str, by_id: Mapping[str, Clip]) -> Clip | None:
    name = nfc(name)
    return by_id.get(name) or by_id.get(name.rpartition("@")[0])


def _one_image(row: Row, column: str, clip: Clip, frame: str) -> Clip:
    """One picture of an image sequence as a clip of its own."""
    image = sequence_image(clip.path, frame)
    if image is None:
        raise row.wrong(column, f"a picture of {clip.path}, which has to be a folder of images for this list,")
    return Clip(f"{clip.id}@{frame}", clip.identity, "clip", image)
