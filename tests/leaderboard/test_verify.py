"""Submissions: an honest run is verified, and nobody gets a row by changing its files."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pytest

from evalkit.clips import video
from evalkit.leaderboard.board import add_entry, board_table, read_board, with_papers
from evalkit.leaderboard.entry import make_entry, read_entry
from evalkit.leaderboard.submitted import Limits
from evalkit.leaderboard.verify import VerifyOptions, missed, verify
from evalkit.method.find import find_method
from evalkit.method.interface import MethodConfig
from evalkit.protocol.schema import find_protocol
from evalkit.records.all_outcomes import read_outcomes, write_outcomes
from evalkit.records.frame_scores import read_frames, read_signatures, read_table, write_frames, write_table
from evalkit.records.run import read_header, read_summary
from evalkit.records.run_folder import RunFolder
from evalkit.runs.run import MethodJob, run_method
from evalkit.runs.session import RunSettings, open_session
from evalkit.tables.papers import find_paper
from tests.fakes import edit_record, noise

PAIR = "person0_take"


@dataclass(frozen=True)
class Submitted:
    """A run folder, and how it is verified."""

    path: Path
    options: VerifyOptions

    def failed(self, **changes: object) -> dict[str, str]:
        """The checks that fail, by name; a failed check gives no record."""
        found = verify(self.path, replace(self.options, **changes))
        failed = {check.name: check.words for check in found.checks if not check.passed}
        assert (found.record is None) == bool(failed)
        return failed


@pytest.fixture(scope="module")
def original(tmp_path_factory, private_cache):
    """A finished run of four pairs, made from clean code whatever state this checkout is in."""
    root = tmp_path_factory.mktemp("submission")
    for number in range(4):
        video.write_video(root / "data" / f"person{number}" / "take.mkv", [noise(3, seed=number)], 25)
    protocol = root / "small.yaml"
    protocol.write_text(
        "id: small\ntitle: Small\ntask: self_reenactment\ndataset: folder\npairs: {rule: first_frame_self}\n"
        f"resolution: {noise(1).shape[1]}\nmetrics: [l1, psnr]\n"
    )
    with open_session(find_protocol(str(protocol)), RunSettings(data=root / "data", out=root / "runs")) as session:
        folder = run_method(session, MethodJob(find_method("copy_source"), MethodConfig())).folder.path
    provenance = read_header(folder).provenance.model_dump()
    edit_record(folder / "run.json", provenance={**provenance, "dirty": False})
    return Submitted(folder, VerifyOptions(seed=1, pairs=2, data=root / "data", protocol=str(protocol)))


@pytest.fixture
def submitted(original, tmp_path):
    """A copy that a test may change."""
    path = tmp_path / "mine"
    shutil.copytree(original.path, path)
    return replace(original, path=path)


def pair_of(submitted: Submitted, number: int = 0) -> str:
    return sorted(path.stem for path in (submitted.path / "pairs").glob("*.json"))[number]


def test_an_honest_run_is_verified_and_its_row_says_so(submitted, boards):
    found = verify(submitted.path, submitted.options)
    assert [check.name for check in found.checks if not check.passed] == []
    record = found.record
    assert record is not None and record.furthest == {"l1": 0.0, "psnr": 0.0} and record.not_again == {}
    assert len(record.pairs) == 2 and record.of == 4 and record.seed == 1
    assert not any(line.startswith(("numpy", "torch", "evalkit:")) for line in record.environment)

    add_entry(boards, make_entry(submitted.path, boards, ["VoxCeleb1"], verification=record))
    entry = read_entry(boards / "small" / "copy_source.json")
    assert entry.row.verification == record and entry.status == "verified"
    table = board_table(read_board(boards, "small"))
    assert table.columns[-1].title == "Status" and table.rows[0][1][-1].text == "verified"
    assert any("2 of 4 clips were scored again" in note for note in table.footnotes)


def test_other_pairs_for_another_seed_and_all_of_them(submitted):
    chosen = {verify(submitted.path, replace(submitted.options, seed=seed, pairs=1)).record.pairs for seed in range(12)}
    assert len(chosen) > 1
    assert len(verify(submitted.path, replace(submitted.options, pairs=None)).record.pairs) == 4
    assert (
        verify(submitted.path, submitted.options).record.pairs == verify(submitted.path, submitted.options).record.pairs
    )


def test_the_chance_to_miss_an_edit():
    assert missed(4, 2, 0.25) == pytest.approx(0.5) and missed(4, 4, 0.1) == 0
    assert missed(500, 8, 0.1) == pytest.approx(0.9**8, abs=0.01)


def swapped_clip(submitted):
    one, other = (submitted.path / "generated" / f"{pair_of(submitted, number)}.mkv" for number in (0, 1))
    shutil.copy(one, other)


def missing_clip(submitted):
    (submitted.path / "generated" / f"{pair_of(submitted)}.mkv").unlink()


def missing_pair(submitted):
    for suffix in ("json", "parquet"):
        (submitted.path / "pairs" / f"{pair_of(submitted)}.{suffix}").unlink()


def failed_pair(submitted):
    edit_record(submitted.path / "pairs" / f"{pair_of(submitted)}.json", status="failed")


def edited_number(submitted):
    metrics = read_summary(submitted.path).model_dump(mode="json")["metrics"]
    metrics["l1"]["value"] -= 1e-6
    edit_record(submitted.path / "summary.json", metrics=metrics)


def edited_interval(submitted):
    metrics = read_summary(submitted.path).model_dump(mode="json")["metrics"]
    metrics["psnr"] |= {"ci_low": metrics["psnr"]["value"] - 0.01, "ci_high": metrics["psnr"]["value"] + 0.01}
    edit_record(submitted.path / "summary.json", metrics=metrics)


def edited_clip_mean(submitted):
    path = submitted.path / "clips.parquet"
    table = read_table(path)
    means = table["mean"].to_pylist()
    table = table.set_column(table.schema.get_field_index("mean"), "mean", pa.array([means[0] / 2, *means[1:]]))
    write_table(path, table, read_signatures(path))


def edited_frames(submitted):
    path = submitted.path / "frames.parquet"
    scores = [replace(one, values=one.values * 0.99) for one in read_frames(path)]
    write_frames(path, scores, read_signatures(path))


def edited_outcomes(submitted):
    folder = RunFolder(submitted.path)
    outcomes = [replace(one, seconds=0.001) for one in read_outcomes(folder).values()]
    write_outcomes(folder.outcomes, outcomes)


def another_signature(submitted):
    metrics = read_summary(submitted.path).model_dump(mode="json")["metrics"]
    metrics["l1"]["signature"] = metrics["l1"]["signature"].replace("|v1", "|v2")
    edit_record(submitted.path / "summary.json", metrics=metrics)


def another_signature_of_a_pair(submitted):
    path = RunFolder(submitted.path).scores(pair_of(submitted))
    write_frames(path, read_frames(path), dict.fromkeys(read_signatures(path), "easier"))


def unknown_metric(submitted):
    metrics = read_summary(submitted.path).model_dump(mode="json")["metrics"]
    edit_record(submitted.path / "summary.json", metrics={**metrics, "quality": metrics["l1"]})


def path_that_leaves_the_folder(submitted):
    pair = pair_of(submitted)
    shutil.copy(submitted.path / "generated" / f"{pair}.mkv", submitted.path.parent / "elsewhere.mkv")
    edit_record(submitted.path / "pairs" / f"{pair}.json", generated="../elsewhere.mkv")


def link_that_leaves_the_folder(submitted):
    path = submitted.path / "generated" / f"{pair_of(submitted)}.mkv"
    path.rename(submitted.path.parent / "elsewhere.mkv")
    path.symlink_to(submitted.path.parent / "elsewhere.mkv")


def pipe(submitted):
    os.mkfifo(submitted.path / "generated" / "endless.mkv")


def huge_file(submitted):
    with (submitted.path / "summary.json").open("r+b") as file:
        file.truncate(1 << 40)  # takes no space on the disk


def program(submitted):
    (submitted.path / "setup.py").write_text("raise SystemExit('run')")


def hidden_folder(submitted):
    (submitted.path / "generated" / ".git").mkdir()
    (submitted.path / "generated" / ".git" / "config").write_text("[core]")


def no_record(submitted):
    (submitted.path / "run.json").write_text("{}")


def another_pair_in_the_file(submitted):
    one, other = (submitted.path / "pairs" / f"{pair_of(submitted, number)}.json" for number in (0, 1))
    shutil.copy(one, other)


def another_protocol(submitted):
    edit_record(submitted.path / "summary.json", protocol_hash="0" * 64)


def other_driving_clip(submitted):
    edit_record(submitted.path / "pairs" / f"{pair_of(submitted)}.json", driving_sha256="0" * 64)


def changed_code(submitted):
    edit_record(
        submitted.path / "run.json",
        provenance={**read_header(submitted.path).provenance.model_dump(), "dirty": True},
    )


CASES: dict[Callable[[Submitted], None], tuple[str, str]] = {
    swapped_clip: ("clips", "is not the clip that was scored"),
    missing_clip: ("clips", "is missing"),
    missing_pair: ("pairs", "is missing"),
    failed_pair: ("pairs", "failed"),
    edited_number: ("sums", "l1: value is"),
    edited_interval: ("sums", "psnr: ci_low is"),
    edited_clip_mean: ("sums", "clips.parquet: mean of"),
    edited_frames: ("sums", "frames.parquet: "),
    edited_outcomes: ("sums", "outcomes.parquet: person0_take is not as in its pair's file"),
    another_signature: ("signatures", "l1 is "),
    another_signature_of_a_pair: ("scores", "was computed as easier"),
    unknown_metric: ("signatures", "quality is not a metric"),
    path_that_leaves_the_folder: ("clips", "outside of the folder"),
    link_that_leaves_the_folder: ("files", "is a link"),
    pipe: ("files", "is a pipe"),
    huge_file: ("files", "summary.json has 1099511627776 bytes"),
    program: ("files", "setup.py is not a file of a run"),
    hidden_folder: ("files", "has a name that no clip has"),
    no_record: ("records", "run.json"),
    another_pair_in_the_file: ("records", "damaged"),
    another_protocol: ("records", "protocol_hash is"),
    other_driving_clip: ("data", "is not the clip that was used"),
    changed_code: ("fit", "made from changed code"),
}


@pytest.mark.parametrize("change", CASES, ids=lambda change: change.__name__)
def test_a_changed_submission_is_not_verified(submitted, change):
    change(submitted)
    name, words = CASES[change]
    failed = submitted.failed()
    assert name in failed and words in failed[name], failed


def test_scores_that_are_not_those_of_the_clip_are_found_where_it_is_sampled(submitted):
    """Everything fits together, but for what is in the clip: only scoring it again can tell."""
    pair = pair_of(submitted)
    frames = RunFolder(submitted.path).scores(pair)
    signatures = read_signatures(frames)
    scores = [replace(one, values=one.values - (0.01 if one.metric == "l1" else 0)) for one in read_frames(frames)]
    write_frames(frames, scores, signatures)
    assert "scored again" in submitted.failed(pairs=None) and "sums" in submitted.failed(pairs=None)
    assert "l1 is off by 100" in submitted.failed(pairs=None)["scored again"]
    assert "scored again" not in submitted.failed(pairs=None, tolerance=101.0)


def test_limits_of_all_files(submitted):
    total = sum(path.stat().st_size for path in submitted.path.rglob("*") if path.is_file())
    assert "bytes in all" in submitted.failed(limits=Limits(total_bytes=total - 1))["files"]
    assert "more than 3 files" in submitted.failed(limits=Limits(files=3))["files"]
    assert submitted.failed(limits=Limits(total_bytes=total)) == {}


def test_outputs_of_score_are_submitted_beside_their_records(submitted):
    """`score` leaves outputs where they are; a submission brings them as generated/<pair>."""
    pair = pair_of(submitted)
    edit_record(submitted.path / "pairs" / f"{pair}.json", generated=f"/home/them/outputs/{pair}.mkv")
    assert submitted.failed() == {}


def test_rows_without_a_check_and_rows_of_papers_say_so(run, boards):
    add_entry(boards, make_entry(run("fomm", {"csim[x]": 0.5}, title="FOMM"), boards, None))
    table = with_papers(board_table(read_board(boards, "small")), [(find_paper("sfd"), "1")])
    status = [cells[-1].text for _, cells in table.rows]
    assert status[0] == "self-reported" and set(status[1:]) == {"from paper"} and len(status) > 3
