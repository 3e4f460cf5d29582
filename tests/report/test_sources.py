"""Where the clips of a finished run lie."""

import json

import pytest

from evalkit.protocol import find_protocol
from evalkit.report.sources import find_pairs
from tests.report.conftest import PEOPLE, small_protocol


def header(**changes):
    return {"protocol": small_protocol().model_dump(mode="json"), "configuration": {}, "data": None} | changes


def test_where_the_run_had_them(data):
    pairs, reason = find_pairs(header(data=str(data)), None)
    assert sorted(pairs) == [f"{person}_take" for person in PEOPLE] and reason is None


def test_another_place_goes_first(data, tmp_path):
    pairs, reason = find_pairs(header(data=str(tmp_path / "gone")), data)
    assert len(pairs) == 3 and reason is None


@pytest.mark.parametrize("told", [header(), {key: value for key, value in header().items() if key != "data"}])
def test_a_run_that_does_not_say_it(told):
    assert find_pairs(told, None) == ({}, "the run does not say where its clips lie. Make the report with --data DIR.")


def test_a_place_that_is_gone_and_a_protocol_of_tomorrow(tmp_path):
    pairs, reason = find_pairs(header(data=str(tmp_path / "gone")), None)
    assert pairs == {} and "no such folder" in reason
    tomorrow = json.loads(json.dumps(header(data=str(tmp_path))))
    tomorrow["protocol"]["a key of tomorrow"] = 1
    pairs, reason = find_pairs(tomorrow, None)
    assert pairs == {} and "a key of tomorrow" in reason


def test_a_pair_list_has_to_be_the_one_of_the_run(tmp_path):
    listed = find_protocol("fsrt_vox_cross_study")
    told = {"protocol": listed.model_dump(mode="json"), "data": str(tmp_path)}
    pairs, reason = find_pairs({**told, "configuration": {"protocol_hash": "0" * 64}}, None)
    assert pairs == {} and "The pair list of fsrt_vox_cross_study is not the one of the run" in reason
