"""Frame scores by pair and metric are those that a list of all has."""

import numpy as np
import pyarrow as pa
import pytest

from evalkit.records.frame_scores import NO_FACE_GENERATED, OK, FrameScores, read_frames, write_frames, write_table
from evalkit.records.frame_table import no_frames, read_frame_table

SCORES = [
    FrameScores("b", "csim", np.array([0.5, np.nan]), (OK, NO_FACE_GENERATED)),
    FrameScores("a", "csim", np.array([0.25]), (OK,)),
    FrameScores("b", "l1", np.array([1.0, 2.0]), (OK, OK)),
]


def test_it_holds_what_the_list_holds(tmp_path):
    write_frames(tmp_path / "frames.parquet", SCORES, {})
    table = read_frame_table(tmp_path / "frames.parquet")
    assert set(table) == {(score.pair, score.metric) for score in SCORES} and len(table) == 3
    for score in read_frames(tmp_path / "frames.parquet"):
        found = table[score.pair, score.metric]
        np.testing.assert_array_equal(found.values, score.values)
        assert found.statuses == score.statuses
    assert table.not_ok() == {"b": {"csim"}}


def test_what_is_not_there(tmp_path):
    write_frames(tmp_path / "frames.parquet", SCORES, {})
    table = read_frame_table(tmp_path / "frames.parquet")
    assert table.get(("a", "l1")) is None and table.get(("c", "l1")) is None and table.get(("a", "psnr")) is None
    with pytest.raises(KeyError):
        table["a", "l1"]


def test_a_run_without_frames():
    table = no_frames()
    assert not table and table.not_ok() == {} and table.get(("a", "l1")) is None


def test_no_scores_at_all(tmp_path):
    write_frames(tmp_path / "frames.parquet", [], {})
    assert not read_frame_table(tmp_path / "frames.parquet") and read_frames(tmp_path / "frames.parquet") == []


def test_the_same_whatever_order_the_rows_have(tmp_path):
    """Rows of a stranger's file need not lie together; those of one pair and metric keep their order."""
    rows = [("a", "y", 1.0), ("b", "x", 2.0), ("a", "x", 3.0), ("a", "y", 4.0), ("c", "z", 5.0), ("b", "x", 6.0)]
    pairs, metrics, values = zip(*rows, strict=True)
    frames = pa.array(range(len(rows)), pa.int32())
    write_table(
        tmp_path / "frames.parquet",
        pa.table({"pair": pairs, "frame": frames, "metric": metrics, "value": values, "status": [OK] * len(rows)}),
        {},
    )
    table = read_frame_table(tmp_path / "frames.parquet")
    wanted = {("a", "x"): [3.0], ("a", "y"): [1.0, 4.0], ("b", "x"): [2.0, 6.0], ("c", "z"): [5.0]}
    assert {key: table[key].values.tolist() for key in table} == wanted and len(table) == 4
    assert [(s.pair, s.metric, s.values.tolist()) for s in read_frames(tmp_path / "frames.parquet")] == [
        ("a", "y", [1.0, 4.0]), ("b", "x", [2.0, 6.0]), ("a", "x", [3.0]), ("c", "z", [5.0])
    ]  # fmt: skip
    for absent in (("a", "z"), ("c", "x"), ("c", "y"), ("b", "y")):
        assert absent not in table and table.get(absent) is None
    assert table.not_ok() == {}
