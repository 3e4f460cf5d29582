"""Parts of a run, joined: the bytes of one run over all pairs, and refusals of what is not of one run."""

import json
from dataclasses import replace

import pytest

from evalkit.clips import video
from evalkit.errors import RunError
from evalkit.method.find import find_method
from evalkit.method.interface import MethodConfig
from evalkit.records.run import read_header
from evalkit.records.trace import read_spans
from evalkit.runs.merge import merge
from evalkit.runs.run import MethodJob, run_method
from evalkit.runs.session import RunSettings, open_session
from evalkit.runs.shard import Shard, parse_shard, whole_name
from tests.fakes import edit_record, make_protocol, noise

COPY = MethodJob(find_method("copy_source"), MethodConfig())
PROTOCOL = make_protocol(metrics=["l1", "psnr"])


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    for number in range(5):
        video.write_video(root / f"person{number}" / "take.mkv", [noise(3, seed=number)], 25)
    return root


def run(data, out, job=COPY, protocol=PROTOCOL, **keys):
    with open_session(protocol, RunSettings(data=data, out=out, **keys)) as session:
        return run_method(session, job).folder


@pytest.fixture
def parts(data, tmp_path):
    return [run(data, tmp_path / "parts", shard=Shard(number, 2)).path for number in (1, 2)]


def test_the_parts_of_a_run_are_every_nth_pair(parts, data):
    assert [path.name for path in parts] == ["copy_source.1of2", "copy_source.2of2"]
    assert [len(list(path.glob("pairs/*.json"))) for path in parts] == [3, 2]
    header = read_header(parts[1])
    assert header.shard == (2, 2) and header.status == "finished"
    summary = json.loads((parts[0] / "summary.json").read_text())
    assert summary["complete"] is False and summary["pairs"]["failed"] == []
    with open_session(PROTOCOL, RunSettings(data=data, limit=3, shard=Shard(2, 2))) as session:
        assert [pair.id for pair in session.select([])] == ["person1_take"] and session.asked == 1


@pytest.mark.parametrize("turned", [False, True])
def test_joined_they_are_the_run_over_all_pairs(turned, parts, data, tmp_path):
    whole = run(data, tmp_path / "whole")
    joined = merge(parts[::-1] if turned else parts, tmp_path / "joined")
    assert joined.folder.path == tmp_path / "joined" / "small" / "copy_source" and joined.summary.complete
    for name in ("summary.json", "frames.parquet", "clips.parquet", "contact_sheet.png"):
        assert (joined.folder.path / name).read_bytes() == (whole.path / name).read_bytes()
    names = {path.relative_to(whole.path).as_posix() for path in whole.path.rglob("*")} - {"progress.json"}
    assert {path.relative_to(joined.folder.path).as_posix() for path in joined.folder.path.rglob("*")} == names
    assert len(read_spans(joined.folder.trace)) == len(read_spans(whole.trace)) == 10
    header = read_header(joined.folder.path)
    assert header.shard is None and header.timings.frames == read_header(whole.path).timings.frames
    # It is a run like any other: the command for all pairs finds nothing to do, and more parts may come.
    assert run(data, tmp_path / "joined").summary.read_bytes() == whole.summary.read_bytes()
    assert merge(parts, tmp_path / "joined").folder.summary.read_bytes() == whole.summary.read_bytes()


def test_a_pair_that_failed_in_one_part_is_taken_from_another(parts, data, tmp_path):
    outcome = parts[0] / "pairs" / "person0_take.json"
    edit_record(outcome, status="failed", reason="no")
    assert merge(parts, tmp_path / "joined").summary.pairs.failed == ("person0_take",)
    again = run(data, tmp_path / "again", only=("person0_take",)).path
    assert merge([*parts, again], tmp_path / "joined").summary.complete
    assert merge([again, *parts], tmp_path / "another").summary.complete


def test_clips_made_elsewhere_stay_where_they_are(parts, data, tmp_path):
    from evalkit.runs.foreign_clips import find_outputs
    from evalkit.runs.run import score_outputs

    made = run(data, tmp_path / "whole").path / "generated"
    folders = []
    for number in (1, 2):
        settings = RunSettings(data=data, out=tmp_path / "scored", shard=Shard(number, 2))
        with open_session(PROTOCOL, settings) as session:
            folders.append(score_outputs(session, find_outputs(made, session.pairs), "theirs").folder.path)
    joined = merge(folders, tmp_path / "joined")
    assert joined.summary.complete and not list(joined.folder.path.glob("generated/*"))


def test_runs_of_several_kinds_are_refused(parts, data, tmp_path):
    def refused(match, *others):
        with pytest.raises(RunError, match=match):
            merge([parts[0], *others], tmp_path / "joined")
        assert not (tmp_path / "joined" / "small" / "copy_source" / "summary.json").exists()

    seeded = replace(COPY, config=MethodConfig(seed=1))
    refused(r"configuration.seed is 1, and 0 there", run(data, tmp_path / "b", seeded, shard=Shard(2, 2)).path)
    shorter = make_protocol(metrics=["l1", "psnr"], driving={"maximum": 2})
    refused("configuration.protocol_hash", run(data, tmp_path / "c", protocol=shorter, shard=Shard(2, 2)).path)
    fewer = run(data, tmp_path / "d", shard=Shard(2, 2), metrics=("l1",)).path
    refused(r"metrics is \['l1'\], and \['l1', 'psnr'\] there", fewer)
    refused("Only runs of one name", run(data, tmp_path / "e", replace(COPY, tag="t"), shard=Shard(2, 2)).path)
    edit_record(parts[1] / "run.json", status="running")
    refused("is not finished. Give its command again", parts[1])


def test_two_records_of_one_pair_are_refused_unless_they_are_equal(parts, data, tmp_path):
    twice = run(data, tmp_path / "twice", only=("person0_take",)).path
    assert merge([*parts, twice], tmp_path / "joined").summary.complete
    edit_record(twice / "pairs" / "person0_take.json", generated_sha256="0" * 64)
    with pytest.raises(RunError, match="different records of the pair person0_take"):
        merge([*parts, twice], tmp_path / "another")


def test_other_data_is_refused(parts, data, tmp_path):
    with pytest.raises(RunError, match="pairs of the runs are not among those of small here"):
        other = tmp_path / "other"
        video.write_video(other / "person9" / "take.mkv", [noise(3)], 25)
        merge(parts, tmp_path / "joined", other)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2"])
def test_what_is_not_a_part(text):
    with pytest.raises(RunError, match="expected K/N"):
        parse_shard(text)


def test_names_of_parts():
    assert parse_shard("2/16") == Shard(2, 16) and Shard(2, 16).suffix == ".2of16"
    assert whole_name("mine@v2.2of16") == "mine@v2" and whole_name("mine@1.5") == "mine@1.5"
    assert sorted(name for number in (1, 2, 3) for name in Shard(number, 3).of("abcdefgh")) == list("abcdefgh")
