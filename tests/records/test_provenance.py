"""Whether a run says rightly that its code was edited, and with how many threads it computed."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from evalkit.records import provenance
from evalkit.records.provenance import code_state, cpu_threads


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "evalkit").mkdir()
    (tmp_path / "evalkit" / "a.py").write_text("A = 1\n")
    (tmp_path / "README.md").write_text("text\n")
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    return tmp_path


def test_a_committed_tree_is_unedited(checkout: Path) -> None:
    commit, edited = code_state(checkout)
    assert commit is not None and len(commit) == 40 and edited is False


def test_results_beside_the_code_are_no_edit(checkout: Path) -> None:
    (checkout / "report").mkdir()
    (checkout / "report" / "index.html").write_text("results")
    (checkout / "README.md").write_text("other text")
    assert code_state(checkout)[1] is False


@pytest.mark.parametrize("name", ["evalkit/a.py", "baselines/new.py", "protocols/mine.yaml", "pyproject.toml"])
def test_changed_and_new_code_is_an_edit(checkout: Path, name: str) -> None:
    (checkout / name).parent.mkdir(exist_ok=True)
    (checkout / name).write_text("changed")
    assert code_state(checkout)[1] is True


def test_outside_a_checkout_nothing_is_known(tmp_path: Path) -> None:
    assert code_state(tmp_path) == (None, None)


def test_threads_are_those_of_pytorch_where_it_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    assert cpu_threads() == 3
    torch.set_num_threads(before)
    monkeypatch.delitem(sys.modules, "torch")
    assert cpu_threads() is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, None),
        ("{}", None),
        ("{", None),
        ('{"vcs_info": {"commit_id": "1a2b"}}', ("1a2b", False)),
    ],
)
def test_the_commit_that_pip_was_asked_for(monkeypatch: pytest.MonkeyPatch, text: str | None, found: object) -> None:
    class Installed:
        def read_text(self, name: str) -> str | None:
            return text

    monkeypatch.setattr(provenance, "distribution", lambda name: Installed())
    assert provenance._requested() == found
