"""`evalkit bench`, with two pieces of work that cost what a clock of their own says."""

import json

import pytest
from typer.testing import CliRunner

from evalkit.cli.app import app
from evalkit.runs.speed import bench, workloads
from evalkit.runs.speed.workload import Workload


class Machine:
    """A clock, and what each piece of work takes on it."""

    def __init__(self):
        self.now, self.seconds = 0.0, {"kernel": 0.01, "decode/quick": 0.02, "metric/slow": 0.5}

    def clock(self):
        return self.now

    def work(self, name):
        def run():
            self.now += self.seconds[name]

        return run


@pytest.fixture
def machine(monkeypatch):
    made = Machine()
    pieces = [Workload(name, "16 frames", 16, lambda material, name=name: made.work(name)) for name in made.seconds]
    pieces = [*pieces[1:], Workload("extractor/absent", "16 frames", 16, None, "Needed: absent.pth.")]
    monkeypatch.setattr(workloads, "all_workloads", lambda: pieces)
    monkeypatch.setattr(bench, "kernel_on", lambda device: made.work("kernel"))
    monkeypatch.setattr(bench, "clock_of", lambda device: made.clock)
    return made


def call(*arguments):
    return CliRunner().invoke(app, ["bench", *map(str, arguments)], env={"COLUMNS": "200"})


def test_what_was_measured_and_what_was_not(machine):
    told = call()
    assert told.exit_code == 0
    assert "decode/quick" in told.stdout and "800" in told.stdout and "1.25 ms" in told.stdout
    assert "Not measured: extractor/absent. Needed: absent.pth." in told.stderr
    assert "metric/slow" not in call("decode").stdout
    assert call("--list").stdout == "decode/quick  16 frames\nmetric/slow  16 frames\n"


def test_a_slow_down_ends_with_1_and_a_busy_machine_does_not(machine, tmp_path):
    path = tmp_path / "speed.json"
    assert call("--save", path).exit_code == 0
    assert call("--baseline", path).exit_code == 0
    machine.seconds = {name: 3 * seconds for name, seconds in machine.seconds.items()}
    busy = call("--baseline", path)
    assert busy.exit_code == 0 and "x 1.00 same" in busy.stdout
    machine.seconds["metric/slow"] *= 1.6
    slow = call("--baseline", path)
    assert slow.exit_code == 1 and "x 1.60 slower" in slow.stdout
    assert f"Slower than {path}: metric/slow." in slow.stderr and "Measuring again" in slow.stderr
    assert call("--baseline", path, "--slower", "2").exit_code == 0


def test_as_json(machine, tmp_path):
    path = tmp_path / "speed.json"
    call("--save", path)
    found = json.loads(call("--json", "-q", "--baseline", path, "metric").stdout)
    assert found["measurements"]["metric/slow"]["ratio"] == pytest.approx(50) and found["device"] == "cpu"
    assert found["changes"] == [{"name": "metric/slow", "factor": pytest.approx(1.0), "state": "same"}]
    assert json.loads(call("--json", "-q").stdout)["lacks"] == {"extractor/absent": "Needed: absent.pth."}
