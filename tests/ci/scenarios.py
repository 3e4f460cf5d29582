"""What may happen to docs/ci/github.yml. Each scenario asserts what must come of it and says so in one line."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.ci.runner import Job
from tests.ci.world import ROOT, World, installed, planted

MARKER = "<!-- evalkit-gate -->"
NASTY = ("$(touch owned)", '"; touch owned; echo "', "`touch owned`", "--help", "a\ncode=0\nreport=/etc\n'", "-q")


def green(world: World) -> str:
    """A candidate that is as good as the baseline."""
    jobs = world.gate("same")
    assert _results(jobs) == {"gate": "success", "comment": "success", "history": "skipped"}, _logs(jobs)
    (comment,) = world.github.comments
    link = f"({jobs['gate'].run_url}/artifacts/55)"
    assert comment["body"].startswith(f"{MARKER}\nCommit {'c0ffee' * 6}: [report with the pictures]{link}.")
    assert "✅ evalkit gate: Pass" in comment["body"] and "✅ evalkit gate: Pass" in jobs["gate"].summary
    assert link in jobs["gate"].summary and jobs["comment"].summary == ""
    root = ["--constraint", str(ROOT / ".ci" / "constraints.txt")]
    cpu = ["--no-deps", "--index-url", "https://download.pytorch.org/whl/cpu", "--", "torch>=2.6,<3"]
    assert installed(jobs["gate"]) == [["--quiet", *root, *cpu], ["--quiet", *root, "--", str(ROOT)]]
    assert jobs["gate"].pythons == ["3.12"] and installed(jobs["comment"]) == []
    return "gate and comment succeed; one comment, verdict in the summary; pip: CPU torch, then the action's own folder"


def red(world: World) -> str:
    """A worse candidate."""
    jobs = world.gate("worse")
    assert _results(jobs) == {"gate": "failure", "comment": "success", "history": "skipped"}, _logs(jobs)
    (comment,) = world.github.comments
    assert "❌ evalkit gate: Regression" in comment["body"] and "](" not in comment["body"].split("\n\n", 1)[1]
    assert "::error title=Regression::akd[dlib68] is worse" in jobs["gate"].log
    return "gate fails with an annotation, comment succeeds; no picture link that leads nowhere"


def incomplete(world: World) -> str:
    """A run that did not finish, one of another protocol, a baseline that is not there: all red, told apart."""
    said = []
    for given, code, headline in (
        ({"candidate": "runs/unfinished"}, 3, "Incomplete"),
        ({"candidate": "runs/other"}, 4, "Not comparable"),
        ({"candidate": "runs/same", "baseline": "ci/none.json"}, 2, "usage error"),
    ):
        jobs = world.play(**{"baseline": "ci/baseline.json", **given})
        assert _results(jobs)["gate"] == "failure" and f"exit code {code}" in jobs["gate"].summary, _logs(jobs)
        (comment,) = world.github.comments
        assert headline in comment["body"] and f"exit code {code}" in comment["body"]
        said.append(f"{code} {headline.lower()}")
    return f"gate fails: {', '.join(said)}; the comment says which"


def second_push(world: World) -> str:
    """The comment of the first push is found among others, and changed."""
    world.github.comment(7, f"I saw {MARKER}", "somebody")
    world.github.comment(7, f"{MARKER}\nnot by the bot", "somebody")
    world.gate("worse", sha="1" * 40)
    world.github.comment(8, "of another pull request", "somebody")
    number = world.github.comments[2]["id"]
    world.gate("same", sha="2" * 40)
    ours = [comment for comment in world.github.comments if comment["user"]["login"] != "somebody"]
    assert [comment["id"] for comment in ours] == [number] and len(world.github.comments) == 4
    assert "2" * 40 in ours[0]["body"] and "Pass" in ours[0]["body"] and "1" * 40 not in ours[0]["body"]
    return "the second push changes the comment of the first; comments of people with the marker stay"


def fork(world: World) -> str:
    """The token of a pull request from a fork can only read."""
    jobs = world.gate("same", fork=True)
    assert _results(jobs) == {"gate": "success", "comment": "skipped", "history": "skipped"}, _logs(jobs)
    assert "Pass" in jobs["gate"].summary and world.github.comments == [] == world.github.refused
    return "gate succeeds, comment is skipped, nothing is asked of the API; the verdict is in the summary"


def read_only(world: World) -> str:
    """A token that cannot write although the branch is of the repository, as Dependabot's."""
    answer = world.github.answer
    world.github.answer = lambda method, *rest: (403, {}) if method != "GET" else answer(method, *rest)
    jobs = world.gate("same")
    assert _results(jobs) == {"gate": "success", "comment": "success", "history": "skipped"}, _logs(jobs)
    assert "::warning title=evalkit gate::No comment could be written" in jobs["comment"].log
    assert world.github.comments == []
    return "comment ends with a warning, the gate stays green"


def hostile_inputs(world: World) -> str:
    """Values of the action that look like commands, options or lines of an environment file."""
    for value in NASTY:
        jobs = world.play(baseline=value, candidate=value, rules=value, history=value, extras=value)
        assert _results(jobs)["gate"] == "failure" and "exit code 2" in jobs["gate"].summary, _logs(jobs)
        assert installed(jobs["gate"])[-1][-2:] == ["--", f"{ROOT}[{value}]"]
        jobs = world.play(baseline="ci/baseline.json", candidate="runs/same", torch=value)
        assert _results(jobs) == {"gate": "failure", "comment": "skipped", "history": "skipped"}, _logs(jobs)
        assert installed(jobs["gate"]) == []
    for value in NASTY[::3]:
        jobs = world.play(baseline="ci/baseline.json", method=value, protocol=value, package=value, link_base=value)
        assert _results(jobs)["gate"] == "failure" and "exit code 2" in jobs["gate"].summary, _logs(jobs)
        assert installed(jobs["gate"])[-1] == ["--quiet", "--", value]
    assert planted(world) == []
    return f"{len(NASTY)} values in ten inputs: usage errors, nothing run, pip and evalkit get them whole"


def hostile_report(world: World) -> str:
    """Text and files of the pull request in the job that may write."""
    jobs = world.gate("rude")
    (comment,) = world.github.comments
    assert _results(jobs)["comment"] == "success" and comment["body"].startswith(MARKER), _logs(jobs)
    assert "&#64;everyone" in comment["body"] and "@" not in comment["body"]

    world.github.tamper = lambda folder: (folder / "comment.md").write_text("ß@`$(touch owned)`\n" * 100_000)
    jobs = world.gate("same")
    assert _results(jobs)["comment"] == "success" and "::warning" not in jobs["comment"].log, _logs(jobs)
    assert len(world.github.comments) == 1 and 40_000 < len(comment["body"]) < 65_536

    def link(folder: Path) -> None:
        path = world.github.root.parent / "secret"
        path.write_text("the secret of the runner")
        (folder / "comment.md").unlink()
        (folder / "comment.md").symlink_to(path)

    world.github.tamper = link
    jobs = world.gate("same")
    assert _results(jobs)["comment"] == "success" and "secret" not in comment["body"], _logs(jobs)
    assert planted(world) == []
    return "mentions, commands, 2 MB of text and a link to a file of the runner: one harmless comment"


def failed_install(world: World) -> str:
    """The index of packages does not answer."""
    jobs = _with(world, {"PIP_FAILS": "1"}).gate("same")
    assert _results(jobs) == {"gate": "failure", "comment": "skipped", "history": "skipped"}, _logs(jobs)
    assert world.github.comments == [] and jobs["gate"].outputs == {"artifact-url": ""}
    return "gate fails before anything is judged, no comment, no artifact"


def history(world: World) -> str:
    """Pushes to main: a line each, red ones too, also when another push comes in between."""
    for number, (candidate, result) in enumerate((("same", "success"), ("worse", "failure"), ("same", "success"))):
        if number == 2:
            (world.github.git / "reject-once").touch()
        jobs = world.gate(candidate, event="push", sha=str(number) * 40)
        assert _results(jobs) == {"gate": result, "comment": "skipped", "history": "success"}, _logs(jobs)
    text = world.github.file("gate-history", "gate.jsonl")
    assert text is not None
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line["commit"][0], line["exit_code"]) for line in lines] == [("0", 0), ("1", 1), ("2", 0)]
    jobs = world.play(event="push", baseline="ci/none.json", candidate="runs/same")
    assert _results(jobs) == {"gate": "failure", "comment": "skipped", "history": "success"}, _logs(jobs)
    assert world.github.file("gate-history", "gate.jsonl") == text
    return (
        "three pushes, one of them red, one in a race: three lines on the branch gate-history; none without a verdict"
    )


def caches(world: World) -> str:
    """The key follows the files that decide, and a new one starts from the newest entry."""
    first, again = world.gate("worse"), world.gate("same")
    (world.tree / "ci" / "baseline.json").write_text((world.tree / "ci" / "baseline.json").read_text() + "\n")
    changed = world.gate("same")
    (key, none), (pip_key, pip_none) = first["gate"].restored
    assert none is None and pip_none is None and key.startswith("evalkit-Linux-") and len(key) > 70
    assert pip_key.startswith("evalkit-pip-Linux-X64-3.12.99-")
    assert again["gate"].restored[0] == (key, key), "a red gate keeps what it computed"
    other, matched = changed["gate"].restored[0]
    assert other != key and matched == key
    return "saved by a red gate too, an exact hit on the same files, another key and the old entry after a change"


def _with(world: World, variables: Mapping[str, str]) -> World:
    player = world.player
    changed = type(player)(player.github, player.actions, player.programs, {**player.variables, **variables})
    return World(world.github, changed, world.tree)


def _results(jobs: Mapping[str, Job]) -> dict[str, str]:
    return {name: job.result for name, job in jobs.items()}


def _logs(jobs: Mapping[str, Job]) -> str:
    return "\n".join(job.log for job in jobs.values())


SCENARIOS: tuple[Callable[[World], str], ...] = (
    *(green, red, incomplete, second_push, fork, read_only),
    *(hostile_inputs, hostile_report, failed_install, history, caches),
)
