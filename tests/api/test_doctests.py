"""The examples in docstrings and in docs/python.md run, and print what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

from tests.architecture import ROOT, modules

FLAGS = doctest.ELLIPSIS
MODULES = [name for name in modules() if name.startswith("evalkit.api") and ">>>" in modules()[name].read_text()]
PAGES = [ROOT / "docs" / "python.md"]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(demo_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(demo_cache))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=FLAGS)
    assert result.attempted and not result.failed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_of_pages(page):
    result = doctest.testfile(str(page), module_relative=False, optionflags=FLAGS, encoding="utf-8")
    assert result.attempted and not result.failed
