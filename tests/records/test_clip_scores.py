"""`clips.parquet` as it is read."""

import json

import pyarrow as pa
import pytest

from evalkit.leaderboard.entry import make_entry, write_entry
from evalkit.records.clip_scores import read_clips
from evalkit.records.frame_scores import read_signatures, read_table, write_table
from evalkit.records.run_folder import RunFolder
from tests.gating.conftest import make_run, values  # noqa: F401  (a fixture)


@pytest.fixture
def run(make_run):  # noqa: F811
    """A finished run whose first mean is not a number."""
    made = make_run("a", {key: list(means[:4]) for key, means in values().items()})
    path = RunFolder(made).clips
    table = read_table(path)
    means = [float("nan"), *table["mean"].to_pylist()[1:]]
    changed = table.set_column(table.schema.get_field_index("mean"), "mean", pa.array(means, pa.float64()))
    write_table(path, changed, read_signatures(path))
    return made


def test_what_is_no_number_comes_as_null(run):
    means = read_clips(RunFolder(run).clips, ("pair", "metric", "mean"))["mean"].to_pylist()
    assert means[0] is None and None not in means[1:]


def test_some_columns_alone(run):
    assert read_clips(RunFolder(run).clips, ("mean",)).column_names == ["mean"]
    assert read_clips(RunFolder(run).clips, ("pair", "n")).column_names == ["pair", "n"]


def test_a_row_of_a_leaderboard_has_null_for_it(run, tmp_path):
    row = make_entry(run, tmp_path, None, force=True)
    write_entry(row)
    rows = json.loads(row.path.read_text())["clips"]["rows"]
    assert [value for line in rows for value in line].count(None) == 1
