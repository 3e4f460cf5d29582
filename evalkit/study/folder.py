"""A study on disk. Raters get `page/` and nothing else.

key.json        what is behind every trial, the seed and the rules: not served, not handed out
raters.csv      one secret token per rater, to be handed out
page/           the page: opens from a file or from `evalkit study serve`; knows no method, pair or person by name
answers.sqlite  what `evalkit study serve` collected
"""

import csv
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evalkit.base.csvfile import read_rows
from evalkit.base.files import atomic_path, read_json, write_json
from evalkit.base.validation import explain_invalid
from evalkit.errors import StudyError
from evalkit.records.frame_scores import check_schema


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Group(_Strict):
    """The runs of one protocol."""

    protocol: str
    """Id of the protocol."""
    protocol_hash: str
    """Its digest."""
    data_hash: str
    """Digest of the pairs and the clips behind them."""
    title: str
    """Heading of tables."""
    motion: str
    """How the protocol asks for motion to be transferred."""
    methods: tuple[str, ...]
    """Row titles, as tables print them."""


class Scene(_Strict):
    """One pair of one protocol and the names of its media."""

    protocol: str
    """Id of the protocol."""
    pair: str
    """Id of the pair."""
    source: str
    """Its source picture."""
    driving: str
    """Its driving clip."""
    clips: dict[str, str]
    """Generated clips by method."""
    ruined: str | None = None
    """The spoilt clip of the first method, for attention checks; null where the scene has none."""


class LeftOut(_Strict):
    """A pair that was left out of the study."""

    protocol: str
    """Id of the protocol."""
    pair: str
    """Id of the pair."""
    reason: str
    """Why."""


class Asked(_Strict):
    """One trial."""

    rater: Annotated[int, Field(ge=0)]
    """Who is asked, from 0."""
    scene: str
    """Name of the scene."""
    left: str
    """Method on the left side."""
    right: str
    """Method on the right side."""
    check: bool
    """Whether it is an attention check: `intact` against `ruined`."""


class Study(_Strict):
    """`key.json`: what is behind every trial. It is not served and not handed out."""

    schema_version: int
    """Of this file."""
    id: str
    """Of the study; answers name it."""
    seed: int
    """Of everything that is drawn."""
    question: str
    """What raters are asked."""
    ours: str | None
    """The method the others are compared with; null: all with all."""
    max_missed: Annotated[int, Field(ge=0)]
    """A rater who misses more attention checks is left out."""
    raters: Annotated[int, Field(ge=1)]
    """How many there are."""
    groups: tuple[Group, ...]
    """The runs, by protocol."""
    scenes: dict[str, Scene]
    """By name."""
    left_out: tuple[LeftOut, ...]
    """Pairs that were left out of the study."""
    trials: dict[str, Asked]
    """By id."""


@dataclass(frozen=True)
class StudyFolder:
    """Paths of the parts of a study."""

    path: Path

    @property
    def key(self) -> Path:
        """key.json."""
        return self.path / "key.json"

    @property
    def raters(self) -> Path:
        """raters.csv."""
        return self.path / "raters.csv"

    @property
    def page(self) -> Path:
        """page/."""
        return self.path / "page"

    @property
    def answers(self) -> Path:
        """answers.sqlite."""
        return self.path / "answers.sqlite"


def write_study(folder: StudyFolder, study: Study) -> None:
    """Write `key.json` and a new secret token for each rater."""
    write_json(folder.key, study.model_dump(mode="json"))
    with atomic_path(folder.raters) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["rater", "token"])
        writer.writerows([rater, f"{rater}-{secrets.token_hex(8)}"] for rater in range(1, study.raters + 1))


def read_study(folder: StudyFolder) -> Study:
    """Read `key.json`. Raises `StudyError` when it is missing or damaged, `RunError` for a newer schema."""
    try:
        content = read_json(folder.key)
        check_schema(folder.key, int(content["schema_version"]))
        return Study.model_validate(content)
    except FileNotFoundError as error:
        raise StudyError(
            f"{folder.path} is not a study: it has no key.json. Make one with `evalkit study make`."
        ) from error
    except ValidationError as error:
        raise StudyError(explain_invalid(folder.key, error, Study)) from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise StudyError(f"{folder.key}: damaged ({type(error).__name__}: {error}).") from error


def read_tokens(folder: StudyFolder) -> list[str]:
    """The tokens by rater. Raises `StudyError` for a missing or damaged file."""
    return [row.text("token") for row in read_rows(folder.raters, ("rater", "token"), StudyError)]


def find_rater(tokens: Sequence[str], token: str) -> int | None:
    """The rater (from 0) whose token this is; None for one that was never given out."""
    found = [hmac.compare_digest(known.encode(), token.encode("utf-8", "surrogatepass")) for known in tokens]
    return found.index(True) if True in found else None
