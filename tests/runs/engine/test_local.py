"""Workers that are processes: the same bytes, and what happens when one is killed, crashes or never starts."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.clips import video
from evalkit.errors import MethodError, RunError
from evalkit.method.find import find_method
from evalkit.method.interface import MethodConfig
from evalkit.runs.engine.choice import EngineChoice
from evalkit.runs.engine.local import ended_how, local_engine
from evalkit.runs.run import MethodJob, run_methods
from evalkit.runs.session import RunSettings, open_session
from tests.fakes import drawn_heads, make_protocol

JOBS = [MethodJob(find_method("copy_source"), MethodConfig())]
PROTOCOL = make_protocol(metrics=["l1"], resolution=96)
POISON = """
import os, signal
from pathlib import Path
{0}
yield from driving
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    for number in range(4):
        video.write_video(root / f"person{number}" / "take.mkv", [drawn_heads()[number % 2 : 6 : 2]], 25)
    return root


def method(folder, body):
    """A method that copies the driving frames and does `body` before."""
    folder.mkdir()
    (folder / "method.yaml").write_text("id: mine\ntitle: Mine\nkind: baseline\n")
    lines = "\n".join(f"        {line}" for line in POISON.format(body).strip().splitlines())
    (folder / "adapter.py").write_text(
        f"class Method:\n    def animate(self, sources, driving, motion):\n{lines}\n\n\n"
        "def build(config):\n    return Method()\n"
    )
    return MethodJob(find_method(f"{folder}/"), MethodConfig())


def run(data, out, jobs, workers=2, metrics=()):
    chosen = EngineChoice(("cpu",) * workers) if workers else None
    settings = RunSettings(data=data, out=out, engine=chosen, metrics=metrics)
    with open_session(PROTOCOL, settings) as session:
        return run_methods(session, jobs, pytest.fail)


@pytest.mark.slow
def test_same_bytes_as_one_process_set_metrics_included(data, tmp_path, monkeypatch):
    metrics = ("l1", "fid[efficientnet-lite0]")
    alone = run(data, tmp_path / "alone", JOBS, 0, metrics)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "another"))
    together = run(data, tmp_path / "together", JOBS, 2, metrics)
    for one, other in zip(alone, together, strict=True):
        assert one.folder.summary.read_bytes() == other.folder.summary.read_bytes()
        assert one.folder.frames.read_bytes() == other.folder.frames.read_bytes()
        assert one.summary.metrics["fid[efficientnet-lite0]"].value is not None


@pytest.mark.slow
def test_a_killed_worker_costs_nothing_and_a_poisoned_pair_only_itself(data, tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    body = (
        f"mark = Path({str(marks)!r}) / driving.path.parent.name\n"
        "if mark.name == 'person2' or (mark.name == 'person1' and not mark.exists()):\n"
        "    mark.touch()\n"
        "    os.kill(os.getpid(), signal.SIGSEGV if mark.name == 'person2' else signal.SIGKILL)"
    )
    (finished,) = run(data, tmp_path / "out", [method(tmp_path / "mine", body)])
    assert finished.summary.pairs.failed == ("person2_take",) and finished.summary.pairs.scored == 3
    assert "crashed (SIGSEGV); making this pair ended 2 workers" in finished.folder.read_outcome("person2_take").reason
    lost = [json.loads(line) for line in (finished.folder.path / "log.jsonl").read_text().splitlines()]
    reasons = {line["pair"]: line["reason"] for line in lost if line["event"] == "worker_lost"}
    assert "most likely because memory ran out" in reasons["person1_take"]


FOREIGN = """
import os, time
from evalkit_worker import serve

def animate(model, pair):
    gpu = os.environ["CUDA_VISIBLE_DEVICES"]
    open("gpu" + gpu, "a").write("%s %d\\n" % (pair["pair"], os.getpid()))
    until = time.time() + 60
    while sum(name.startswith("gpu") for name in os.listdir(".")) < 2 and time.time() < until:
        time.sleep(0.05)
    if "person3" in pair["pair"]:
        raise ValueError("no face")
    yield pair["driving"] // 2

serve(lambda options: None, animate)
"""


@pytest.mark.slow
def test_every_worker_of_a_foreign_method_sees_its_own_gpu(data, tmp_path, monkeypatch):
    clone, card = tmp_path / "clone", tmp_path / "mine"
    clone.mkdir()
    card.mkdir()
    (clone / "toy.py").write_text(FOREIGN)
    steps = '[{name: serve, command: ["{python}", toy.py], env: {PYTHONPATH: "{worker}"}}]'
    (card / "method.yaml").write_text(
        f"id: mine\ntitle: Mine\nkind: external\nexternal: {{mode: worker, driving: {{form: array}}, steps: {steps}}}\n"
    )
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    config = MethodConfig("cuda:0", options={"clone": str(clone), "python": sys.executable})
    chosen = EngineChoice(("cuda:0", "cuda:1", "cpu"))
    with open_session(PROTOCOL, RunSettings(data=data, out=tmp_path / "out", engine=chosen)) as session:
        (finished,) = run_methods(session, [MethodJob(find_method(f"{card}/"), config)], pytest.fail)
    assert finished.summary.pairs.failed == ("person3_take",) and finished.summary.pairs.scored == 3
    assert finished.folder.read_outcome("person3_take").reason.startswith("its worker raised ValueError: no face")
    seen = {name: [line.split() for line in (clone / name).read_text().splitlines()] for name in ("gpu4", "gpu7")}
    assert sorted(pair for lines in seen.values() for pair, _ in lines) == [f"person{n}_take" for n in range(4)]
    processes = [{process for _, process in lines} for lines in seen.values()]
    assert processes[0].isdisjoint(processes[1])


def test_what_ends_a_run_in_a_worker_ends_it_here(data, tmp_path):
    broken = method(tmp_path / "mine", "")
    (tmp_path / "mine" / "adapter.py").write_text("def build(config):\n    raise ValueError('no weights')\n")
    with pytest.raises(RunError, match="no weights"):
        run(data, tmp_path / "out", [replace(broken, entry=find_method(f"{tmp_path / 'mine'}/"))])
    with pytest.raises(MethodError, match="source image"):
        card = JOBS[0].entry.card.model_copy(update={"max_sources": 0})
        run(data, tmp_path / "out", [replace(JOBS[0], entry=replace(JOBS[0].entry, card=card))])


def test_code_that_changes_while_a_run_goes_is_refused(data, tmp_path):
    code = str(tmp_path / "mine" / "adapter.py")
    changed = method(tmp_path / "mine", f"Path({code!r}).open('a').write('#')\nos.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(RunError, match="The code of mine changed while the run was going"):
        run(data, tmp_path / "out", [changed], workers=1)


@pytest.mark.slow
def test_workers_end_with_the_engine_and_with_a_killed_command(tmp_path):
    with local_engine(["cpu", "cpu"]) as engine:
        deadline = time.monotonic() + 60
        while len(engine.idle()) < 2 and time.monotonic() < deadline:
            engine.wait(1)
        processes = [process for process, _ in engine._processes.values()]
        assert len(engine.idle()) == 2
    assert not any(process.is_alive() for process in processes)
    script = (
        "import time\nfrom evalkit.runs.engine.local import LocalEngine\nengine = LocalEngine(['cpu'])\n"
        "while not engine.idle():\n    engine.wait(1)\n"
        "print(next(iter(engine._processes.values()))[0].pid, flush=True)\ntime.sleep(60)\n"
    )
    command = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    worker = int(command.stdout.readline())
    command.kill()
    command.communicate()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()


def test_a_worker_that_is_killed_from_outside_is_replaced():
    with local_engine(["cpu"]) as engine:
        while not engine.idle():
            engine.wait(10)
        first = engine.idle()[0]
        os.kill(engine._processes[first][0].pid, signal.SIGKILL)
        (ended,) = engine.wait(10)
        assert ended.worker == first and "was killed" in ended.why
        while not engine.idle():
            engine.wait(10)
        assert engine.idle()[0] != first


def test_words_for_how_a_process_ended():
    assert ended_how(-11) == "its worker process crashed (SIGSEGV)"
    assert ended_how(3) == "its worker process ended with exit code 3"
