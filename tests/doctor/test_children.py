"""A library that crashes, hangs, ends the process or prints costs its own answer only."""

import pytest

from evalkit.doctor.children import ask

PLANTED = {
    "crashes": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "hangs": "import time; time.sleep(600)",
    "exits": "raise SystemExit(3)",
    "dies": "import os; os._exit(4)",
    "raises": "raise OSError('libGL.so.1: cannot open shared object file: No such file or directory')",
    "prints": "print('{}'); import os; os.write(1, b'noise')",
    "lacks": "import no_such_module_here",
}


@pytest.fixture
def planted(tmp_path, monkeypatch):
    for name, code in PLANTED.items():
        (tmp_path / f"planted_{name}.py").write_text(code)
    (tmp_path / "planted_folder").mkdir()
    monkeypatch.syspath_prepend(tmp_path)


def test_every_check_has_its_answer(planted):
    names = ["crashes", "exits", "dies", "raises", "prints", "lacks", "folder", "not_there"]
    found = ask([[*(f"import:planted_{name}" for name in names), "import:json"]], 1)
    problems = {check.removeprefix("import:planted_"): answer.problem for check, answer in found.items()}
    assert problems["crashes"] == "ends the process (SIGKILL)"
    assert problems["exits"] == "SystemExit: 3"
    assert problems["dies"] == "ends the process (exit code 4)"
    assert problems["raises"].startswith("OSError: libGL.so.1")
    assert problems["prints"] == "" and found["import:json"].problem == ""
    assert "no_such_module_here" in problems["lacks"]
    absent = {check.removeprefix("import:planted_") for check, answer in found.items() if answer.absent}
    assert absent == {"folder", "not_there"}


def test_what_hangs_is_stopped_and_the_rest_goes_on(planted):
    found = ask([["import:planted_hangs", "import:json"]], 1, limit_s=5)
    assert found["import:planted_hangs"].problem == "no answer within 5 s"
    assert found["import:json"].problem == ""
