"""Cards of foreign methods: what is refused, what is filled in, where clones are found."""

import sys

import pytest
import yaml
from pydantic import ValidationError

from evalkit.errors import MethodError
from evalkit.method.find import find_method, list_methods, method_options
from evalkit.method.foreign.card import DrivingFiles, Foreign, Tile
from evalkit.method.foreign.fill import fill, fill_command, fill_value
from evalkit.method.foreign.output import box_of
from evalkit.method.foreign.place import find_clone, find_python, python_version, refuse_version, suits
from evalkit.method.option_files import recorded_options

STEP = "steps: [{name: run, command: [x]}]\n"
OUTPUT = "output: {path: [x]}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "steps"),
        (STEP, "every other mode needs `output`"),
        (STEP + OUTPUT + "mode: worker\n", "a worker has not"),
        ("mode: worker\nsteps: [{name: a, command: [x]}, {name: b, command: [x]}]\n", "runs one step, got 2"),
        ("steps: [{name: run, command: 'rm -rf x'}]\n" + OUTPUT, "steps"),
        ("steps: [{name: run, command: []}]\n" + OUTPUT, "steps"),
        (STEP + "output: {path: [x], drops_first: 1}\n", "repeat_first has to hand over"),
        (STEP + "output: {path: [x], drops_last: 1}\n", "repeat_last has to hand over"),
        (STEP + OUTPUT + "weights: [{path: ../../etc/passwd}]\n", "inside the folder"),
        (STEP + OUTPUT + "commit: main\n", "commit"),
        (STEP + OUTPUT + "surprise: 1\n", "surprise"),
    ],
)
def test_cards_that_do_not_hold_together(text, message):
    with pytest.raises(ValidationError, match=message):
        Foreign.model_validate(yaml.safe_load(text) or {})


def test_placeholders():
    values = {"a": "x y", "n": 3, "motion": "relative"}
    assert fill("--{a}={{n}}{n}", values) == "--x y={n}3"
    assert fill_value({"k": ["{n}", "n{n}"], "{a}": "{n}"}, values) == {"k": [3, "n3"], "x y": 3}
    card = Foreign.model_validate(
        yaml.safe_load("steps: [{name: run, command: [p, {when: {motion: relative, a: z}, use: [-r]}]}]\n" + OUTPUT)
    )
    assert fill_command(card.steps[0].command, values) == ["p"]
    assert fill_command(card.steps[0].command, {**values, "a": "z"}) == ["p", "-r"]
    with pytest.raises(MethodError, match=r"unknown placeholder \{b\}\. Known: a, motion, n"):
        fill("{b}", values)


@pytest.mark.parametrize(
    ("cut", "width", "height", "box"),
    [
        (None, 20, 10, (0, 0, 20, 10)),
        ("right_half", 512, 256, (256, 0, 512, 256)),
        ("middle_third", 768, 256, (256, 0, 512, 256)),
        ("left_third", 768, 256, (0, 0, 256, 256)),
        ("right_third", 768, 256, (512, 0, 768, 256)),
        # torchvision's make_grid: three tiles of 512 are 1544 x 516, four 2058 x 516.
        (Tile(index=1, of=3), 1544, 516, (516, 2, 1028, 514)),
        (Tile(index=2, of=4), 2058, 516, (1030, 2, 1542, 514)),
        (Tile(index=3, of=4), 2058, 516, (1544, 2, 2056, 514)),
        ((1, 2, 3, 4), 5, 5, (1, 2, 3, 4)),
    ],
)
def test_boxes(cut, width, height, box):
    assert box_of(cut, width, height) == box


@pytest.mark.parametrize(
    ("cut", "size"), [(Tile(index=0, of=3), (1536, 512)), ("right_half", (3, 3)), ((0, 0, 9, 9), (8, 8))]
)
def test_pictures_that_do_not_hold_the_box(cut, size):
    with pytest.raises(MethodError, match=f"wrote a picture.* {size[0]}"):
        box_of(cut, *size)


@pytest.mark.parametrize(
    ("keys", "wanted", "handed"),
    [({}, 7, 7), ({"multiple": 4}, 7, 8), ({"minimum": 16}, 7, 16), ({"repeat_first": 1, "repeat_last": 2}, 7, 10)],
)
def test_how_many_frames_are_handed_over(keys, wanted, handed):
    assert DrivingFiles(**keys).handed(wanted) == handed


def test_where_a_clone_is(tmp_path, monkeypatch):
    with pytest.raises(MethodError, match=r"`evalkit methods setup \./toy`.*\$EVALKIT_TOY_CLONE"):
        find_clone("toy", None, None, "./toy")
    monkeypatch.setenv("EVALKIT_TOY_CLONE", str(tmp_path))
    assert find_clone("toy", None, None, "toy") == tmp_path
    with pytest.raises(MethodError, match=r"has no file run\.py"):
        find_clone("toy", None, "run.py", "toy")
    with pytest.raises(MethodError, match=r"an interpreter in .*\.venv/bin/python.*setup \./toy`"):
        find_python("toy", None, tmp_path, "./toy")
    with pytest.raises(MethodError, match="no program that can be run"):
        find_python("toy", tmp_path / "python", tmp_path, "toy")
    assert find_python("toy", sys.executable, tmp_path, "toy") == sys.executable


def test_the_wrong_python_is_refused(tmp_path):
    version = python_version(sys.executable)
    assert version[:2] == sys.version_info[:2] and suits((3, 7, 16), ">=3.7,<3.9") and not suits((3, 9), ">=3.7,<3.9")
    with pytest.raises(MethodError, match=r"toy needs Python <3\.1; .* is 3\."):
        refuse_version("toy", sys.executable, "<3.1", version)
    with pytest.raises(MethodError, match="does not run as a Python interpreter"):
        python_version("/bin/false")


def test_where_a_method_is_is_not_what_it_is():
    card = find_method("fomm_official").card
    given = method_options(card, ["clone=/a", "seconds=5", "adapt_scale=yes"])
    recorded = recorded_options(card, given, [])
    assert recorded["adapt_scale"] == "yes" and not {"clone", "seconds", "python"} & recorded.keys()


@pytest.mark.parametrize("entry", [e for e in list_methods() if e.card.external], ids=lambda entry: entry.card.id)
def test_every_card_says_what_a_user_needs(entry):
    card, external = entry.card, entry.card.external
    assert card.repository.startswith("https://github.com/") and card.paper and card.checkpoint
    assert external.commit and external.entry and external.made_with and external.traps
    assert external.requirements or external.setup
