"""Which code of a clone ran: its commit, and what was edited since."""

import subprocess
from pathlib import Path

import pytest

from evalkit.method.foreign.place import clone_state


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_bytes(b"\xe9 = 1\n")
    (tmp_path / "b.bin").write_bytes(b"\0\1")
    for command in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "first"),
    ):
        subprocess.run(("git", "-C", str(tmp_path), *command), check=True)
    return tmp_path


def test_two_edits_of_a_clone_are_two_states(clone: Path) -> None:
    """Also of files that are no text, and of one that is gone; files that git does not track do not count."""
    (clone / "new.txt").touch()
    plain = clone_state(clone)
    assert plain is not None and len(plain[0]) == 40 and plain[1] == ""
    states = [plain]
    for name, content in (("a.py", b"\xe9 = 2\n"), ("a.py", b"\xe9 = 3\n"), ("b.bin", b"\0\2"), ("b.bin", b"\0\3")):
        (clone / name).write_bytes(content)
        states.append(clone_state(clone))
    (clone / "a.py").unlink()
    states.append(clone_state(clone))
    assert len(set(states)) == 6 and {state[0] for state in states if state} == {plain[0]}
    (clone / "a.py").write_bytes(b"\xe9 = 1\n")
    (clone / "b.bin").write_bytes(b"\0\1")
    assert clone_state(clone) == plain


def test_a_folder_in_another_checkout_is_none_itself(clone: Path) -> None:
    (clone / "inside").mkdir()
    assert clone_state(clone / "inside") is None
