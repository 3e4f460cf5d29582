"""Reading imports from the text of files."""

import pytest

from evalkit.base.imports import Roots, imports_of

SOURCE = """
import numpy as np
import pack.a, os.path
from pack import b as renamed, value
from . import sibling
from .sibling import thing
from ..other import far
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from pack import reader
else:
    from pack import runner
try:
    import pack.fast
except ImportError:
    import pack.slow

class Box:
    from pack import inner
    def method(self):
        from pack import late
        return lambda: __import__("pack.hidden")

async def task():
    import pack.awaited
"""


@pytest.fixture
def found(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(SOURCE)
    return {f"{one.base}:{one.name}" if one.name else one.base: one for one in imports_of(path, "top.mine.module")}


def test_every_import_is_seen_wherever_it_stands(found):
    assert set(found) == {
        *("numpy", "pack.a", "os.path", "pack:b", "pack:value", "typing:TYPE_CHECKING"),
        *("top.mine:sibling", "top.mine.sibling:thing", "top.other:far"),
        *("pack:reader", "pack:runner", "pack.fast", "pack.slow", "pack:inner", "pack:late", "pack.awaited"),
    }
    assert {name for name, one in found.items() if one.lazy} == {"pack:late", "pack.awaited"}
    assert {name for name, one in found.items() if one.typing} == {"pack:reader"}
    assert {name for name, one in found.items() if one.relative} == {
        *("top.mine:sibling", "top.mine.sibling:thing", "top.other:far")
    }
    assert found["pack.slow"].line == 16


def test_relative_imports_of_a_package_start_in_it(tmp_path):
    path = tmp_path / "__init__.py"
    path.write_text("from . import a\nfrom .a import b\nfrom .. import c\n")
    assert [(one.base, one.name) for one in imports_of(path, "top.mine")] == [
        ("top.mine", "a"),
        ("top.mine.a", "b"),
        ("top", "c"),
    ]


def test_a_name_is_a_module_only_where_there_is_one(found):
    known = {"pack", "pack.b"}
    assert found["pack:b"].target(known.__contains__) == "pack.b"
    assert found["pack:value"].target(known.__contains__) == "pack"
    assert found["pack.a"].target(known.__contains__) == "pack.a"


def test_a_closure_goes_round_circles_and_stops_where_it_is_told(tmp_path):
    files = {
        "pack/__init__.py": "",
        "pack/a.py": "from pack import b\nimport elsewhere\n",
        "pack/b.py": "def f():\n    from pack import a, c\n    from pack.stop import x\n",
        "pack/c.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pack import d\n",
        "pack/d.py": "",
        "pack/stop.py": "import pack.behind\n",
        "pack/behind.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    roots = Roots({"pack": tmp_path / "pack"})
    assert set(roots.modules()) == {"pack", *(f"pack.{n}" for n in ("a", "b", "c", "d", "stop", "behind"))}
    assert set(roots.closure(["pack.a"], lambda name: name != "pack.stop")) == {"pack.a", "pack.b", "pack.c"}
    assert set(roots.closure(["pack.a", "pack.none", "numpy"], lambda name: True)) == {
        *("pack.a", "pack.b", "pack.c", "pack.stop", "pack.behind")
    }
