"""What a reader is, and inputs for one."""

import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from evalkit.base.files import canonical_sha256
from tests.fuzz.mutate import changed, mutated

REPOSITORY = Path(__file__).resolve().parents[2]
STORED = REPOSITORY / "tests" / "data"
RUN = STORED / "runs_schema1" / "demo_cross" / "landmark_warp"
Make = Callable[[Random], bytes]


@dataclass(frozen=True)
class Reader:
    """Reads `path` in `root`; `make` gives the next input. `weight` is how often it has its turn.

    `refused` is what a reader raises besides errors of ours: nothing but for libraries that it hands through.
    """

    name: str
    root: Path
    path: Path
    make: Make
    read: Callable[[], object]
    weight: int = 4
    also: tuple[Path, ...] = field(default=())

    def feed(self, content: bytes) -> None:
        """Put an input in its place; what other inputs left beside it goes."""
        for path in self.also:
            path.unlink(missing_ok=True)
        self.path.write_bytes(content)


def of_files(kind: str, seeds: Sequence[bytes]) -> Make:
    """Mutations of valid files."""
    assert seeds and all(seeds)
    return lambda random: mutated(kind, random.choice(seeds), seeds, random)


def sealed(seeds: Sequence[bytes], key: str = "sha256") -> Make:
    """The same for JSON that holds a digest of itself, which half of the time fits what was changed."""
    plain = of_files("json", seeds)

    def make(random: Random) -> bytes:
        if random.random() < 0.5:
            return plain(random)
        content = changed(json.loads(random.choice(seeds)), random)
        with contextlib.suppress(TypeError, ValueError, AttributeError):  # what has no canonical form keeps its digest
            content[key] = canonical_sha256({name: value for name, value in content.items() if name != key})
        return json.dumps(content).encode("utf-8", "surrogatepass")

    return make


def place(root: Path, name: str) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    return folder


def valid_files(*patterns: str) -> list[bytes]:
    found = [path.read_bytes() for pattern in patterns for path in sorted(REPOSITORY.glob(pattern))]
    assert found, patterns
    return found
