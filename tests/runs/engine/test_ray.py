"""A real Ray cluster of two nodes, processes here: the same bytes, and what happens when a part of it goes."""

import json
import os
import subprocess
import sys
import time
from contextlib import nullcontext

import pytest

from evalkit.clips import video
from evalkit.errors import RunError
from evalkit.method.find import find_method
from evalkit.method.interface import MethodConfig
from evalkit.runs.engine.choice import RayChoice
from evalkit.runs.run import MethodJob, run_methods
from evalkit.runs.session import RunSettings, open_session
from tests.fakes import make_protocol, noise
from tests.runs.engine.test_local import method

os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"  # read when Ray is imported
pytest.importorskip("ray", reason="needs the extra `ray`")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

COPY = MethodJob(find_method("copy_source"), MethodConfig())
PROTOCOL = make_protocol(metrics=["l1", "psnr"])
PAIRS = 8


@pytest.fixture(scope="module")
def cluster():
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.add_node(num_cpus=1)
    made.wait_for_nodes()
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    for number in range(PAIRS):
        video.write_video(root / f"person{number}" / "take.mkv", [noise(4, seed=number)], 25)
    return root


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))


def run(data, out, job=COPY, engine=None, on_pair=lambda pair, became: None):
    settings = RunSettings(data=data, out=out, engine=engine)
    with open_session(PROTOCOL, settings, lambda title, pairs: nullcontext(on_pair)) as session:
        (finished,) = run_methods(session, [job], pytest.fail)
    return finished


def lost(finished):
    lines = map(json.loads, (finished.folder.path / "log.jsonl").read_text().splitlines())
    return {line["pair"]: line["reason"] for line in lines if line["event"] == "worker_lost"}


def test_same_bytes_while_a_node_goes_and_another_comes(cluster, data, tmp_path, monkeypatch):
    alone = run(data, tmp_path / "alone")
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "another"))
    seen = []

    def on_pair(pair, became):
        seen.append(became)
        if len(seen) == 2:
            cluster.remove_node(next(iter(cluster.worker_nodes)))
        if len(seen) == 4:
            cluster.add_node(num_cpus=1)

    finished = run(data, tmp_path / "ray", engine=RayChoice(cluster.address, cpus=2), on_pair=on_pair)
    assert seen == ["done"] * PAIRS and finished.summary.complete
    assert finished.folder.summary.read_bytes() == alone.folder.summary.read_bytes()


def test_a_killed_worker_costs_nothing_and_a_poisoned_pair_only_itself(cluster, data, tmp_path):
    (tmp_path / "marks").mkdir()
    body = (
        f"mark = Path({str(tmp_path / 'marks')!r}) / driving.path.parent.name\n"
        "if mark.name == 'person2' or (mark.name == 'person1' and not mark.exists()):\n"
        "    mark.touch()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    finished = run(data, tmp_path / "out", method(tmp_path / "mine", body), RayChoice(cluster.address, cpus=2))
    assert finished.summary.pairs.failed == ("person2_take",)
    assert lost(finished)["person1_take"] == "its worker process on a Ray node was killed or crashed"
    assert "making this pair ended 2 workers" in finished.folder.read_outcome("person2_take").reason


def test_what_no_node_has_is_refused(cluster, data, tmp_path):
    with pytest.raises(RunError, match="No node of the Ray cluster has the resource licence"):
        run(data, tmp_path / "out", engine=RayChoice(cluster.address, resources={"licence": 1}))
    with pytest.raises(RunError, match="has the resource GPU"):
        run(data, tmp_path / "out", engine=RayChoice(cluster.address, gpus=1))


def test_a_killed_command_goes_on(cluster, data, tmp_path):
    alone = run(data, tmp_path / "alone")
    (tmp_path / "small.yaml").write_text(json.dumps(PROTOCOL.model_dump(mode="json", exclude_defaults=True)))
    command = [
        *(sys.executable, "-m", "evalkit", "run", "-p", str(tmp_path / "small.yaml"), "-M", "copy_source"),
        *("-d", str(data), "-o", str(tmp_path / "ray"), "--workers", "2"),
        *("--engine", "ray", "--address", cluster.address),
    ]
    folder = tmp_path / "ray" / "small" / "copy_source"
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while len(list(folder.glob("pairs/[!.]*.json"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert not (folder / "summary.json").exists()
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert (folder / "summary.json").read_bytes() == alone.folder.summary.read_bytes()
