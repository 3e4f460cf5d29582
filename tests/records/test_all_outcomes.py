"""The outcomes of a run in one file say what the files of its pairs say."""

import pyarrow as pa
import pytest

from evalkit.errors import RunError
from evalkit.records.all_outcomes import read_outcomes, write_outcomes
from evalkit.records.frame_scores import read_table, write_table
from evalkit.records.run_folder import Outcome, RunFolder

MADE = Outcome(
    "a",
    "ok",
    generated="generated/a.mkv",
    frames=3,
    seconds=0.5,
    latency_s=0.1,
    batch=2,
    peak_bytes=10**10,
    source_sha256="s",
    source_frames=(0, 2),
    notes=("driving: no sound", "über"),
)
FAILED = Outcome("b", "failed", reason="too short")


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    found = RunFolder(tmp_path)
    for outcome in (MADE, FAILED):
        found.write_outcome(outcome)
    return found


def test_one_file_says_what_many_do(folder):
    many = read_outcomes(folder)
    write_outcomes(folder.outcomes, [MADE, FAILED])
    for path in folder.path.glob("pairs/*"):
        path.unlink()
    one = read_outcomes(folder)
    assert dict(one) == dict(many) == {"a": MADE, "b": FAILED}
    assert one.made == many.made == {"a"}
    assert "c" not in one and len(one) == 2


def test_a_run_without_pairs_has_none(tmp_path):
    write_outcomes(tmp_path / "outcomes.parquet", [])
    assert dict(read_outcomes(RunFolder(tmp_path))) == {}


def test_the_file_is_gone_when_a_pair_changes(folder):
    write_outcomes(folder.outcomes, [MADE, FAILED])
    made = Outcome("b", "ok", generated="generated/b.mkv", frames=1)
    folder.write_outcome(made)
    assert read_outcomes(folder)["b"] == made


def test_a_file_that_is_none_is_named(folder):
    write_outcomes(folder.outcomes, [MADE])
    table = read_table(folder.outcomes)
    place = table.column_names.index("status")
    write_table(folder.outcomes, table.set_column(place, "status", pa.array(["fine"])), {})
    with pytest.raises(RunError, match=r"outcomes\.parquet.*status"):
        read_outcomes(folder)["a"]
    write_table(folder.outcomes, table.drop_columns("frames"), {})
    with pytest.raises(RunError, match=r"outcomes\.parquet.*frames"):
        read_outcomes(folder)


def test_a_damaged_list_is_named(folder):
    write_outcomes(folder.outcomes, [MADE])
    table = read_table(folder.outcomes)
    place = table.column_names.index("notes")
    write_table(folder.outcomes, table.set_column(place, "notes", pa.array(["{"])), {})
    with pytest.raises(RunError, match=r"outcomes\.parquet: damaged"):
        read_outcomes(folder)["a"]
