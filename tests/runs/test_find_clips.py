"""Finding the clips of a finished run again."""

import json

import pytest

from evalkit.errors import EvalkitError
from evalkit.records.run import RunHeader
from evalkit.runs.find_clips import find_pairs, protocol_of
from tests.facts import header_facts
from tests.fakes import encode, make_protocol, noise


@pytest.fixture
def root(tmp_path):
    for person in ("anna", "bert"):
        (tmp_path / "data" / person).mkdir(parents=True)
        encode(tmp_path / "data" / person / "take.mkv", noise(2))
    return tmp_path / "data"


def header(data=None, extra=None, **keys):
    protocol = make_protocol(**keys)
    facts = {"protocol": protocol.model_dump(mode="json") | (extra or {}), "configuration": {"protocol_hash": "x"}}
    return RunHeader.model_validate_json(json.dumps(header_facts(**facts, data=data)))


def test_where_the_run_says_or_where_the_user_says(root, tmp_path):
    assert set(find_pairs(header(str(root)), None)[0]) == {"anna_take", "bert_take"}
    assert set(find_pairs(header(str(tmp_path / "moved")), root)[0]) == {"anna_take", "bert_take"}


def test_a_reason_where_there_are_none(tmp_path):
    assert find_pairs(header(), None) == ({}, "the run does not say where its clips are. Give --data DIR.")
    pairs, reason = find_pairs(header(str(tmp_path / "moved")), None)
    assert pairs == {} and "no such folder" in reason


def test_a_protocol_without_a_list_is_the_runs_own():
    assert protocol_of(header(resolution=64)) == make_protocol(resolution=64)


def test_a_run_of_before_there_was_a_choice_was_converted_by_swscale():
    old = make_protocol().model_dump(mode="json")
    del old["rgb"]
    found = RunHeader.model_validate_json(json.dumps(header_facts(protocol=old, configuration={"protocol_hash": "x"})))
    assert found.protocol.rgb == "swscale" and protocol_of(found).rgb == "swscale"


def test_a_list_has_to_be_the_one_of_the_run():
    keys = {"id": "vox_cross", "task": "cross_reenactment", "pairs": {"rule": "list", "list": "vox_cross.csv"}}
    with pytest.raises(EvalkitError, match="The pair list of vox_cross is not the one of the run"):
        protocol_of(header(**keys))


def test_a_protocol_of_tomorrow_is_a_reason(root):
    tomorrow = header(str(root), extra={"a key of tomorrow": 1})
    pairs, reason = find_pairs(tomorrow, None)
    assert pairs == {} and "a key of tomorrow" in reason
