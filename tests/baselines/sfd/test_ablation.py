"""One command from data to the table of the four stages, and everything that can be missing on the way."""

import argparse
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from baselines.sfd.lab import stages
from baselines.sfd.lab.ablation import main
from baselines.sfd.lab.ablation_table import NAMES, PAPER, PAPER_TABLE
from baselines.sfd.lab.stages import progress_of, reached
from baselines.sfd.lab.train import train
from baselines.sfd.lab.training.checkpoint import LAST, Progress
from baselines.sfd.lab.training.config import STAGES
from baselines.sfd.lab.training.processes import Processes
from evalkit.errors import RunError
from evalkit.tables.papers import find_paper
from tests.baselines.sfd.conftest import tiny_config
from tests.compiling import compile_latex

TABLE_III = ("CSIM ↑", "FID ↓", "SSIM ↑", "AED ↓", "APD ↓")
PROTOCOL = """
id: small
title: Small
task: self_reenactment
dataset: folder
pairs: {rule: first_frame_self}
resolution: 32
metrics: [l1]
anchors: [copy_source]
"""


@dataclass
class Watch:
    """Which stages were trained, and which are to fail."""

    trained: list[str] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)

    def train(self, given: argparse.Namespace, processes: Processes) -> Progress:
        self.trained.append(given.stage)
        if given.stage in self.failing:
            raise RunError("step 7: the loss total_x is not a number.")
        return train(given, processes)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watched = Watch()
    monkeypatch.setattr(stages, "train", watched.train)
    return watched


@pytest.fixture
def asked(tiny_options: list[str], data: Path, tmp_path: Path) -> list[str]:
    """The command, with a protocol that needs no network."""
    (tmp_path / "small.yaml").write_text(PROTOCOL)
    scored = ["--protocol", str(tmp_path / "small.yaml"), "--data-root", str(data), "--workers", "1"]
    return [*tiny_options, "--out", str(tmp_path / "out"), *scored]


def rows(folder: Path) -> dict[str, list[str]]:
    """Cells of the markdown table by row."""
    lines = [line.strip("| ").split(" | ") for line in (folder / "ablation.md").read_text().splitlines() if "|" in line]
    return {name: cells for name, *cells in lines}


@pytest.mark.slow
def test_from_data_to_the_table(asked, watch, tmp_path, caplog):
    out = tmp_path / "out"
    watch.failing = {"dec"}
    assert main([*asked, "--steps", "1"]) == 1
    assert watch.trained == list(STAGES) and "dec failed: step 7: the loss total_x is not a number" in caplog.text
    first = rows(out)
    assert first["Method"] == ["Small: L1 ↓", *(f"Reported; different data and size: {name}" for name in TABLE_III)]
    assert list(first)[2:] == ["Copy source", *NAMES.values()]
    assert first["+Dec."] == ["-", "*0.498*", "*29.45*", "*0.957?*", "*0.053?*", "*0.060*"]
    assert first["Copy source"][1:] == ["-"] * 5
    assert all(float(first[name][0].strip("*</u>‖")) > 0 for name in ("Baseline", "+Subs.", "+Sem."))
    text = (out / "ablation.md").read_text()
    assert r"+Dec. (dec) has no numbers: step 7: the loss total\_x is not a number." in text
    assert "Trained for: Baseline 1 steps in" in text and "VoxCeleb): not measured here, not ranked" in text
    compile_latex((out / "ablation.tex").read_text(encoding="utf-8"), tmp_path)

    watch.failing, watch.trained = set(), []
    assert main([*asked, "--steps", "1"]) == 0
    assert watch.trained == ["dec"]
    second = rows(out)
    assert float(second["+Dec."][0].strip("*</u>‖")) > 0 and "has no numbers" not in (out / "ablation.md").read_text()
    assert second["Copy source"] == first["Copy source"]

    table = (out / "ablation.tex").read_bytes()
    (out / "ablation.tex").unlink()
    assert main([*asked, "--tables-only"]) == 0 and (out / "ablation.tex").read_bytes() == table
    assert main([*asked, "--steps", "1", "--seed", "3"]) == 2 and "seed: 0 -> 3" in caplog.text

    watch.trained = []
    assert main([*asked, "--steps", "2", "--stage", "sem"]) == 0
    assert watch.trained == ["sem"] and progress_of(out / "sem" / LAST).step == 2
    assert {path.name for path in (out / "runs" / "small").iterdir()} >= {"sfd@sem-1", "sfd@sem-2", "copy_source"}
    text = (out / "ablation.md").read_text()
    assert "Baseline 1 steps in" in text and "+Sem. 2 steps in" in text


def test_other_data_and_missing_data_are_refused_before_anything_is_trained(asked, watch, data, tmp_path, caplog):
    assert main([*asked, "--steps", "1", "--stage", "baseline"]) == 0
    shutil.copytree(data, tmp_path / "changed")
    shutil.copy(data / "clips" / "demo1000_c0.mkv", tmp_path / "changed" / "clips" / "demo1001_c0.mkv")
    assert main([*asked, "--steps", "2", "--data", str(tmp_path / "changed")]) == 2
    assert "was trained on other clips" in caplog.text
    assert main([*asked, "--data", str(tmp_path / "nowhere")]) == 2 and "nowhere" in caplog.text
    assert watch.trained == ["baseline"]


def test_a_training_that_was_interrupted_is_not_scored(asked, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(stages, "train", lambda given, processes: Progress(1, 0.0))
    assert main([*asked, "--steps", "2", "--stage", "sem"]) == 2
    assert "stopped at step 1, before its end. Repeat the command to continue." in caplog.text
    assert not (tmp_path / "out" / "runs").exists()


def test_without_a_single_run_there_is_no_table(asked, tmp_path, caplog):
    assert main([*asked, "--tables-only"]) == 2
    assert (
        "No stage has been scored, so there is no table:\n  baseline: not trained\n  subs: not trained" in caplog.text
    )
    assert not (tmp_path / "out").exists()


def test_the_goal_is_steps_or_minutes():
    config = tiny_config(steps=10)
    assert reached(Progress(10, 0.0), config, None) and not reached(Progress(9, 1e9), config, None)
    assert reached(Progress(1, 60.0), config, 1.0) and not reached(Progress(1, 59.0), config, 1.0)


def test_rows_are_called_as_in_the_paper():
    _, cells = find_paper(PAPER).table(PAPER_TABLE)
    assert list(NAMES) == list(STAGES)
    assert list(NAMES.values()) == list(dict.fromkeys(cell.method for cell in cells))
