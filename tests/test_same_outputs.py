"""The comparison behind `python -m benchmarks.same_numbers`: it finds what was planted, and passes over clocks."""

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.same_outputs import differences, may_differ

HEADER = {
    "created": "2026-01-01",
    "configuration": {"method": "m", "device": "cpu", "code_sha256": "a", "seed": 0},
    "device": {"type": "cpu", "name": "one processor", "threads": 2},
    "timings": {"fps": 3.0},
    "provenance": {"commit": "abc"},
    "metrics": [{"value": 0.25, "n": 3}],
}


def made_by(number):
    return f"made 2026-01-0{number}T10:00:00+0000, commit {str(number) * 40}"


def script(content):
    return f'evalkit.receive("site",{json.dumps(content)});\n'


def write_table(path, value, signature="l1|v1"):
    table = pa.table({"pair": ["a", "b"], "mean": [0.5, value]}).replace_schema_metadata({"signatures": signature})
    pq.write_table(table, path)


@pytest.fixture
def both(tmp_path):
    """Two folders of equal facts, made at other times in other places."""
    for number, name in enumerate(("before", "after")):
        folder = tmp_path / name
        (folder / "runs").mkdir(parents=True)
        (folder / "baseline.json").write_text(json.dumps({"commit": str(number), "sha256": str(number), "mean": [1]}))
        header = HEADER | {"created": f"2026-01-0{number}", "timings": {"fps": number}, "data": f"{folder}/faces"}
        (folder / "runs" / "run.json").write_text(json.dumps(header))
        (folder / "runs" / "log.jsonl").write_text(f"{number}\n")
        (folder / "runs" / "a.mkv").write_bytes(b"frames")
        (folder / "table.md").write_text(f"| m | 0.25 |\nin {folder}/runs\n{made_by(number)}\n")
        (folder / "data.js").write_text(script({"rows": [[1, None]], "seconds": number}))
        write_table(folder / "runs" / "clips.parquet", float("nan"))
    return tmp_path / "before", tmp_path / "after"


def test_clocks_places_and_logs_are_passed_over(both):
    assert differences(*both) == {}


def test_a_planted_number_is_found_by_file_and_key(both):
    _, after = both
    header = json.loads((after / "runs" / "run.json").read_text())
    header["metrics"][0]["value"] = 0.25000001
    header["configuration"] |= {"seed": True, "new": None}
    header["clips"] = {"sha256": "kept"}
    (after / "runs" / "run.json").write_text(json.dumps(header))
    assert differences(*both) == {
        "runs/run.json": [
            "configuration.seed: 0 -> True",
            "metrics[0].value: 0.25 -> 0.25000001",
            "configuration.new: absent -> None",
            "clips.sha256: absent -> 'kept'",
        ]
    }


def test_cells_and_metadata_of_tables_are_compared(both):
    before, after = both
    write_table(after / "runs" / "clips.parquet", 0.5)
    assert differences(before, after) == {"runs/clips.parquet": ["row 1 mean: nan -> 0.5"]}
    write_table(after / "runs" / "clips.parquet", float("nan"), "l1|v2")
    assert differences(before, after) == {"runs/clips.parquet": ["metadata signatures: 'l1|v1' -> 'l1|v2'"]}


def test_text_scripts_and_bytes_are_compared(both):
    before, after = both
    (after / "table.md").write_text(
        (before / "table.md").read_text().replace("0.25", "0.26").replace("before", "after")
    )
    (after / "data.js").write_text(script({"rows": [[2, None]]}))
    (after / "runs" / "a.mkv").write_bytes(b"frame")
    found = differences(before, after)
    assert found["table.md"] == ["line 1: '| m | 0.25 |' -> '| m | 0.26 |'"]
    assert found["data.js"] == ["rows[0][0]: 1 -> 2"]
    assert len(found) == 3 and found["runs/a.mkv"][0].startswith("sha256: ")


def test_files_on_one_side_only_are_named(both):
    before, after = both
    (after / "table.md").unlink()
    shutil.copy(before / "table.md", after / "table.tex")
    assert differences(before, after) == {"table.md": ["only before"], "table.tex": ["only after"]}


def test_only_whole_ends_of_keys_are_passed_over():
    assert may_differ("seconds") and may_differ("rows[3].device.name") and may_differ("timings")
    assert not any(may_differ(key) for key in ("scale_seconds", "configuration.device", "seconds.left", "name"))
