"""A runner: jobs of a workflow one after the other, their steps in bash, as a hosted runner calls them."""

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.ci.expressions import Scope, as_text, condition, fill
from tests.ci.files import assignments, hash_files
from tests.ci.github import GitHub
from tests.ci.standins import ACTIONS, NotPlayed

_WORKFLOW = {"name", True, "permissions", "concurrency", "jobs"}  # YAML reads the key `on` as true
_JOB = {"name", "runs-on", "timeout-minutes", "permissions", "outputs", "steps", "needs", "if"}
_STEP = {"id", "if", "uses", "with", "env", "run", "shell", "name"}
# `shell: bash` and no `shell` are two things.
_BASH = {"bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"], None: ["bash", "-e"]}
_READ_ONLY = {"write": "read", "read": "read", "none": "none"}


@dataclass(frozen=True)
class Event:
    """What began a run. `tree` is the checked out repository; a pull request of a fork has a read-only token.

    `base` is the commit before the push, or the one the pull request begins at.
    """

    name: str
    tree: Path
    sha: str = "c0ffee" * 6
    fork: bool = False
    number: int = 7
    base: str = ""

    def context(self, github: GitHub) -> dict[str, Any]:
        """`github.event`."""
        if self.name == "push":
            return {"before": self.base, "after": self.sha}
        head = "stranger/model" if self.fork else github.repository
        return {
            "pull_request": {
                "number": self.number,
                "head": {"sha": self.sha, "repo": {"full_name": head}},
                "base": {"sha": self.base},
            },
        }


@dataclass
class Job:
    """One job while it runs, and what came of it. `result` is success, failure or skipped."""

    name: str
    root: Path
    github: GitHub
    event: Event
    run_id: str
    token: str = ""
    result: str = "success"
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    log: str = ""
    path: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    pythons: list[str] = field(default_factory=list)
    restored: list[tuple[str, str | None]] = field(default_factory=list)
    at_success: list[Callable[[], object]] = field(default_factory=list)

    @property
    def workspace(self) -> Path:
        """GITHUB_WORKSPACE."""
        return self.root / "workspace"

    @property
    def pip_log(self) -> Path:
        """What pip was asked to install."""
        return self.root / "pip.log"

    @property
    def run_url(self) -> str:
        """Address of the run's page."""
        return f"{self.github.url}/{self.github.repository}/actions/runs/{self.run_id}"

    def expand(self, path: str) -> Path:
        """`~` is the home of this runner."""
        return self.root / "home" / path[2:] if path.startswith("~/") else Path(path)


@dataclass(frozen=True)
class Player:
    """Plays a workflow. `actions` maps actions by repository to folders; `programs` are first in PATH; `variables` are
    in the environment of every step.
    """

    github: GitHub
    actions: Mapping[str, Path]
    programs: Path
    variables: Mapping[str, str]

    def run(self, workflow: Mapping[Any, Any], event: Event) -> dict[str, Job]:
        """All jobs in the order of the file, which must be that of their needs."""
        _only("workflow", workflow, _WORKFLOW)
        if event.name not in workflow[True]:
            raise NotPlayed(f"the workflow does not run on {event.name}")
        self.github.runs += 1
        run_id, jobs = str(9000 + self.github.runs), {}
        with self.github.serving():
            for name, text in workflow["jobs"].items():
                job = Job(name, self.github.root / "runs" / run_id / name, self.github, event, run_id)
                for folder in (job.workspace, job.root / "home", job.root / "temp"):
                    folder.mkdir(parents=True)
                rights = text.get("permissions", workflow["permissions"])
                job.token = self.github.token({k: _READ_ONLY[v] for k, v in rights.items()} if event.fork else rights)
                needed = {need: jobs[need] for need in ([text["needs"]] if "needs" in text else [])}
                jobs[name] = job
                self._job(job, text, needed)
        return jobs

    def _job(self, job: Job, text: Mapping[str, Any], needed: Mapping[str, Job]) -> None:
        _only(f"job {job.name}", text, _JOB)
        failed = any(other.result != "success" for other in needed.values())
        needs = {name: {"result": other.result, "outputs": other.outputs} for name, other in needed.items()}
        scope = self._scope(job, "failure" if failed else "success", needs=needs)
        if not condition(text.get("if"), scope):
            job.result = "skipped"
            return
        steps: dict[str, Any] = {}
        job.result = self._steps(job, text["steps"], steps, {"needs": needs}, action=None)
        scope = self._scope(job, job.result, steps=steps, needs=needs)
        job.outputs = {name: fill(value, scope) for name, value in text.get("outputs", {}).items()}
        for later in job.at_success if job.result == "success" else []:
            later()

    def _steps(
        self,
        job: Job,
        steps: list[Mapping[str, Any]],
        told: dict[str, Any],
        contexts: dict[str, Any],
        action: Path | None,
    ) -> str:
        """Steps of a job or of a composite action, `told` being their `steps` context; success or failure."""
        status = "success"
        told.update({step["id"]: {"outputs": {}, "outcome": "skipped"} for step in steps if "id" in step})
        for number, step in enumerate(steps):
            _only(f"step {number}", step, _STEP)
            scope = self._scope(job, status, steps=told, action=action, **contexts)
            if not condition(step.get("if"), scope):
                continue
            name = step.get("id") or step.get("uses") or f"run {number}"
            outputs, good = self._uses(job, step, scope) if "uses" in step else self._shell(job, step, scope, action)
            job.log += f"--- {job.name}: {name}: {'success' if good else 'failure'}\n"
            status = status if good else "failure"
            if "id" in step:
                told[step["id"]] = {"outputs": outputs, "outcome": "success" if good else "failure"}
        return status

    def _uses(self, job: Job, step: Mapping[str, Any], scope: Scope) -> tuple[dict[str, str], bool]:
        name, _, ref = step["uses"].partition("@")
        given = {key: fill(value, scope) for key, value in step.get("with", {}).items()}
        if name in ACTIONS:
            if not re.fullmatch("[0-9a-f]{40}", ref):
                raise NotPlayed(f"{step['uses']} is not pinned by a hash")
            try:
                return ACTIONS[name](job, given), True
            except OSError as error:
                job.log += f"{name}: {error}\n"
                return {}, False
        folder = self.actions[name]
        action = yaml.safe_load((folder / "action.yml").read_text(encoding="utf-8"))
        _only("with", given, set(action["inputs"]))
        missing = [key for key, spec in action["inputs"].items() if spec.get("required") and key not in given]
        if missing:
            raise NotPlayed(f"{name}: the inputs {missing} are required")
        inputs = {key: given.get(key, as_text(spec.get("default", ""))) for key, spec in action["inputs"].items()}
        steps: dict[str, Any] = {}
        status = self._steps(job, action["runs"]["steps"], steps, {"inputs": inputs}, folder)
        # Set whether or not it failed, as CompositeActionHandler of actions/runner does.
        inner = self._scope(job, status, steps=steps, inputs=inputs)
        return {key: fill(spec["value"], inner) for key, spec in action["outputs"].items()}, status == "success"

    def _shell(
        self, job: Job, step: Mapping[str, Any], scope: Scope, action: Path | None
    ) -> tuple[dict[str, str], bool]:
        if action and "shell" not in step:
            raise NotPlayed("a run step of a composite action needs a shell")
        files = {name: job.root / "files" / name for name in ("OUTPUT", "ENV", "PATH", "STEP_SUMMARY")}
        for path in files.values():
            path.parent.mkdir(exist_ok=True)
            path.write_text("")
        script = job.root / "files" / "script.sh"
        script.write_text(fill(step["run"], scope), encoding="utf-8")
        environment = {**self._environment(job), **{f"GITHUB_{name}": str(path) for name, path in files.items()}}
        environment |= {"GITHUB_ACTION_PATH": str(action)} if action else {}
        environment |= {key: fill(value, scope) for key, value in step.get("env", {}).items()}
        done = subprocess.run(
            [*_BASH[step.get("shell")], str(script)],
            env=environment,
            cwd=job.workspace,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        job.log += done.stdout.decode(errors="replace")
        job.summary += files["STEP_SUMMARY"].read_text(encoding="utf-8")
        job.environment |= assignments(files["ENV"])
        job.path[:0] = files["PATH"].read_text().split()
        return assignments(files["OUTPUT"]), done.returncode == 0

    def _environment(self, job: Job) -> dict[str, str]:
        event = job.event
        return {
            "PATH": os.pathsep.join([*job.path, str(self.programs), "/usr/local/bin", "/usr/bin", "/bin"]),
            "HOME": str(job.root / "home"),
            "LANG": "C.UTF-8",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(job.workspace),
            "GITHUB_SERVER_URL": self.github.url,
            "GITHUB_REPOSITORY": self.github.repository,
            "GITHUB_RUN_ID": job.run_id,
            "GITHUB_SHA": event.sha,
            "RUNNER_TEMP": str(job.root / "temp"),
            "RUNNER_OS": "Linux",
            "RUNNER_ARCH": "X64",
            "PLAYED_API": self.github.address,
            **self.variables,
            **job.environment,
        }

    def _scope(self, job: Job, status: str, action: Path | None = None, **contexts: Any) -> Scope:
        event = job.event
        github = {
            "event_name": event.name,
            "event": event.context(self.github),
            "repository": self.github.repository,
            "ref": f"refs/pull/{event.number}/merge" if event.name == "pull_request" else "refs/heads/main",
            "sha": event.sha,
            "token": job.token,
            **({"action_path": str(action)} if action else {}),
        }
        runner = {"os": "Linux", "arch": "X64", "temp": str(job.root / "temp")}
        functions = {
            "always": lambda: True,
            "success": lambda: status == "success",
            "failure": lambda: status == "failure",
            "cancelled": lambda: False,
            "hashFiles": lambda *patterns: hash_files(job.workspace, patterns),
        }
        return Scope({"github": github, "runner": runner, **contexts}, functions)


def _only(what: str, given: Mapping[Any, Any], known: set[Any]) -> None:
    if unknown := sorted(str(key) for key in set(given) - known):
        raise NotPlayed(f"{what}: {unknown} are not played")
