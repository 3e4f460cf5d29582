"""Commands and workers in containers, by engines that run them here: what is mounted is all that they may name."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from evalkit.errors import MethodError
from evalkit.method.external import NO_MEMORY, PROCESS_TREE_MEMORY, cost_words
from evalkit.method.find import find_method
from evalkit.method.foreign import container
from evalkit.method.foreign.card import Container
from evalkit.method.foreign.command import Commands
from evalkit.method.foreign.container import contained
from evalkit.method.foreign.drop_in import evalkit_worker
from evalkit.method.foreign.worker import Worker
from tests.method.foreign.conftest import FRAMES, animated, marked, task
from tests.method.foreign.test_command import CARD, INVERT

ENGINE = f"""#!{sys.executable}
import csv, json, os, sys
engine, arguments = os.path.basename(sys.argv[0]), sys.argv[1:]
with open({{log!r}}, "a") as file:
    file.write(json.dumps([engine, *arguments]) + "\\n")
if arguments[0] == "rm":
    sys.exit()
if arguments[0] == "info":
    sys.exit(print("[name=seccomp,profile=builtin]"))
flags = {{{{"--rm", "-i", "--nv"}}}}
target = "destination" if engine == "apptainer" else "target"
mounts, env, folder = [], {{{{"PATH": os.path.dirname(sys.executable)}}}}, None
del arguments[0]
while arguments[0].startswith("-"):
    name = arguments.pop(0)
    value = None if name in flags else arguments.pop(0)
    if name == "--mount":
        found = dict(part.split("=", 1) for part in next(csv.reader([value])))
        assert found.pop("type") == "bind" and found["source"] == found[target] and os.path.isdir(found["source"])
        mounts.append(found["source"])
    elif name == "--env":
        key, _, env[key] = value.partition("=")
    elif name in ("--workdir", "--pwd"):
        folder = value
image, command = arguments[0], arguments[1:]
assert image == "lab:1"
for path in [folder] + [one for one in command if one.startswith("/")]:
    assert any(os.path.commonpath([path, one]) == one for one in mounts), path + " is not mounted"
os.chdir(folder)
os.execvpe(command[0], command, env)
"""


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """Puts an engine on the search path; gives the calls of it so far."""
    log = tmp_path / "calls.txt"

    def put(name: str):
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / name).write_text(ENGINE.format(log=str(log)))
        (tmp_path / "bin" / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
        return {"container": {"engine": name, "image": "lab:1"}}

    container._is_rootless.cache_clear()
    put.calls = lambda: [call for line in log.read_text().splitlines() if (call := json.loads(line))[1] != "info"]
    yield put
    container._is_rootless.cache_clear()


def inside(setting, files, engine, name, **card):
    made = setting(files, **{**card, **engine(name)})
    return made.__class__(**{**vars(made), "place": made.place.__class__(**{**vars(made.place), "python": "python"})})


@pytest.mark.parametrize("name", ["docker", "podman", "apptainer"])
def test_a_command_runs_in_a_container(setting, engine, name):
    runner = Commands(inside(setting, {"run.py": INVERT}, engine, name, memory_bytes=10**9, **CARD))
    assert np.array_equal(animated(runner, task()), 255 - marked(FRAMES))
    (call,) = engine.calls()
    assert ("--memory" in call) == (name != "apptainer") == (runner.spent.peak_bytes is None)
    assert "--gpus" not in call and "--nv" not in call and "nvidia.com/gpu=all" not in call


@pytest.mark.parametrize("name", ["docker", "apptainer"])
def test_a_worker_runs_in_a_container(setting, engine, name):
    toy = "from evalkit_worker import serve\nserve(lambda options: 255, lambda model, pair: [model - pair['driving']])"
    files = {"toy.py": toy, "evalkit_worker.py": Path(evalkit_worker.__file__).read_text()}
    card = {"mode": "worker", "driving": {"form": "array"}, "steps": [{"name": "s", "command": ["{python}", "toy.py"]}]}
    runner = Worker(inside(setting, files, engine, name, **card))
    for index in range(2):
        assert np.array_equal(animated(runner, task(f"p{index}", start=index)), 255 - marked(FRAMES, start=index))
    runner.close()
    assert sum(call[1] != "rm" for call in engine.calls()) == 1


def test_a_container_that_hangs_is_removed(setting, engine):
    files = {"run.py": "import time; time.sleep(60)"}
    with pytest.raises(MethodError, match="was stopped after 1 s"):
        animated(Commands(inside(setting, files, engine, "docker", seconds=1, **CARD)), task())
    run, gone = engine.calls()
    assert gone[1:3] == ["rm", "-f"] and run[run.index("--name") + 1] == gone[3]


def test_a_container_that_runs_out_of_memory_says_so(setting, engine):
    with pytest.raises(MethodError, match=r"ended with status 137: .* out of memory"):
        animated(Commands(inside(setting, {"run.py": "raise SystemExit(137)"}, engine, "docker", **CARD)), task())


def test_the_gpus_of_a_container():
    def command(name: str, visible: str) -> list[str]:
        card = Container(engine=name, image="a:1", arguments=("--shm-size=8g",))
        return contained(card, ["python", "x"], Path("/c"), [Path('/a,b "c"')], {"CUDA_VISIBLE_DEVICES": visible}, "n")

    assert command("docker", "1")[-4:] == ["--shm-size=8g", "a:1", "python", "x"]
    assert "--gpus" in command("docker", "1") and "--gpus" not in command("docker", "")
    assert "nvidia.com/gpu=all" in command("podman", "1") and "--nv" in command("apptainer", "1")
    assert 'type=bind,"source=/a,b ""c""","target=/a,b ""c"""' in command("docker", "1")


@pytest.mark.parametrize("rootless", [True, False])
def test_files_of_a_container_are_the_users(rootless, monkeypatch):
    monkeypatch.setattr(container, "_is_rootless", lambda: rootless)
    made = contained(Container(engine="docker", image="a:1"), ["x"], Path("/c"), [], {}, "n")
    assert ("--user" in made) != rootless and (f"{os.getuid()}:{os.getgid()}" in made) != rootless
    assert "--user" not in contained(Container(engine="podman", image="a:1"), ["x"], Path("/c"), [], {}, "n")


def test_the_memory_of_a_container_is_not_that_of_the_command_that_starts_it():
    card = find_method("fomm_official").card
    inside = card.external.model_copy(update={"container": Container(engine="docker", image="a:1")})
    assert cost_words(card, "cpu")[0] == PROCESS_TREE_MEMORY
    assert cost_words(card.model_copy(update={"external": inside}), "cpu")[0] == NO_MEMORY
