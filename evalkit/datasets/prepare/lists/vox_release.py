"""VoxCeleb2 as it was released: `mp4/<person>/<video>/<utterance>.mp4`, face crops of 224x224 at 25 frames per second.

There is no list: the folder is one. These crops are others than FOMM's, so the clips are named
`<person>#<video>#<utterance>` and never taken for those. Source: Chung, Nagrani, Zisserman, VoxCeleb2, Interspeech
2018, and the layout of `vox2_test_mp4.zip`.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from evalkit.base.csvfile import Row
from evalkit.datasets.prepare.jobs import ClipJob, Listing, WholeFrame, Window
from evalkit.datasets.prepare.names import safe_name
from evalkit.datasets.prepare.raw import walk
from evalkit.errors import DatasetError

SIZE = 256
_PERSON, _UTTERANCE = re.compile(r"id\d{5}"), re.compile(r"\d{5}")


def read_release(raw: Path, people: Sequence[str], split: str) -> Listing:
    """Jobs for the utterances of the split's people under `raw`: `people` make up the test part."""
    jobs = []
    for path in sorted(walk(raw)):
        parts = path.relative_to(raw).parts[-3:]
        if (
            path.suffix == ".mp4"
            and len(parts) == 3
            and _PERSON.fullmatch(parts[0])
            and _UTTERANCE.fullmatch(path.stem)
        ):
            partition = "test" if parts[0] in people else "train"
            if split in (partition, "all"):
                jobs.append(_job(raw, path, partition))
    if not jobs:
        raise DatasetError(
            f"--raw {raw}: no <person>/<video>/<utterance>.mp4 of the part {split!r}. Unpack VoxCeleb2's mp4 archive "
            "there, or give --lists."
        )
    return Listing(tuple(jobs))


def _job(raw: Path, path: Path, partition: str) -> ClipJob:
    person, video, utterance = path.parts[-3], path.parts[-2], path.stem
    place = path.relative_to(raw)
    name = f"{person}#{safe_name(Row(path, 0, {'video': video}, DatasetError), 'video')}#{utterance}"
    return ClipJob(
        id=name,
        file=f"{partition}/{name}.mp4",
        identity=person,
        videos=(place.with_suffix("").as_posix(),),
        window=Window(Fraction(0), None, None),
        region=WholeFrame(),
        size=SIZE,
        where=place.as_posix(),
    )
