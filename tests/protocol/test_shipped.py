"""Every protocol that comes with evalkit: what it states holds, and what was published stays as it was."""

import json
from collections import Counter
from pathlib import Path

import pytest

from evalkit.datasets import DATASETS
from evalkit.datasets.identities import identity_rule
from evalkit.datasets.prepare.lists.vox_metadata import read_metadata
from evalkit.errors import DatasetError, ProtocolError
from evalkit.metrics import METRICS
from evalkit.protocol.check import check_protocol
from evalkit.protocol.diff import diff_protocols
from evalkit.protocol.pairs import balanced_couples, clips_sha256, expected_pairs, make_pairs
from evalkit.protocol.schema import find_protocol, list_protocols
from evalkit.tables.papers import find_paper
from evalkit.types import Clip
from tests.e2e.conftest import evalkit

__all__ = ["evalkit"]

IDS = [protocol.id for protocol in list_protocols()]
GENERAL = {
    "vox_self", "vox_cross", "vox2_self", "vox2_cross", "celebv_cross", "celebvhq_self", "celebvhq_cross", "hdtf_self",
    "hdtf_cross", "th1kh_self", "th1kh_cross", "vfhq_self", "vfhq_cross", "celebahq_cross",
}  # fmt: skip
PAPERS = {
    "sfd_vox_cross", "sfd_celebv_cross", "sfd_hdtf_self", "sfd_hdtf_cross", "fsrt_vox_self", "fsrt_vox_self_2src",
    "fsrt_vox_cross_study", "fsrt_vox_cross_study_relative", "g3fa_vox2_self", "g3fa_vox2_cross", "g3fa_th1kh_cross",
    "magicportrait_celebvhq_self", "magicportrait_cross",
}  # fmt: skip
GONE = "U3xR3MZjEVg x6M3KQ8-gM4 4TtOX8dgtYI XtwIcZPYN_8 hgB5ziAudzU 1CiBWgsHT4E 0kSotQgmwoI ST2JZXcyYkE"


def clip(name: str, dataset: str = "voxceleb1") -> Clip:
    return Clip(name, identity_rule(dataset)(name), "clip", Path(name))


def cast(people: int, clips: int) -> list[Clip]:
    return [Clip(f"p{p}#{c}", f"p{p}", "clip", Path("x")) for p in range(people) for c in range(clips)]


def rows(name: str) -> list[tuple[str, str]]:
    path = find_protocol(name).list_path
    assert path is not None
    return [tuple(line.split(",")) for line in path.read_text(encoding="utf-8").splitlines()[1:]]


@pytest.fixture(scope="module")
def test_part(shared) -> list[Clip]:
    listing = read_metadata(shared / "lists" / "voxceleb" / "vox-metadata.csv", "test")
    return [clip(job.id) for job in listing.jobs]


def test_all_protocols_of_the_plan_are_there():
    assert set(IDS) >= GENERAL | PAPERS


@pytest.mark.parametrize("name", IDS)
def test_what_a_protocol_says_can_be_done(name):
    protocol = find_protocol(name)
    assert protocol.dataset in DATASETS
    assert set(protocol.metrics) <= METRICS.keys()
    known = protocol.reference == "truth"
    assert all(known or protocol.task in METRICS[metric].tasks for metric in protocol.metrics)
    assert protocol.title and protocol.description
    assert protocol.folder.joinpath(f"{name}.yaml").read_text(encoding="utf-8").isprintable() is False


@pytest.mark.parametrize("name", sorted(PAPERS))
def test_a_papers_protocol_lists_its_assumptions_and_cites(name):
    protocol = find_protocol(name)
    assert protocol.citation and len(protocol.assumptions) >= 4
    assert any("Averaging" in a or "votes" in a for a in protocol.assumptions)
    assert "motion" in (protocol.folder / f"{name}.yaml").read_text(encoding="utf-8"), "the motion mode is written out"


@pytest.mark.parametrize("name", sorted(PAPERS - {"magicportrait_cross"}))
def test_a_papers_protocol_measures_every_column_of_its_table_in_the_variant_that_comes_near(name):
    protocol, paper = find_protocol(name), find_paper(name.partition("_")[0])
    cells = [c for c in paper.cells if (c.dataset, c.task) == (protocol.dataset, protocol.task)]
    columns = {(c.metric, c.near) for c in cells} - {("preference", ""), ("scenes_won", ""), ("fps", "")}
    assert cells and (columns or "study" in name)
    measured = {metric.partition("[")[0] for metric in protocol.metrics}
    assert {metric for metric, _ in columns} <= measured
    assert {near for _, near in columns if near in METRICS} <= set(protocol.metrics)


@pytest.mark.parametrize("name", ["vox_cross", "hdtf_cross", "hdtf_self", "fsrt_vox_cross_study"])
def test_written_lists_pair_different_people_in_cross_and_one_clip_in_self(name):
    protocol = find_protocol(name)
    identity = identity_rule(protocol.dataset)
    for source, driving in rows(name):
        assert (source == driving) if protocol.task == "self_reenactment" else identity(source) != identity(driving)
    assert len(set(rows(name))) == len(rows(name)) == expected_pairs(protocol)


def test_the_vox_protocols_are_about_the_525_clips(test_part):
    assert len(test_part) == 525 and len({c.identity for c in test_part}) == 13
    for name in ("vox_self", "fsrt_vox_self", "fsrt_vox_self_2src"):
        protocol = find_protocol(name)
        assert protocol.clips.sha256 == clips_sha256(c.id for c in test_part)
        assert len(make_pairs(protocol, test_part)) == expected_pairs(protocol) == 525


def test_the_vox_lists_are_what_their_rule_makes_of_the_published_list(test_part):
    left = [c for c in test_part if c.id.split("#")[1] not in GONE.split()]
    assert len(left) == 498
    for name, count, seed in (("vox_cross", 120, 0), ("fsrt_vox_cross_study", 20, 1)):
        assert [(s.id, d.id) for s, d in balanced_couples(left, left, count, seed)] == rows(name)
    assert set(Counter(source.split("#")[0] for source, _ in rows("vox_cross")).values()) == {10}
    assert set(Counter(driving.split("#")[0] for _, driving in rows("vox_cross")).values()) == {10}
    assert len(make_pairs(find_protocol("vox_cross"), test_part)) == 120


def test_the_hdtf_lists_are_what_their_rule_makes_of_twenty_clips():
    clips = [clip(name, "hdtf") for name, _ in rows("hdtf_self")]
    assert len(clips) == 20 and len({c.identity for c in clips}) == 18
    assert [(s.id, d.id) for s, d in balanced_couples(clips, clips, 60, 0)] == rows("hdtf_cross")


def test_a_partial_copy_is_refused_with_advice_and_run_when_that_is_asked_for(test_part):
    copy = [c for c in test_part if c.id.split("#")[1] not in GONE.split()]
    protocol = find_protocol("vox_self")
    with pytest.raises(DatasetError, match=r"is about 525 clips; the data has 498.*--subset missing-ok"):
        make_pairs(protocol, copy)
    assert len(make_pairs(protocol, copy, missing_ok=True)) == 498
    with pytest.raises(DatasetError, match=r"of 120 pairs of 'vox_cross' need clips that are not in the data"):
        make_pairs(find_protocol("vox_cross"), copy[:100])
    assert 0 < len(make_pairs(find_protocol("vox_cross"), copy[:400], missing_ok=True)) < 120


def test_as_many_clips_but_other_ones_are_refused(test_part):
    with pytest.raises(DatasetError, match="or other ones"):
        make_pairs(find_protocol("vox_self"), [*test_part[:-1], clip("id10280#x#000000#000099")])


def test_chosen_clips_are_spread_and_a_missing_one_moves_no_other():
    everyone = cast(people=130, clips=6)
    protocol = find_protocol("vox2_self")
    chosen = {pair.id for pair in make_pairs(protocol, everyone)}
    assert Counter(name.split("#")[0] for name in chosen) == dict.fromkeys({c.identity for c in everyone}, 4)
    gone = sorted(chosen)[7]
    fewer = {pair.id for pair in make_pairs(protocol, [c for c in everyone if c.id != gone])}
    assert len(chosen - fewer) == 1 and len(fewer - chosen) == 1
    fifty = make_pairs(find_protocol("magicportrait_celebvhq_self"), cast(people=50, clips=3))
    assert len(fifty) == len({pair.driving.identity for pair in fifty}) == 40


def test_portraits_are_driven_by_twenty_people():
    portraits = [Clip(f"oil{n}", f"portrait oil{n}", "portrait", Path("x")) for n in range(20)]
    pairs = make_pairs(find_protocol("magicportrait_cross"), [*cast(60, 2), *portraits])
    assert len({pair.source.id for pair in pairs}) == len({pair.driving.identity for pair in pairs}) == len(pairs) == 20


def test_celebv_couples_cover_all_ordered_couples_of_people():
    people = [Clip(f"p{p}#{c:010d}", f"p{p}", "clip", Path("x")) for p in range(5) for c in range(20)]
    pairs = make_pairs(find_protocol("celebv_cross"), people)
    assert len(pairs) == 100 and len({(p.source.identity, p.driving.identity) for p in pairs}) == 20


def test_a_published_protocol_is_never_edited():
    """After a release no hash in that file may change: another setting is another version, whose hash is added."""
    published = json.loads(Path(__file__).with_name("protocol_hashes.json").read_text(encoding="utf-8"))
    assert {f"{protocol.id} v{protocol.version}": protocol.hash for protocol in list_protocols()}.items() <= (
        published.items()
    )
    newest = {name.split(" v")[0]: int(name.split(" v")[1]) for name in sorted(published)}
    assert newest == {protocol.id: protocol.version for protocol in list_protocols()}


EARLIER = ["demo_cross@1", "demo_self@1", "folder_cross@2", "folder_self@2"]


@pytest.mark.parametrize("name", EARLIER)
def test_earlier_versions_can_still_be_run(name):
    published = json.loads(Path(__file__).with_name("protocol_hashes.json").read_text(encoding="utf-8"))
    protocol = find_protocol(name)
    assert f"{protocol.id}@{protocol.version}" == protocol.argument == name
    assert protocol.hash == published[f"{protocol.id} v{protocol.version}"]
    newest = find_protocol(protocol.id)
    assert newest.version == protocol.version + 1 and newest.argument == protocol.id
    assert {d.key for d in diff_protocols(protocol, newest).keys if d.moves_numbers} == {"metrics"}
    assert set(protocol.metrics) < set(newest.metrics), "nothing that was measured is gone"
    assert protocol.id in IDS and name not in IDS


def test_a_file_name_with_another_version_is_refused(tmp_path):
    text = (find_protocol("demo_self").folder / "demo_self@1.yaml").read_text(encoding="utf-8")
    (tmp_path / "demo_self@3.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ProtocolError, match="the version is 1, expected 3 as in the file name"):
        find_protocol(str(tmp_path / "demo_self@3.yaml"))


def test_a_protocol_without_the_key_of_before_keeps_its_hash():
    """Runs of before `rgb` there was were converted by swscale: the hash of that rule is theirs."""
    published = json.loads(Path(__file__).with_name("protocol_hashes.json").read_text(encoding="utf-8"))
    now = find_protocol("folder_self@2")
    before = now.model_copy(update={"rgb": "swscale", "version": 1})
    assert before.hash == published["folder_self v1"] and now.hash == published["folder_self v2"]


def test_every_protocol_says_how_frames_become_rgb():
    """Those of papers follow the readers of their code, which are swscale; evalkit's own go by the file."""
    for protocol in list_protocols():
        text = (protocol.folder / f"{protocol.id}.yaml").read_text(encoding="utf-8")
        assert f"\nrgb: {protocol.rgb}\n" in text
        assert (protocol.rgb == "swscale") == (protocol.id in PAPERS or protocol.dataset == "demo")


def test_check_names_every_row_that_cannot_run():
    clips = [clip(name) for row in rows("vox_cross")[:30] for name in row]
    report = check_protocol(find_protocol("vox_cross"), list({c.id: c for c in clips}.values()))
    assert 30 <= report.pairs < 120 and report.pairs + len(report.problems) == report.expected == 120
    assert all("vox_cross.csv line" in problem for problem in report.problems)


def test_check_counts_frames():
    clips = cast(people=2, clips=1)
    protocol = find_protocol("fsrt_vox_self_2src").model_copy(update={"clips": find_protocol("demo_self").clips})
    short = check_protocol(protocol, clips, lambda c: 15 if c.id == "p0#0" else 64)
    assert short.problems == ("p0#0: driving frames begin at 10 and end 10 before the last; 'p0#0' has 15",)
    assert check_protocol(protocol, clips, lambda c: 64).problems == ()


def test_diff_tells_what_moves_numbers_from_prose():
    found = diff_protocols(find_protocol("vox_cross"), find_protocol("sfd_vox_cross"))
    assert {d.key for d in found.keys if d.moves_numbers} == {"metrics", "rgb"} and not found.comparable
    assert not found.only_a and not found.only_b, "they share a list"
    other = diff_protocols(find_protocol("vox_cross"), find_protocol("fsrt_vox_cross_study"))
    assert len(other.only_a) + len(other.only_b) > 120
    assert diff_protocols(find_protocol("vox_self"), find_protocol("vox_self")).comparable


def test_the_commands_end_with_1_when_something_is_wrong(evalkit, tmp_path):
    name = rows("vox_cross")[0][0]
    (tmp_path / f"{name}.mp4").touch()
    told = evalkit("protocols", "check", "vox_cross", "--data", tmp_path, "--no-frames", "--json")
    assert told.returncode == 1 and json.loads(told.stdout)["pairs"] == 0
    told = evalkit("protocols", "diff", "vox_self", "fsrt_vox_self")
    assert told.returncode == 1 and "driving.stride" in told.stdout and "cannot be compared" in told.stdout
    assert evalkit("protocols", "diff", "vox_self", "vox_self").returncode == 0
    assert "assumptions" in json.loads(evalkit("protocols", "show", "sfd_vox_cross").stdout)
