"""What a foreign program sees of this process."""

import os

import pytest

from evalkit.errors import MethodError
from evalkit.method.external import place_of
from evalkit.method.find import find_method, method_options
from evalkit.method.foreign.surroundings import added_variables, environment


@pytest.mark.parametrize(
    ("device", "visible", "given"),
    [
        ("cpu", "0,1", ""),
        ("cuda", "0,1", None),
        ("cuda:1", None, "1"),
        ("cuda:1", "4,7", "7"),
        ("cuda:1", "GPU-a,GPU-b", "GPU-b"),
    ],
)
def test_the_gpu_of_a_process(device, visible, given, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert added_variables(device, {}).get("CUDA_VISIBLE_DEVICES") == given


def test_its_own_python_comes_first_and_nothing_of_ours(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/ours")
    monkeypatch.setenv("VIRTUAL_ENV", "/ours")
    found = environment("/theirs/bin/python", {"A": "b"})
    assert found["PATH"].split(os.pathsep)[0] == "/theirs/bin" and found["A"] == "b"
    assert "PYTHONPATH" not in found and "VIRTUAL_ENV" not in found


def test_limits_come_from_the_option_the_file_or_the_card(tmp_path, monkeypatch):
    (tmp_path / "demo.py").touch()
    (tmp_path / "config.yaml").write_text(f"external: {{fomm_official: {{clone: '{tmp_path}', seconds: 7}}}}\n")
    monkeypatch.setenv("EVALKIT_CONFIG", str(tmp_path / "config.yaml"))
    card = find_method("fomm_official").card

    def place(*given: str):
        return place_of(card, method_options(card, given), card.id, python_needed=False)

    assert (place().clone, place().seconds, place().memory_bytes) == (tmp_path, 7, None)
    assert place("seconds=9", "memory_gb=0.5").seconds == 9 and place("memory_gb=0.5").memory_bytes == 500_000_000
    with pytest.raises(MethodError, match="seconds=soon: expected a number above 0"):
        place("seconds=soon")
