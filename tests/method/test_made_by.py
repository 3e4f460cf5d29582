"""What decides a method's frames, as one digest: whatever moves a frame moves it, and nothing else does."""

from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.method.checkpoints import with_checkpoint
from evalkit.method.find import MethodEntry, read_method
from evalkit.method.interface import MethodConfig
from evalkit.method.made_by import MadeBy, made_by
from tests.fakes import SHIPS_WEIGHTS


@pytest.fixture
def entry(tmp_path: Path) -> MethodEntry:
    (tmp_path / "method.yaml").write_text(
        "id: mine\ntitle: Mine\noptions: {strength: {default: '1', help: How much.}}\n"
    )
    (tmp_path / "adapter.py").write_text(SHIPS_WEIGHTS)
    (tmp_path / "weights.bin").write_bytes(b"trained")
    return read_method(tmp_path)


def now(entry: MethodEntry, config: MethodConfig) -> MadeBy:
    return made_by(entry, with_checkpoint(entry, config))


def test_the_same_method_has_the_same_digest(entry: MethodEntry) -> None:
    assert now(entry, MethodConfig()).digest == now(read_method(entry.folder), MethodConfig()).digest
    assert now(entry, MethodConfig(logs=entry.folder)).digest == now(entry, MethodConfig()).digest


def test_another_checkpoint_code_option_or_seed_is_another_method(entry: MethodEntry) -> None:
    config = MethodConfig(options={"strength": "1"})
    found = [now(entry, config)]
    found += [now(entry, replace(config, **change)) for change in ({"options": {"strength": "2"}}, {"seed": 1})]
    found += [now(entry, replace(config, random_weights=True))]
    (entry.folder / "weights.bin").write_bytes(b"trained longer")
    found += [now(entry, config)]
    (entry.folder / "adapter.py").write_text(SHIPS_WEIGHTS + "\nMORE = 1\n")
    found += [now(entry, config)]
    assert len({one.digest for one in found}) == len(found)
    assert [one.checkpoint_sha256 is None for one in found] == [False, False, False, True, False, False]
