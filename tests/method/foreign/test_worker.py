"""A worker keeps its model loaded, and nothing that it does harms finished pairs."""

from pathlib import Path

import numpy as np
import pytest

from evalkit.errors import MethodError
from evalkit.method.foreign.drop_in import evalkit_worker
from evalkit.method.foreign.worker import Worker
from tests.method.foreign.conftest import FRAMES, animated, marked, task

FILE = Path(evalkit_worker.__file__).read_text()
HEAD = """
    import os, subprocess, sys, time
    import numpy as np
    from evalkit_worker import serve
    def load(options):
        print("loading")
        open("loads.txt", "a").write("x")
        return 255
"""
CARD = {
    "mode": "worker",
    "driving": {"form": "array"},
    "steps": [{"name": "serve", "command": ["{python}", "toy.py"]}],
}


@pytest.fixture
def worker(setting):
    running = []

    def make(body: str, **more: object) -> Worker:
        lines = "".join(f"        {line}\n" for line in body.splitlines())
        toy = f"{HEAD}    def animate(model, pair):\n{lines}    serve(load, animate)\n"
        keys = {key: more.pop(key) for key in ("seconds", "memory_bytes") if key in more}
        running.append(Worker(setting({"toy.py": toy, "evalkit_worker.py": FILE}, **keys, **CARD, **more)))
        return running[-1]

    yield make
    for one in running:
        one.close()


INVERT = "for frame in pair['driving']:\n    yield model - frame[None]"


def test_a_worker_loads_its_model_once(worker, clone, tmp_path):
    toy = worker("print('noise on stdout')\n" + INVERT)
    for index in range(3):
        assert np.array_equal(animated(toy, task(f"p{index}", start=index)), 255 - marked(FRAMES, start=index))
    assert (clone / "loads.txt").read_text() == "x"
    assert "noise on stdout" in (tmp_path / "logs" / "p1.txt").read_text()
    assert [frames for frames, _ in toy.spent.steps] == [1] * FRAMES + [0] and toy.spent.peak_bytes > 1 << 20


def good(toy: Worker, pair: str = "good", start: int = 0) -> None:
    assert np.array_equal(animated(toy, task(pair, start=start)), 255 - marked(FRAMES, start=start))


def bad_only(pair: str, body: str) -> str:
    """A body that goes wrong for one pair."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"if pair['pair'] == {pair!r}:\n{lines}{INVERT}"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise ValueError('no face')", "its worker raised ValueError: no face"),
        ("os._exit(3)", "its worker ended with status 3"),
        ("os.kill(os.getpid(), 9)", "killed by signal 9, by the kernel .* out of memory"),
        ("os.kill(os.getpid(), 11)", "its worker was ended by signal 11"),
        ("time.sleep(60)", "was stopped after 3 s, the limit for a pair"),
        ("yield np.full((5, 16, 16, 3), np.nan)", "NaN"),
        ("yield np.full((5, 16, 16, 3), 2.0)", r"expected \[0, 1\]"),
        ("yield np.zeros((5, 16, 16, 3), np.uint8)\nreturn", "one flat colour"),
        ("yield pair['driving'][[0] * 5]\nreturn", "5 equal frames although"),
        ("yield pair['driving'][:4]\nreturn", "4 frames for 5 driving"),
        ("yield pair['driving'][[0, 1, 2, 3, 4, 4]]\nreturn", "more than 5 frames"),
        ("yield np.zeros((5, 16, 16), np.uint8)", r"expected \(t, H, W, 3\)"),
    ],
)
def test_a_pair_that_fails_harms_no_other(worker, body, message):
    toy = worker(bad_only("bad", body), seconds=3)
    good(toy, "first")
    with pytest.raises(MethodError, match=message):
        animated(toy, task("bad"))
    good(toy, "last", start=2)


@pytest.mark.parametrize("said", ["'pair': 'other'", "'id': 7"])
def test_an_answer_for_another_pair_is_refused(worker, said):
    toy = worker("pair.update({" + said + "})\n" + INVERT)
    toy_file = Path(toy._setting.place.clone / "evalkit_worker.py")
    # The names of the answer are those of the pair as the model left it.
    toy_file.write_text(FILE.replace("**names)\n        count", "**{n: pair[n] for n in names})\n        count"))
    with pytest.raises(MethodError, match=r"answered for pair '(other|a--b)' when asked for 'a--b'"):
        animated(toy, task())


def test_garbage_on_stdout_before_the_worker_is_skipped(worker, clone):
    toy = worker(INVERT)
    text = (clone / "toy.py").read_text()
    noise = "import sys\nsys.stdout.write('EVK Warning: EVK' + 'x' * 200000)\nsys.stdout.flush()\n"
    (clone / "toy.py").write_text(noise + "import textwrap\n" + text)
    good(toy)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import nothing_like_this", "its worker ended with status 1: ModuleNotFoundError: No module named"),
        ("import sys; sys.stdout.buffer.write(b'EVK1\\xff\\xff\\xff\\xff')", "message of 4294967295 bytes"),
        ("import sys; sys.stdout.buffer.write(b'EVK1\\0\\0\\0\\2{]')", "not JSON"),
        ("import time; time.sleep(60)", "was stopped after 2 s, the limit for loading the model"),
        (
            "from evalkit_worker import serve\ndef load(o): raise RuntimeError('no CUDA')\nserve(load, 1)",
            "its worker raised RuntimeError: no CUDA",
        ),
    ],
)
def test_a_worker_that_does_not_start_says_why(worker, clone, text, message):
    toy = worker(INVERT, seconds=2 if "sleep" in text else 20)
    (clone / "toy.py").write_text(text)
    with pytest.raises(MethodError, match=message):
        animated(toy, task())


def test_its_model_reads_no_messages_and_its_children_end_with_it(worker, clone):
    toy = worker(
        "assert sys.stdin.read() == ''\n"
        "child = subprocess.Popen(['sleep', '300'], start_new_session=True)\n"
        "open('child.txt', 'w').write(str(child.pid))\n" + INVERT
    )
    good(toy)
    child = Path("/proc") / (clone / "child.txt").read_text()
    assert child.exists()
    toy.close()
    assert not child.exists()
