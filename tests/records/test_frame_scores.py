"""Frame records: tidy, with a status; a missing value is null."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evalkit.errors import RunError
from evalkit.records.frame_scores import (
    NO_FACE_GENERATED,
    NO_FACE_REFERENCE,
    OK,
    SCHEMA_VERSION,
    FrameScores,
    read_frames,
    read_signatures,
    read_table,
    write_frames,
    write_table,
)

SCORES = [
    FrameScores("b--a", "l1", np.array([0.25, 0.5]), (OK, OK)),
    FrameScores("b--a", "csim[dlib]", np.array([0.9, np.nan]), (OK, NO_FACE_GENERATED)),
    FrameScores("a--b", "l1", np.array([0.0, 1 / 3, 1e-300]), (OK, OK, OK)),
    FrameScores("a--b", "csim[dlib]", np.full(3, np.nan), (NO_FACE_REFERENCE,) * 3),
]
SIGNATURES = {"l1": "l1|v1", "csim[dlib]": "csim|net@1|v1"}


@pytest.fixture
def path(tmp_path):
    write_frames(tmp_path / "frames.parquet", SCORES, SIGNATURES)
    return tmp_path / "frames.parquet"


def test_round_trip_in_order_and_bit_by_bit(path):
    read = read_frames(path)
    assert [(score.pair, score.metric, score.statuses) for score in read] == [
        (score.pair, score.metric, score.statuses) for score in SCORES
    ]
    for ours, theirs in zip(read, SCORES, strict=True):
        assert ours.values.dtype == np.float64 and np.array_equal(ours.values, theirs.values, equal_nan=True)
    assert read_signatures(path) == SIGNATURES


def test_columns_are_those_other_tools_read(path):
    table = pq.read_table(path)
    assert table.schema.names == ["pair", "frame", "metric", "value", "status"]
    assert table["frame"].to_pylist() == [0, 1, 0, 1, 0, 1, 2, 0, 1, 2]
    assert table.schema.metadata[b"schema_version"] == str(SCHEMA_VERSION).encode()


def test_missing_values_are_null_never_nan_never_zero(path):
    rows = pq.read_table(path).to_pylist()
    assert [row["value"] for row in rows if row["status"] != OK] == [None] * 4
    assert all(row["value"] is not None for row in rows if row["status"] == OK)
    assert not any(row["value"] != row["value"] for row in rows)


def test_the_same_scores_give_the_same_bytes(path, tmp_path):
    write_frames(tmp_path / "again.parquet", SCORES, dict(reversed(SIGNATURES.items())))
    assert (tmp_path / "again.parquet").read_bytes() == path.read_bytes()


def test_no_scores_at_all(tmp_path):
    write_frames(tmp_path / "a.parquet", [], {})
    assert read_frames(tmp_path / "a.parquet") == [] and read_signatures(tmp_path / "a.parquet") == {}


def test_a_newer_file_is_refused_in_a_sentence(tmp_path):
    newer = SCHEMA_VERSION + 1
    table = pa.table({"pair": ["a"]}).replace_schema_metadata({"schema_version": str(newer)})
    pq.write_table(table, tmp_path / "a.parquet")
    for read in (read_frames, read_signatures, read_table):
        with pytest.raises(RunError, match=rf"a\.parquet: written with schema {newer}; this evalkit reads up to"):
            read(tmp_path / "a.parquet")


@pytest.mark.parametrize("content", [b"", b"PAR1 but not really", None])
def test_a_damaged_or_missing_file_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(RunError, match=r"a\.parquet: cannot be read as a record file"):
        read_frames(tmp_path / "a.parquet")


def test_a_file_cut_short_is_refused(path):
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RunError, match="cannot be read as a record file"):
        read_frames(path)


def test_no_flipped_bit_passes_for_another_score(path):
    whole, content = (read_frames(path), read_signatures(path)), path.read_bytes()
    noticed = 0
    for place in range(0, len(content), 3):
        flipped = bytes([content[place] ^ 1 << place % 8])
        path.write_bytes(content[:place] + flipped + content[place + 1 :])
        try:
            found = read_frames(path), read_signatures(path)
        except RunError as error:
            assert str(path) in str(error)
            noticed += 1
        else:
            assert same(found[0], whole[0]) and found[1] == whole[1], f"bit {place % 8} of byte {place}"
    assert noticed > len(content) / 6


def same(one, other):
    return len(one) == len(other) and all(
        (a.pair, a.metric, a.statuses) == (b.pair, b.metric, b.statuses)
        and np.array_equal(a.values, b.values, equal_nan=True)
        for a, b in zip(one, other, strict=True)
    )


def test_a_file_of_schema_1_states_no_digest(path):
    table = pq.read_table(path)
    old = {key: value for key, value in table.schema.metadata.items() if key != b"sha256"}
    pq.write_table(table.replace_schema_metadata(old | {b"schema_version": b"1"}), path)
    assert same(read_frames(path), SCORES) and read_signatures(path) == SIGNATURES
    pq.write_table(table.replace_schema_metadata(old), path)
    with pytest.raises(RunError, match="does not hold what its digest says"):
        read_frames(path)


def test_a_column_that_is_needed_and_not_there(tmp_path):
    write_table(tmp_path / "a.parquet", pa.table({"pair": ["a"]}), {})
    assert read_table(tmp_path / "a.parquet", ["pair"]).num_rows == 1
    with pytest.raises(RunError, match="it has no column metric, mean"):
        read_table(tmp_path / "a.parquet", ["pair", "metric", "mean"])


def test_a_failed_write_leaves_the_old_file(path, monkeypatch):
    before = path.read_bytes()

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(OSError, match="No space left"):
        write_table(path, pa.table({"pair": ["a"]}), {})
    assert path.read_bytes() == before and [p.name for p in path.parent.iterdir()] == ["frames.parquet"]
