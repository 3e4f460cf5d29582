"""Every key of the files of a run, damaged in every way: a reader says so in one sentence, or is right all the same."""

import copy
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalkit.base.files import canonical_sha256
from evalkit.errors import EvalkitError, RunError
from evalkit.gating import history
from evalkit.gating.baseline import save_baseline
from evalkit.gating.history_series import collect as collect_history
from evalkit.gating.rules import Rules
from evalkit.gating.side import read_side
from evalkit.gating.verdict import gate
from evalkit.gating.verdict_record import read_verdict
from evalkit.leaderboard.board import board_table, make_board
from evalkit.leaderboard.entry import make_entry, read_entry, write_entry
from evalkit.records.frame_scores import SCHEMA_VERSION
from evalkit.records.json_record import content_of
from evalkit.records.run import read_header, read_summary
from evalkit.records.run_folder import RunFolder
from evalkit.report.build import Options
from evalkit.report.collect import collect
from evalkit.report.write import write_report
from evalkit.tables.explain import explain
from evalkit.tables.extra_columns import TIMES
from evalkit.tables.options import TableOptions
from evalkit.tables.table import build_table
from tests.gating.appender import verdict_of
from tests.gating.conftest import entry, make_run, values  # noqa: F401  (a fixture)

OTHERS: tuple[Any, ...] = (None, True, -7, 1.5, math.nan, "text", [1], {"a": 1})


def damaged(content: Any) -> Iterator[tuple[str, Any]]:
    """(key and how, content) with one key dropped or replaced by something else, at every depth."""

    def places(part: Any, trail: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        keys = part.keys() if isinstance(part, dict) else range(min(len(part), 1)) if isinstance(part, list) else ()
        for key in keys:
            yield (*trail, key)
            yield from places(part[key], (*trail, key))

    for trail in places(content, ()):
        for other in ("drop", *OTHERS):
            changed = copy.deepcopy(content)
            part = changed
            for key in trail[:-1]:
                part = part[key]
            if other == "drop":
                del part[trail[-1]]
            elif type(other) is type(part[trail[-1]]) and other == part[trail[-1]]:
                continue
            else:
                part[trail[-1]] = other
            yield f"{'.'.join(map(str, trail))} {other!r}", changed


def survivors(path: Path, content: Any, read: Any, text: Any = json.dumps) -> Iterator[str]:
    """Write each damaged form of a file; yields those that `read` takes. It may raise nothing but a `RunError`."""
    refused = 0
    for how, changed in damaged(content):
        path.write_text(text(changed))
        try:
            read()
        except RunError as error:
            assert str(path) in str(error) and "\n" not in str(error), how
            refused += 1
        except Exception as error:
            raise AssertionError(f"{path.name} with {how}: {error!r}") from error
        else:
            yield how
    path.write_text(text(content))
    read()
    assert refused > 20


@pytest.fixture
def run(make_run):  # noqa: F811
    scores = {key: list(means[:4]) for key, means in values().items()}
    unavailable = entry("l1", [], status="unavailable", reason="no weights", signature=None)
    return make_run("a", scores, entries={"l1": unavailable})


def use(run: Path, other: Path, report: bool = False) -> None:
    """Everything that reads a run; nothing but an `EvalkitError` may come out."""

    def whole_report() -> object:
        return write_report(collect([run]), run / "site", Options(media="none"), lambda pair, became: None)

    for action in (
        lambda: build_table([run], TableOptions(columns=TIMES)),
        lambda: build_table([other, run]),
        lambda: explain(run, "csim"),
        lambda: explain(run, "latency"),
        lambda: gate(read_side(run), read_side(other), Rules()).record(),
        lambda: gate(read_side(other), read_side(run), Rules()).record(),
        lambda: save_baseline(read_side(run), run / "baseline.json"),
        lambda: board_table(make_board("small", [make_entry(run, run, None, force=True)])),
        whole_report if report else lambda: collect([run]),
    ):
        try:
            action()
        except EvalkitError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize(("name", "read"), [("summary.json", read_summary), ("run.json", read_header)])
@pytest.mark.parametrize("schema", [1, 2, pytest.param(SCHEMA_VERSION, marks=pytest.mark.slow)])
def test_every_key_of_a_run(run, make_run, name, read, schema):  # noqa: F811
    other = make_run("b", {key: list(means[:4]) for key, means in values(1).items()})
    content = json.loads((run / name).read_text()) | {"schema_version": schema}
    taken = []
    for how in survivors(run / name, content, lambda: read(run)):
        taken.append(how)
        if schema == SCHEMA_VERSION:
            use(run, other, report="text" not in how)  # it is slow, and prints any text
    # Keys that may be absent, null or any text; never a share beyond 1 or a NaN.
    assert not [how for how in taken if how.endswith(" nan") or how.startswith("metrics.csim[dlib].coverage")]


@pytest.mark.slow
def test_every_key_of_an_outcome(run):
    folder, path = RunFolder(run), min(run.glob("pairs/*.json"))
    content = json.loads(path.read_text()) | {"frames": 3, "seconds": 0.5, "latency_s": 0.1, "batch": 1}
    for _ in survivors(path, content, lambda: folder.read_outcome(path.stem)):
        use(run, run, report=True)


@pytest.mark.slow
def test_every_key_of_a_board_row(run, tmp_path):
    row = make_entry(run, tmp_path, None, force=True)
    write_entry(row)
    content = json.loads(row.path.read_text())
    del content["sha256"]  # so that the damage is not seen by that alone
    for schema in (1, 2, SCHEMA_VERSION):
        for _ in survivors(row.path, content | {"schema_version": schema}, lambda: read_entry(row.path)):
            found = read_entry(row.path)
            board_table(make_board(found.row.protocol, [found]))
            gate(read_side(row.path), read_side(run), Rules())


@pytest.mark.slow
def test_every_key_of_a_baseline(run, tmp_path):
    path = tmp_path / "baseline.json"
    save_baseline(read_side(run), path)
    content = json.loads(path.read_text())

    def signed(changed):
        """A digest that fits, so that the damage is not seen by that alone."""
        whole = {key: value for key, value in changed.items() if key != "sha256"}
        try:
            return json.dumps(whole | {"sha256": canonical_sha256(whole)})
        except ValueError:  # NaN has no canonical form
            return json.dumps(changed)

    for schema in (1, 2, SCHEMA_VERSION):
        for _ in survivors(path, content | {"schema_version": schema}, lambda: read_side(path), signed):
            gate(read_side(path), read_side(run), Rules()).record()


def test_every_key_of_a_verdict_and_of_a_line(tmp_path):
    path, lines = tmp_path / "verdict.json", tmp_path / "history.jsonl"
    content = content_of(verdict_of(1.0))
    for schema in (1, 2, SCHEMA_VERSION):
        for _ in survivors(path, content | {"schema_version": schema}, lambda: read_verdict(path)):
            history.append(lines, read_verdict(path), None)
    assert collect_history(history.read(lines))
    lines.unlink()
    history.append(lines, verdict_of(1.0), "c")
    line = json.loads(lines.read_text())
    for _ in survivors(lines, line, lambda: history.read(lines)):
        collect_history(history.read(lines))
