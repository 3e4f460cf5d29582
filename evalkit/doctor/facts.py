"""What the doctor finds. `docs/doctor.md` describes the JSON form of each, key by key."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Library:
    """A Python library: `extra` None belongs to the core. `versions` are by the distributions that provide the module.

    "broken" is installed and cannot be imported; `problem` says why, `remedy` what to do about a missing or broken one.
    """

    module: str
    extra: str | None
    versions: dict[str, str]
    state: Literal["ok", "missing", "broken"]
    problem: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Ffmpeg:
    """The FFmpeg inside PyAV: versions of its libraries, and which of the codecs evalkit knows are in it."""

    libraries: dict[str, str]
    encoders: dict[str, bool]
    decoders: dict[str, bool]


@dataclass(frozen=True)
class Device:
    """One GPU: its name and memory in bytes."""

    name: str
    memory_bytes: int


@dataclass(frozen=True)
class Compute:
    """What PyTorch computes with. `reason` says why there are no GPUs; empty when there are."""

    torch: str
    cuda: str | None
    devices: tuple[Device, ...]
    reason: str
    threads: int


@dataclass(frozen=True)
class Folder:
    """A folder evalkit uses. One that does not exist is writable if it can be made; `free_bytes` of its file system."""

    what: str
    path: str
    exists: bool
    writable: bool
    free_bytes: int | None


@dataclass(frozen=True)
class Lacking:
    """Metrics or methods with the same missing requirement: its `kind`, and the remedy in words or commands."""

    kind: Literal["library", "weights", "coefficients", "checkpoint", "broken"]
    names: tuple[str, ...]
    remedy: str


@dataclass(frozen=True)
class PluginState:
    """A plugin: a distribution with its version, or a file (None). `problems` say what of it cannot be used."""

    name: str
    version: str | None
    sha256: str | None
    brings: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """The leaderboard rows that come with evalkit, beside what is installed.

    `recorded` of `count` rows hold library versions, the others only evalkit's own (`evalkit`, `commits`). `differing`:
    library -> {"measured": [versions], "installed": version or None}, where they differ.
    """

    count: int
    recorded: int
    evalkit: tuple[str, ...]
    commits: tuple[str, ...]
    differing: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Diagnosis:
    """The whole page. A part is None when it could not be determined; `problems` then says why.

    `problems` are what is broken: empty when evalkit works here.
    """

    version: str
    python: str
    platform: str
    processor: str
    cpus: int
    libraries: tuple[Library, ...]
    ffmpeg: Ffmpeg | None
    compute: Compute | None
    folders: tuple[Folder, ...]
    variables: dict[str, str | None]
    shipped: dict[str, str | None]
    metrics: tuple[Lacking, ...]
    methods: tuple[Lacking, ...]
    rows: Rows | None
    plugins: tuple[PluginState, ...]
    problems: tuple[str, ...]

    @property
    def healthy(self) -> bool:
        """Whether everything that the core needs works, and nothing that is installed is broken."""
        return not self.problems
