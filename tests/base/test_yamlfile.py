"""YAML of users and strangers: one loader, keys that come once, limits, one kind of error."""

import ast
import contextlib
import re
from pathlib import Path
from random import Random

import pytest
import yaml
from typer.testing import CliRunner

from evalkit.base import yamlfile
from evalkit.base.yamlfile import MOST_BYTES, MOST_DEEP, parse_yaml, read_yaml
from evalkit.cli.app import app
from evalkit.errors import EvalkitError, ProtocolError
from evalkit.gating.rules import read_rules
from tests.architecture import ROOT
from tests.fuzz.mutate import mutated


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\nb: 2\na: 3\n", r"the key 'a' comes twice, first in line 1; keep one\n.*line 3, column 1"),
        ("top:\n  - {x: 1, 'x': 2}\n", r"the key 'x' comes twice, first in line 2"),
        ("{1: a, 0x1: b}", r"the key '1' comes twice"),
        ("base: &b {x: 1}\nc: {<<: *b, <<: *b}", r"the key '<<' comes twice"),
        ("a: &x [*x]", "an alias inside of what it stands for"),
        ("a: &x {b: *x}", "an alias inside of what it stands for"),
        ("[" * 3000, f"nested deeper than {MOST_DEEP}"),
        ("{a: " * 3000, f"nested deeper than {MOST_DEEP}"),
        ("- " * 3000 + "x", f"nested deeper than {MOST_DEEP}"),
        ("{[a]: 1}", "unhashable key"),
        ("a: 2024-13-45", "ValueError: month must be in"),
        ("!!python/object/apply:os.getcwd []", "could not determine a constructor"),
    ],
)
def test_what_is_refused(text, says):
    with pytest.raises(yaml.YAMLError, match=re.compile(says, re.S)) as caught:
        parse_yaml(text)
    assert len(str(caught.value)) < 500


def test_what_is_read():
    merged = "a: &a {x: 1, y: 2}\nd:\n  b: {<<: *a, y: 3}\ne: [*a, *a]\n"
    a = {"x": 1, "y": 2}
    assert parse_yaml(merged) == {"a": a, "d": {"b": {"x": 1, "y": 3}}, "e": [a, a]}
    assert parse_yaml("") is None and parse_yaml("{1: a, '1': b}") == {1: "a", "1": "b"}


def test_aliases_may_not_unfold_to_what_fills_the_memory():
    """yaml-alias-bomb."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    with pytest.raises(yaml.YAMLError, match="unfolds to more than 200000 values"):
        parse_yaml("\n".join(levels))
    assert len(parse_yaml("\n".join(levels[:3]))["a2"]) == 9


def test_a_file_has_a_limit_and_may_begin_with_a_mark(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(yaml.YAMLError, match="more than 4194304 bytes"):
        read_yaml(path)
    path.write_text("a: é", encoding="utf-8-sig")
    assert read_yaml(path) == {"a": "é"}
    path.write_bytes(b"a: \xe9")
    with pytest.raises(UnicodeDecodeError):
        read_yaml(path)


@pytest.mark.parametrize("name", ["bomb5.yaml", "bomb8.yaml", "deep.yaml"])
def test_a_protocol_of_a_stranger_ends_in_one_short_sentence(shared, name):
    """yaml-alias-bomb."""
    done = CliRunner().invoke(app, ["protocols", "show", str(shared / "cases" / "yaml-alias-bomb" / name)])
    assert isinstance(done.exception, EvalkitError) and name in str(done.exception)
    assert len(str(done.exception)) < 2000


def test_a_rule_that_comes_twice_is_refused_by_name_and_line(tmp_path):
    """A03-duplicate-key-in-gate-rules."""
    path = tmp_path / "twice.yaml"
    path.write_text("metrics:\n  psnr: {minimum: 101}\n  psnr: {absolute: 5}\n", encoding="utf-8")
    with pytest.raises(ProtocolError, match=r"(?s)twice\.yaml: .*the key 'psnr' comes twice, first in line 2.*line 3"):
        read_rules(path)


def test_nothing_else_reads_yaml():
    loads = {"load", "safe_load", "load_all", "safe_load_all", "full_load", "unsafe_load", "compose", "parse"}
    for path in [*(ROOT / "evalkit").rglob("*.py"), *(ROOT / "baselines").rglob("*.py")]:
        if path == Path(yamlfile.__file__):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "yaml":
                assert node.attr not in loads, f"{path}:{node.lineno}"


@pytest.mark.parametrize("text", [r'a: "b\0"', r'a: "\ud800"', r'"\ud83d": 1', r'- ["\x00"]'])
def test_texts_that_neither_a_path_nor_utf8_can_hold_are_refused(text):
    with pytest.raises(yaml.YAMLError, match="which no text holds"):
        parse_yaml(text)
    assert parse_yaml(r'a: "\t\u00e9"') == {"a": "\té"}


def test_a_name_with_brackets_in_a_list_is_explained():
    with pytest.raises(yaml.YAMLError, match='needs quotes, such as "csim') as caught:
        parse_yaml("metrics: [csim[dlib], l1]")
    assert "line 1, column" in str(caught.value)
    assert parse_yaml('metrics: ["csim[dlib]", l1]') == {"metrics": ["csim[dlib]", "l1"]}


def test_both_parsers_read_the_same():
    """libyaml, which is quick, and PyYAML's own: all files that come with evalkit, and changed ones."""
    if yamlfile._Fast is None:
        pytest.skip("PyYAML has no libyaml here")
    shipped = [
        path.read_bytes() for name in ("protocols", "baselines", "docs") for path in (ROOT / name).rglob("*.y*ml")
    ]
    assert len(shipped) > 70
    small, random = sorted(shipped, key=len)[:40], Random(0)
    changed = [mutated(kind, random.choice(small), small, random) for kind in ("yaml", "text") for _ in range(100)]
    compared = 0
    for content in (*shipped, *changed):
        text = content.decode("utf-8-sig", "replace")
        if not yamlfile._APART.search(text):
            with contextlib.suppress(yaml.YAMLError, ValueError, RecursionError):
                found = yaml.load(text, yamlfile._Fast)
                assert repr(found) == repr(yaml.load(text, yamlfile._Loader))
                compared += 1
    assert compared > 100


@pytest.mark.parametrize("text", ["a: x\ty", "a: >-#\n  b", "{a? : 1}", "[!!binary, x]", "a: 1\n\ufeff\n"])
def test_what_libyaml_alone_takes_is_refused(text):
    with pytest.raises(yaml.YAMLError):
        parse_yaml(text)
