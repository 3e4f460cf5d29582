"""JSON files with a schema version: what is read, what is refused, and upgrades inside them."""

import json

import pytest

from evalkit.errors import RunError
from evalkit.records.frame_scores import SCHEMA_VERSION
from evalkit.records.json_record import Record, build, check_seal, parse_json, parse_text, sealed, within, within_each


class Thing(Record):
    schema_version: int = SCHEMA_VERSION
    size: int
    names: tuple[str, ...] = ()


@pytest.mark.parametrize("version", [1, SCHEMA_VERSION])
def test_an_object_that_states_its_version_is_read(tmp_path, version):
    (tmp_path / "a.json").write_text(json.dumps({"schema_version": version, "size": 3}))
    assert parse_json(tmp_path / "a.json") == {"schema_version": version, "size": 3}


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("{}", "None"),
        ("[1]", "None"),
        ("3", "None"),
        ('{"schema_version": 0}', "0"),
        ('{"schema_version": -1}', "-1"),
        ('{"schema_version": 1.0}', "1.0"),
        ('{"schema_version": true}', "True"),
        ('{"schema_version": "1"}', "'1'"),
    ],
)
def test_everything_else_is_refused(text, version):
    with pytest.raises(RunError, match=rf"a\.json: .*whole number as schema_version, got {version}\."):
        parse_text("a.json", text)


@pytest.mark.parametrize("text", ["", "{", '{"schema_version": 1, "x": NaN}', "[" * 100_000])
def test_what_is_no_json_is_damaged(text):
    with pytest.raises(RunError, match=r"a\.json: damaged"):
        parse_text("a.json", text)


def test_a_file_that_is_not_there_and_one_that_is_no_text(tmp_path):
    (tmp_path / "b.json").write_bytes(b"\xff\xfe")
    for name in ("a.json", "b.json"):
        with pytest.raises(RunError, match=rf"{name}: cannot be read"):
            parse_json(tmp_path / name)


def test_a_seal_tells_any_change_and_may_be_absent():
    content = sealed({"schema_version": 1, "size": 3})
    check_seal("a", content)
    check_seal("a", {"schema_version": 1, "size": 3})
    for damaged in ({**content, "size": 4}, {**content, "more": 1}, {**content, "sha256": None},
                    {**content, "size": float("inf")}):  # fmt: skip
        with pytest.raises(RunError, match="a: damaged, it does not hold what its digest says"):
            check_seal("a", damaged)


def test_older_contents_are_upgraded_step_by_step():
    assert build("a", Thing, {"schema_version": SCHEMA_VERSION, "size": 3, "names": ["x"]}).names == ("x",)
    steps = {step: lambda content: {**content, "size": 2 * content["size"]} for step in range(1, SCHEMA_VERSION)}
    assert build("a", Thing, {"schema_version": 1, "size": 3}, steps).size == 3 * 2 ** (SCHEMA_VERSION - 1)
    assert build("a", Thing, {"schema_version": SCHEMA_VERSION, "size": 3}, steps).size == 3
    with pytest.raises(RunError, match=r"a: .*'size' is missing"):
        build("a", Thing, {"schema_version": 1})


def test_a_step_is_applied_inside_of_what_is_an_object():
    def step(content):
        return {**content, "new": 1}

    assert within({"a": {}, "b": 2}, "a", step) == {"a": {"new": 1}, "b": 2}
    assert within({"a": [1]}, "a", step) == {"a": [1]} and within({}, "a", step) == {}
    rows = {"a": {"x": {}, "y": 3}}
    assert within_each(rows, "a", step) == {"a": {"x": {"new": 1}, "y": 3}}
    assert within_each({"a": None}, "a", step) == {"a": None}
