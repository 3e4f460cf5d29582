"""Run folders from strangers: records that name other files, flipped bits, tables of another shape."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from evalkit.base.files import canonical_sha256, content_sha256
from evalkit.errors import RunError
from evalkit.records.clip_scores import read_clips
from evalkit.records.frame_scores import read_signatures, read_table, write_table
from evalkit.records.json_record import write_record
from evalkit.records.run import read_header, read_summary
from evalkit.records.run_folder import Outcome, RunFolder

STORED = Path(__file__).resolve().parents[1] / "data" / "runs_schema1" / "demo_cross" / "landmark_warp"
COLUMNS = ("pair", "source_identity", "driving_identity", "metric", "mean", "n", "coverage")


@pytest.fixture
def run(tmp_path):
    """A run as this version writes it."""
    folder = Path(shutil.copytree(STORED, tmp_path / "runs" / "landmark_warp"))
    write_record(folder / "run.json", read_header(folder))
    write_record(folder / "summary.json", read_summary(folder))
    return folder


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "..", ".hidden", "a/b", "", "a\0b"])
def test_a_pair_stays_in_its_folder(tmp_path, name):
    folder = RunFolder(tmp_path)
    for path in (folder.generated, folder.outcome_path, folder.scores, folder.read_outcome):
        with pytest.raises(RunError, match="cannot be a file name"):
            path(name)
    with pytest.raises(RunError, match="cannot be a file name"):
        folder.write_outcome(Outcome(name, "ok"))
    assert not list(tmp_path.iterdir())


def test_an_outcome_is_that_of_its_pair(tmp_path):
    folder = RunFolder(tmp_path)
    folder.write_outcome(Outcome("a", "ok"))
    shutil.copy(folder.outcome_path("a"), folder.outcome_path("b"))
    with pytest.raises(RunError, match="it is the outcome of the pair 'a'"):
        folder.read_outcome("b")


def test_a_clip_elsewhere_is_used_only_if_it_is_the_one_that_was_scored(tmp_path):
    folder, outside = RunFolder(tmp_path / "run"), tmp_path / "secret.mkv"
    folder.path.mkdir()
    outside.write_bytes(b"clip")
    (folder.path / "link.mkv").symlink_to(outside)
    for name in (str(outside), "../secret.mkv", "link.mkv"):
        for digest in (None, "0" * 64):
            with pytest.raises(RunError, match="outside of"):
                folder.clip(Outcome("p", "ok", generated=name, generated_sha256=digest))
        scored = Outcome("p", "ok", generated=name, generated_sha256=content_sha256(outside))
        assert folder.clip(scored).read_bytes() == b"clip"
    (folder.path / "inside.mkv").write_bytes(b"x")
    assert folder.clip(Outcome("p", "ok", generated="inside.mkv")).name == "inside.mkv"
    with pytest.raises(RunError, match="names no generated clip"):
        folder.clip(Outcome("p", "failed"))
    with pytest.raises(RunError, match="cannot be read"):
        folder.clip(Outcome("p", "ok", generated="a\0b"))


@pytest.mark.parametrize(("name", "read"), [("run.json", read_header), ("summary.json", read_summary)])
def test_a_flipped_bit_is_noticed(run, name, read):
    """Case record-bit-flip, for the two files that have the numbers of tables: a digit that becomes another digit."""
    path, whole = run / name, read(run)
    text = path.read_bytes()
    seen = 0
    for at in range(0, len(text), 7):
        path.write_bytes(text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :])
        try:
            assert read(run) == whole  # white space
        except RunError:
            seen += 1
    assert seen > len(text) / 7 * 0.6
    path.write_bytes(text)
    content = json.loads(text)
    assert content.pop("sha256") == canonical_sha256(content)
    path.write_text(json.dumps(content))
    assert read(run) == whole  # as earlier versions wrote it


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("mean", ["a"], "holds string, not numbers"),
        ("mean", [float("inf")], "has infinite values"),
        ("mean", [float("-inf")], "has infinite values"),
        ("n", [-1], "negative counts"),
        ("n", [None], "has nulls"),
        ("coverage", [1.5], "are no shares"),
        ("coverage", [None], "are no shares"),
        ("pair", [7], "holds int64, not text"),
        ("pair", ["same"], "two values of one metric"),
        ("metric", [None], "has nulls"),
    ],
)
def test_a_table_of_clips_is_checked(run, column, values, said):
    path = run / "clips.parquet"
    table, signatures = read_table(path), read_signatures(path)
    assert len(read_clips(path, COLUMNS)) == len(table) > 2
    at = table.column_names.index(column)
    kind = table.schema.field(column).type if None in values else None
    write_table(path, table.set_column(at, column, pa.array(values * len(table), type=kind)), signatures)
    with pytest.raises(RunError, match=said):
        read_clips(path, COLUMNS)


def test_a_table_of_clips_is_whole(run):
    path = run / "clips.parquet"
    write_table(path, read_table(path).slice(1), read_signatures(path))
    with pytest.raises(RunError, match="not every pair has every metric"):
        read_clips(path, COLUMNS)
