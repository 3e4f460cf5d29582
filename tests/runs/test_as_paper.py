"""`--as`: a run records its preset, and tables say which points it had to decide."""

import pytest

import evalkit as ek
from evalkit.clips import video
from evalkit.datasets.drawn import render_clip
from evalkit.errors import ProtocolError, RunError
from evalkit.records.json_record import write_record
from evalkit.records.run import read_header
from evalkit.runs.as_paper import paper_columns
from evalkit.runs.find_clips import protocol_of
from evalkit.tables.options import TableOptions
from evalkit.tables.table import build_table


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The same still over one drawn clip, with a preset and without one."""
    root = tmp_path_factory.mktemp("as")
    (root / "data").mkdir()
    video.write_video(root / "data" / "a.mkv", [render_clip(0, 0, 21, 64).frames], 25)

    def still(sources, driving, motion):
        for chunk in driving:
            yield sources[:1].repeat(len(chunk), axis=0)

    return {
        name: ek.run(name, still, data=root / "data", out=root, metrics=["l1", "psnr"], anchors=False, workers=1)
        for name in ("folder_self", "folder_self_as_fsrt")
    }


def test_a_run_with_a_preset_records_it_and_scores_its_frames(runs):
    mine, plain = runs["folder_self_as_fsrt"], runs["folder_self"]
    header = read_header(mine.path)
    assert header.protocol.follows == "fsrt" and header.protocol.id == "folder_self_as_fsrt"
    assert any("Averaging" in point for point in header.protocol.assumptions)
    assert (mine["l1"].frames, plain["l1"].frames) == (2, 20), "every tenth frame from the tenth"
    assert mine.path.parent.name == "folder_self_as_fsrt"
    assert (
        protocol_of(header).hash == ek.find_protocol("folder_self_as_fsrt").hash == header.configuration.protocol_hash
    )


def test_tables_list_the_open_points_of_a_preset(runs):
    table = build_table([runs["folder_self_as_fsrt"].path])
    (note,) = [line for line in table.footnotes if "as fsrt" in line]
    assert "they leave open: (1) How many clips" in note and "(8) Averaging; over frames, then clips." in note
    assert not any("leave open" in line for line in build_table([runs["folder_self"].path]).footnotes)


def test_the_columns_of_a_paper_in_its_order_with_what_is_missing(runs):
    found = paper_columns([runs["folder_self_as_fsrt"].path], "fsrt")
    assert found.metrics == ("psnr", "l1")
    assert found.notes == ("folder_self_as_fsrt: FSRT also reports ssim, akd[fan68], which these runs lack",)
    table = build_table([runs["folder_self_as_fsrt"].path], TableOptions(metrics=found.metrics))
    assert [column.key for column in table.columns][:2] == ["psnr", "l1"]


def test_runs_without_the_preset_are_told_where_their_rules_are_others(runs):
    notes = paper_columns([runs["folder_self"].path], "fsrt").notes
    assert notes[1] == "folder_self: made without --as fsrt; its rules differ in driving, rgb"
    assert notes[2].startswith("folder_self: as fsrt, as far as public text and code say; they leave open: (1)")


def test_runs_without_any_of_its_metrics_are_refused(runs):
    with pytest.raises(RunError, match=r"--as sfd: these runs have none of its metrics \(csim\[arcface\], fid"):
        paper_columns([runs["folder_self"].path], "sfd")
    with pytest.raises(ProtocolError, match="has no numbers for"):
        paper_columns([_cross(runs)], "fsrt")


def _cross(runs):
    """A header like the plain run's, of the other task."""
    header = read_header(runs["folder_self"].path)
    other = header.protocol.model_copy(update={"task": "cross_reenactment"})
    path = runs["folder_self"].path.with_name("cross")
    path.mkdir(exist_ok=True)
    write_record(path / "run.json", header.model_copy(update={"protocol": other}))
    return path
