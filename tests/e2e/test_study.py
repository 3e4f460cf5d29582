"""From runs to the table of a paper: made, served to raters at once, killed in the middle, started again, counted."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from evalkit.study.folder import StudyFolder, read_study, read_tokens
from evalkit.study.store import stored_answers
from tests.e2e.conftest import assert_explained
from tests.study.conftest import TITLES, data_root, prefer, protocol_file, shared_runs, sheet

__all__ = ["data_root", "protocol_file", "shared_runs"]
RATERS = 6
PATIENCE_S = 120


@pytest.fixture
def folder(evalkit, shared_runs, tmp_path):
    """A study made by the command line."""
    done = evalkit(
        *("study", "make", *shared_runs, "--ours", "good"),
        *("--raters", RATERS, "--out", tmp_path / "study", "--seed", 1),
    )
    assert done.returncode == 0 and "90 trials on 6 scenes for 6 raters" in done.stderr, done.stderr
    assert done.stdout == ""
    return StudyFolder(tmp_path / "study")


@contextmanager
def serving(folder, port=0):
    """A server in a process of its own, and its port; killed without a chance to tidy up."""
    command = [sys.executable, "-m", "evalkit", "study", "serve", str(folder.path), "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        line = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        assert found, line + process.stderr.read()
        try:
            yield process, int(found[1])
        finally:
            process.kill()


class Rater(threading.Thread):
    """Sends one answer after the other, again and again until each is acknowledged."""

    def __init__(self, port, study, token, answers):
        super().__init__(daemon=True)
        self.port, self.study, self.token, self.answers = port, study, token, answers
        self.acknowledged = []

    def run(self):
        for answer in self.answers:
            while not self.send(answer):
                time.sleep(0.05)
            self.acknowledged.append(answer["trial"])

    def send(self, answer):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", "/answers", sheet(self.study, self.token, [answer]))
            reply = connection.getresponse()
            return reply.status == 200 and answer["trial"] in json.loads(reply.read())["answered"]
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@pytest.mark.slow
def test_nothing_is_lost_when_the_server_is_killed(evalkit, folder, tmp_path):
    study, tokens = read_study(folder), read_tokens(folder)
    raters = []
    with serving(folder) as (process, port):
        for number in range(RATERS - 1):
            answers = prefer(study, number, "Good", checks_right=number != 1)
            raters.append(Rater(port, study, tokens[number], answers))
            raters[-1].start()
        deadline = time.monotonic() + PATIENCE_S
        while sum(len(rater.acknowledged) for rater in raters) < 20 and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    told = {trial for rater in raters for trial in rater.acknowledged}
    assert len(told) >= 20
    assert told <= {answer.trial for answer in stored_answers(folder.answers)}
    with serving(folder, port):
        for rater in raters:
            rater.join(PATIENCE_S)
    assert [len(rater.acknowledged) for rater in raters] == [15] * (RATERS - 1)
    stored = {answer.trial: answer.choice for answer in stored_answers(folder.answers)}
    assert stored == {a["trial"]: a["choice"] for rater in raters for a in rater.answers}

    by_mail = tmp_path / "answers-6.json"
    by_mail.write_bytes(sheet(study, tokens[5], prefer(study, 5, "Good")))
    forged = tmp_path / "forged.json"
    forged.write_bytes(sheet(study, "6-0123456789abcdef", prefer(study, 5, TITLES["evil"])))
    done = evalkit("study", "score", folder.path, by_mail, by_mail, forged, "--json")
    results = json.loads(done.stdout)
    assert [(one["votes"], one["won"], one["scenes_won"]) for one in results["preferences"]] == [(30, 30, 6)] * 2
    assert results["left_out"] == {"2": "missed 3 of 3 attention checks"}
    assert results["refused"] == {"forged token": 1} and results["repeated"] == 15 and results["raters"] == 5

    paper = evalkit("study", "score", folder.path, by_mail, "--format", "latex", "--style", "paper", "--standalone")
    assert "100\\% (6)" in paper.stdout and r"\textbackslash{}input" in paper.stdout and r"\input" not in paper.stdout
    text = evalkit("study", "score", folder.path, by_mail).stdout
    assert "Bradley-Terry" in text and "<script>" not in text and "| Small | 100% (6) | 100% (6) |" in text


def test_ctrl_c_ends_the_server_in_one_line(folder):
    with serving(folder) as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
        assert process.stderr.read() == "Stopped. Answers are kept.\n"


def test_mistakes_end_in_one_paragraph(evalkit, folder, shared_runs, tmp_path):
    again = evalkit("study", "make", *shared_runs, "--out", folder.path)
    assert_explained(again, "is not empty; a study never replaces anything")
    elsewhere = evalkit("study", "make", *shared_runs, "--data", tmp_path / "no", "--out", tmp_path / "new")
    assert_explained(elsewhere, "no: no such folder")
    assert_explained(evalkit("study", "score", tmp_path), "is not a study", "evalkit study make")
    assert_explained(evalkit("study", "serve", tmp_path), "is not a study")
    assert_explained(evalkit("study", "score", folder.path, tmp_path / "no.json"), "no.json: cannot be read")
    assert_explained(evalkit("study", "score", folder.path, "--style", "papr"), "Did you mean 'paper'")
    folder.key.write_text(folder.key.read_text().replace('"seed"', '"sed"', 1))
    assert_explained(evalkit("study", "score", folder.path), "key.json: ", "unknown key 'sed', did you mean 'seed'")
    folder.key.write_text('{"schema_version": 99}')
    assert_explained(evalkit("study", "score", folder.path), "written with schema 99")
    folder.key.write_text("{")
    assert_explained(evalkit("study", "score", folder.path), "key.json: damaged")
