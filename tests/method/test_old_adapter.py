"""Methods outside the repository may still know `evalkit.method.interface` as `evalkit.adapter`."""

import importlib
import sys

import numpy as np
import pytest

from evalkit.method import interface
from evalkit.method.find import build_method, read_method

CARD = "id: mine\ntitle: Mine\n"
ADAPTER = """
from evalkit.adapter import MethodConfig

class Mine:
    def animate(self, sources, driving, motion):
        yield from driving

def build(config: MethodConfig):
    return Mine()
"""


@pytest.fixture
def not_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "evalkit.adapter", raising=False)


def test_a_folder_that_uses_the_old_name_runs_and_sees_the_warning(tmp_path, not_imported):
    (tmp_path / "method.yaml").write_text(CARD, encoding="utf-8")
    (tmp_path / "adapter.py").write_text(ADAPTER, encoding="utf-8")
    with pytest.warns(DeprecationWarning, match=r"evalkit\.method\.interface") as seen:
        method = build_method(read_method(tmp_path), interface.MethodConfig())
    assert seen[0].filename == str(tmp_path / "adapter.py")
    frames = np.zeros((2, 4, 4, 3), np.uint8)
    assert [len(chunk) for chunk in method.animate(frames[:1], [frames], "absolute")] == [2]


def test_every_old_name_is_the_new_one(not_imported):
    with pytest.warns(DeprecationWarning):
        old = importlib.import_module("evalkit.adapter")
    assert set(old.__all__) == {"Driving", "Method", "MethodCard", "MethodConfig", "MethodOption"}
    assert all(getattr(old, name) is getattr(interface, name) for name in old.__all__)
