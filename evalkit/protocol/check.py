"""Check a protocol against the clips of a root: files, identities, frames; all that is wrong, not only the first."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from evalkit.base.csvfile import read_rows
from evalkit.clips import video
from evalkit.errors import EvalkitError, ProtocolError, VideoError
from evalkit.protocol.pairs import TrueClip, expected_pairs, listed_pair, make_pairs, take_clips
from evalkit.protocol.schema import Protocol
from evalkit.types import Clip, Pair


@dataclass(frozen=True)
class ProtocolReport:
    """What a root can run of a protocol. `expected` is None when the protocol states no number of pairs."""

    protocol: str
    pairs: int
    expected: int | None
    problems: tuple[str, ...]


def check_protocol(
    protocol: Protocol,
    clips: Sequence[Clip],
    count: Callable[[Clip], int] | None = None,
    true_clip: TrueClip | None = None,
) -> ProtocolReport:
    """Check every pair. `count` gives the frames of a clip; None skips that part. `true_clip` is as of `make_pairs`."""
    pairs, problems = _pairs(protocol, clips, true_clip)
    if count:
        problems += [problem for pair in pairs for problem in _frames(protocol, pair, count)]
    return ProtocolReport(protocol.id, len(pairs), expected_pairs(protocol), tuple(dict.fromkeys(problems)))


def frame_counter() -> Callable[[Clip], int]:
    """Counts the frames of clips by decoding them, each once."""
    known: dict[str, int] = {}

    def count(clip: Clip) -> int:
        if clip.id not in known:
            known[clip.id] = video.count_frames(clip.path)
        return known[clip.id]

    return count


def _pairs(protocol: Protocol, clips: Sequence[Clip], true_clip: TrueClip | None) -> tuple[list[Pair], list[str]]:
    problems: list[str] = []
    try:
        take_clips(protocol, clips)
    except EvalkitError as error:
        problems.append(str(error))
    if protocol.list_path is None:
        try:
            return make_pairs(protocol, clips, missing_ok=True, true_clip=true_clip), problems
        except EvalkitError as error:
            return [], [*problems, str(error)]
    by_id = {clip.id: clip for clip in take_clips(protocol, clips, missing_ok=True)}
    pairs: dict[str, Pair] = {}
    for row in read_rows(protocol.list_path, required=("source", "driving"), error=ProtocolError):
        try:
            pair = listed_pair(protocol, row, by_id)
            if pair.id in pairs:
                raise row.wrong("source", f"every couple once, {pair.id!r} came before")
            pairs[pair.id] = pair
        except EvalkitError as error:
            problems.append(str(error))
    return list(pairs.values()), problems


def _frames(protocol: Protocol, pair: Pair, count: Callable[[Clip], int]) -> Iterator[str]:
    try:
        source, driving = count(pair.source), count(pair.driving)
    except VideoError as error:
        yield str(error)
        return
    for frame in pair.source_frames:
        if not -source <= frame < source:
            yield f"{pair.id}: source frame {frame} asked of {pair.source.id!r}, which has {source}"
    if driving - protocol.driving.end_margin <= protocol.driving.start:
        yield (
            f"{pair.id}: driving frames begin at {protocol.driving.start} and end {protocol.driving.end_margin} before "
            f"the last; {pair.driving.id!r} has {driving}"
        )
