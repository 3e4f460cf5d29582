"""`Extractor.modules` names every optional library that its `load` can import, read off the source."""

import ast
import importlib.util
import re
from functools import partial
from importlib.metadata import requires
from pathlib import Path

import pytest

from evalkit.base.extras import extra_of
from evalkit.extractors import EXTRACTORS
from evalkit.scoring import availability
from evalkit.scoring.features import dependency_order
from tests.test_imports import DISTRIBUTIONS


def sources(module):
    """The file of a module and those of all modules of `evalkit.extractors` that it imports, however late."""
    found, waiting = {}, [module]
    while waiting:
        name = waiting.pop()
        if name in found or not name.startswith("evalkit.extractors"):
            continue
        found[name] = ast.parse(Path(importlib.util.find_spec(name).origin).read_text(encoding="utf-8"))
        waiting += [imported for imported in imports(found[name]) if is_module(imported)]
    return found


def imports(tree):
    """Full names of everything a file imports at run time."""
    if isinstance(tree, ast.If) and isinstance(tree.test, ast.Name) and tree.test.id == "TYPE_CHECKING":
        return
    if isinstance(tree, ast.Import):
        yield from (alias.name for alias in tree.names)
    if isinstance(tree, ast.ImportFrom):
        yield tree.module
        yield from (f"{tree.module}.{alias.name}" for alias in tree.names)
    for child in ast.iter_child_nodes(tree):
        yield from imports(child)


def is_module(name):
    try:
        return name.startswith("evalkit.extractors.") and importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # its parent is a module, not a package
        return False


def imported(name):
    """The optional libraries that the files behind an extractor's `load` import."""
    load = EXTRACTORS.get(name).load
    module = (load.func if isinstance(load, partial) else load).__module__
    names = {imported for tree in sources(module).values() for imported in imports(tree)}
    return {name.partition(".")[0] for name in names if extra_of(name)}


def needed_by(library):
    """Distributions that a library needs itself, without its extras."""
    lines = [line for line in requires(library) or () if "extra ==" not in line]
    return {re.split(r"[^\w.-]", line)[0].lower() for line in lines}


@pytest.mark.parametrize("name", list(EXTRACTORS))
def test_the_declared_modules_are_the_imported_ones(name):
    declared, found = set(EXTRACTORS.get(name).modules), imported(name)
    assert found <= declared
    # Beyond what we import ourselves an extractor may name what such a library imports in turn, and nothing else.
    in_turn = set().union(*(needed_by(library) for library in found)) if declared - found else set()
    assert {DISTRIBUTIONS.get(module, module) for module in declared - found} <= in_turn


def test_the_derivation_sees_imports_inside_functions_and_in_other_files():
    assert imported("scrfd") == {"cv2", "onnxruntime"}
    assert imported("arcface") == {"cv2", "onnx", "onnxruntime", "skimage"}
    assert imported("insightface") == {"insightface", "onnxruntime"}
    assert imported("dlib68") == imported("inception") == set()


@pytest.mark.parametrize("name", list(EXTRACTORS))
def test_the_whole_chain_counts(name, monkeypatch):
    needed = {module for step in dependency_order([name]) for module in imported(step)}
    asked = []
    monkeypatch.setattr(availability, "missing_modules", lambda modules: asked.extend(modules))
    availability.missing_networks([name])
    assert needed <= set(asked)
