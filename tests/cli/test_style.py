"""Every command, walked: help that is whole at 80 columns, one style of options, completion, variables."""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from evalkit.base.variables import VARIABLES, set_variables
from evalkit.cli import completion
from evalkit.cli.app import app
from evalkit.cli.gate import WITHOUT_A_RUN
from evalkit.doctor.facts import Diagnosis
from evalkit.errors import UnknownNameError

ROOT = Path(__file__).resolve().parents[2]


def walk(command, path=()):
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from walk(below, (*path, name))


COMMANDS = dict(walk(typer.main.get_command(app)))
OPTIONS = [
    (path, parameter)
    for path, command in COMMANDS.items()
    for parameter in command.params
    if parameter.param_type_name == "option"
]


def at_80_columns(path, option="-h"):
    environment = {"COLUMNS": "80", "TERMINAL_WIDTH": "80"}
    return CliRunner().invoke(app, [*path, option], env=environment, prog_name="evalkit")


@pytest.mark.slow
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_is_whole_at_80_columns(path):
    shown = at_80_columns(path)
    assert shown.exit_code == 0 and shown.output == at_80_columns(path, "--help").output
    assert "…" not in shown.output, "a word was cut; shorten it or the metavar"
    assert max(map(len, shown.output.splitlines())) <= 80
    together = re.sub(r"\s*│\s*|\s+", "", shown.output)
    for parameter in COMMANDS[path].params:
        for placeholder in re.findall(r"<[^>]+>", getattr(parameter, "help", None) or ""):
            assert placeholder in together, f"{parameter.name} lost {placeholder}; put it into backticks"


def test_there_are_commands_and_they_all_say_what_they_do():
    assert {("run",), ("plot", "grid"), ("methods", "show"), ("completion",)} <= set(COMMANDS)
    assert [path for path, command in COMMANDS.items() if not command.help] == []


def test_an_option_is_written_alike_everywhere():
    short = defaultdict(dict)
    for path, option in OPTIONS:
        long = [name for name in option.opts if name.startswith("--")]
        assert long and all(re.fullmatch(r"--[a-z]+(-[a-z]+)*", name) for name in long), (path, option.opts)
        letters = tuple(name for name in option.opts if not name.startswith("--"))
        assert all(re.fullmatch("-[A-Za-z]", name) for name in letters), (path, option.opts)
        short[long[0]].setdefault(letters, []).append(" ".join(path))
    apart = {name: forms for name, forms in short.items() if len(forms) > 1}
    assert apart == {}, "the short form of an option differs between commands"


def test_a_letter_means_one_option():
    meaning = defaultdict(set)
    for _, option in OPTIONS:
        for name in option.opts:
            if not name.startswith("--"):
                meaning[name].add(next(long for long in option.opts if long.startswith("--")))
    shared = {letter: names for letter, names in meaning.items() if len(names) > 1}
    assert shared == {}


def test_only_flags_that_are_on_somewhere_can_be_turned_off():
    on = {option.opts[0] for _, option in OPTIONS if option.is_flag and option.default is True}
    idle = [(path, option.opts) for path, option in OPTIONS if option.secondary_opts and option.opts[0] not in on]
    assert idle == []


def test_what_every_command_takes_says_nothing_of_how_a_candidate_runs():
    assert {"plugin", "quiet", "verbose"} <= WITHOUT_A_RUN


def test_every_command_takes_what_every_command_takes():
    for path, command in COMMANDS.items():
        names = {name for parameter in command.params for name in parameter.opts}
        group = getattr(command, "commands", None) is not None and path not in ((), ("gate",))
        assert group or {"--quiet", "-q", "--verbose", "-v", "--plugin"} <= names, path


@pytest.mark.parametrize(
    ("complete", "begin", "found"),
    [
        (completion.metric_names, "csim", ["csim", "csim[dlib]"]),
        (completion.weights_names, "scrfd-10g", ["scrfd-10g-det"]),
        (completion.dataset_names, "fold", ["folder"]),
        (completion.method_names, "landmark", ["landmark_warp"]),
        (completion.pair_choices, "wo", ["worst"]),
        (completion.extra_columns, "st", ["status"]),
    ],
)
def test_names_are_completed(complete, begin, found):
    assert set(found) <= set(complete(begin)) and all(name.startswith(begin) for name in complete(begin))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell):
    script = CliRunner().invoke(app, ["completion", shell]).output
    assert "_EVALKIT_COMPLETE" in script and "evalkit" in script


def test_names_of_protocols_are_completed():
    variables = {"_EVALKIT_COMPLETE": "complete_bash", "COMP_WORDS": "evalkit run --protocol demo_c", "COMP_CWORD": "3"}
    code = "import sys; sys.argv = ['evalkit']; from evalkit.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | variables, capture_output=True, text=True)
    assert done.stdout.split() == ["demo_cross"]


def test_variables_are_those_of_the_code_and_of_the_page():
    page = (ROOT / "docs" / "environment.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(EVALKIT_[A-Z]+)` \| (.*) \|$", page, re.MULTILINE))
    assert rows == dict(VARIABLES)
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "evalkit").rglob("*.py"))
    assert set(re.findall(r"EVALKIT_[A-Z]+\b", code)) - {"EVALKIT_COMPLETE"} == set(VARIABLES)
    assert "variables" in Diagnosis.__annotations__


def test_the_values_of_variables_are_told(monkeypatch):
    monkeypatch.setenv("EVALKIT_CACHE", "/somewhere")
    monkeypatch.delenv("EVALKIT_CONFIG", raising=False)
    assert set_variables()["EVALKIT_CACHE"] == "/somewhere" and set_variables()["EVALKIT_CONFIG"] is None


def test_a_metric_is_shown():
    shown = CliRunner().invoke(app, ["metrics", "show", "l1", "--json"])
    facts = json.loads(shown.output)
    assert facts["id"] == "l1" and facts["here"] == "yes" and "lower is better" in facts["metric"]
    assert "Compared with:" in CliRunner().invoke(app, ["metrics", "show", "akd[dlib68]"]).output


def test_what_is_listed_can_be_shown():
    groups = {path[0] for path in COMMANDS if path[1:] == ("list",)}
    assert {(group, "show") for group in groups} <= set(COMMANDS), "every list has a show"
    shown = json.loads(CliRunner().invoke(app, ["data", "show", "hdtf", "--json"]).output)
    assert shown["id"] == "hdtf" and "hdtf_self" in shown["protocols"] and shown["licence"]
    assert "Protocols:" in CliRunner().invoke(app, ["data", "show", "demo"]).output
    file = json.loads(CliRunner().invoke(app, ["weights", "show", "lpips-backbone-alexnet", "--json"]).output)
    assert len(file["sha-256"]) == 64 and "lpips" in file["used_by"].split(", ")
    assert isinstance(CliRunner().invoke(app, ["weights", "show", "lpips-backbone-alexne"]).exception, UnknownNameError)


PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES += sorted((ROOT / "baselines").rglob("README.md"))


def options_of(line):
    """(command, --option) of a line of a page that calls evalkit."""
    words = re.split(r"[#|;]|&&", line)[0].split()
    depth = max(n for n in range(len(words) + 1) if tuple(words[:n]) in COMMANDS)
    return [(tuple(words[:depth]), found.group()) for word in words[depth:] if (found := re.match("--[a-z-]+", word))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_on_pages_exist(page):
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in re.findall(r"(?:^|[`\s])evalkit ([^\n`]+)", text):
        for command, option in options_of(line):
            known = {name for one in COMMANDS[command].params for name in (*one.opts, *one.secondary_opts)}
            assert option in known | {"--help", "--version"}, f"evalkit {' '.join(command)} {option}"


def test_an_option_that_is_none_is_found():
    assert options_of("metrics audit --quick -m x # --out") == [(("metrics", "audit"), "--quick")]
