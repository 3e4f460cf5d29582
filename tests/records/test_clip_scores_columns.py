"""Every column of `clips.parquet` that anybody may have written wrong, one at a time."""

import pyarrow as pa
import pytest

from evalkit.errors import RunError
from evalkit.records.clip_scores import read_clips
from evalkit.records.frame_scores import write_table

ROWS = {
    "pair": ["a", "a", "b", "b"],
    "source_identity": ["p"] * 4,
    "driving_identity": ["p"] * 4,
    "metric": ["l1", "psnr", "l1", "psnr"],
    "status": ["ok"] * 4,
    "reason": [None] * 4,
    "mean": [0.5, None, float("nan"), -1.5],
    "std": [0.0, None, 1.0, 2.0],
    "n": [1, 0, 2, 3],
    "frames": [3, 3, 3, 3],
    "no_face_generated": [0, 0, 0, 0],
    "no_face_reference": [0, 0, 0, 0],
    "coverage": [0.0, 1.0, 0.5, 0.25],
}
KINDS = {"reason": pa.string()}


@pytest.fixture
def read(tmp_path):
    """The rows with some columns changed, read back: all columns, or those that are named."""

    def made(columns=(), **changes):
        rows = {**ROWS, **changes}
        arrays = {
            name: values if isinstance(values, pa.Array) else pa.array(values, KINDS.get(name))
            for name, values in rows.items()
        }
        write_table(tmp_path / "clips.parquet", pa.table(arrays), {})
        return read_clips(tmp_path / "clips.parquet", columns or tuple(rows))

    return made


def test_what_is_right_is_read(read):
    table = read()
    assert table.column_names == list(ROWS) and table["mean"].to_pylist() == [0.5, None, None, -1.5]
    assert read(reason=["x", None, "", None])["reason"].to_pylist() == ["x", None, "", None]
    assert read(("mean", "pair")).column_names == ["mean", "pair"]


@pytest.mark.parametrize(
    ("column", "values", "wrong"),
    [
        *(
            (name, pa.array([1] * 4), "holds int64, not text")
            for name in ("pair", "source_identity", "status", "reason")
        ),
        *((name, ["a", None, "b", "c"], "has nulls") for name in ("driving_identity", "metric", "status")),
        *((name, [1.0] * 4, "holds double, not counts") for name in ("n", "frames", "no_face_reference")),
        ("no_face_generated", [0, None, 1, 2], "has nulls"),
        ("n", [0, 1, -1, 2], "has negative counts"),
        ("mean", ["a"] * 4, "holds string, not numbers"),
        ("mean", [1] * 4, "holds int64, not numbers"),
        ("mean", [1.0, float("inf"), 0.0, 0.0], "has infinite values"),
        ("std", [1.0, float("-inf"), 0.0, None], "has infinite values"),
        ("coverage", [0.0, 1.0, 0.5, None], "has values that are no shares"),
        ("coverage", [0.0, 1.0, 0.5, 1.001], "has values that are no shares"),
        ("coverage", [0.0, 1.0, 0.5, -0.001], "has values that are no shares"),
        ("coverage", [0.0, 1.0, 0.5, float("nan")], "has values that are no shares"),
    ],
)
def test_what_is_wrong_is_named(read, column, values, wrong):
    with pytest.raises(RunError, match=rf"clips\.parquet: column '{column}' {wrong}\. Restore the file"):
        read(**{column: values})
    others = tuple(name for name in ROWS if name not in (column, "pair"))
    assert read(others, **{column: values}).column_names == list(others)


def test_a_pair_has_each_metric_once_and_every_pair_every_metric(read):
    with pytest.raises(RunError, match="a pair has two values of one metric"):
        read(metric=["l1", "l1", "psnr", "psnr"])
    with pytest.raises(RunError, match="not every pair has every metric"):
        read(pair=["a", "a", "b", "c"])
    # Nothing is said of it where only one of the two columns is asked for.
    for columns in (("pair", "mean"), ("metric", "mean")):
        assert len(read(columns, metric=["l1", "l1", "psnr", "psnr"])) == 4


def test_a_run_without_rows(tmp_path):
    kinds = {"pair": pa.string(), "metric": pa.string(), "n": pa.int64(), "mean": pa.float64()}
    write_table(tmp_path / "clips.parquet", pa.table({k: pa.array([], v) for k, v in kinds.items()}), {})
    assert len(read_clips(tmp_path / "clips.parquet", tuple(kinds))) == 0
