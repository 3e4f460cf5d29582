"""Which checkpoint a run will use, and its digest; for methods that come with evalkit and for those of a user."""

import hashlib
import os
from pathlib import Path

import pytest

from evalkit.errors import MethodError, RunError
from evalkit.method.checkpoints import (
    checkpoint_sha256,
    checkpoints_of,
    installed_path,
    with_checkpoint,
)
from evalkit.method.find import MethodEntry, find_method, list_methods, method_options, read_method
from evalkit.method.interface import MethodConfig
from evalkit.method.watched import watch
from tests.fakes import SHIPS_WEIGHTS


def method(folder: Path, adapter: str) -> MethodEntry:
    folder.mkdir()
    (folder / "method.yaml").write_text("id: mine\ntitle: Mine\n")
    (folder / "adapter.py").write_text(adapter)
    return read_method(folder)


def config_of(entry: MethodEntry, **keys: object) -> MethodConfig:
    return MethodConfig(options=method_options(entry.card, ()), **keys)  # type: ignore[arg-type]


def test_a_file_in_the_methods_own_folder_is_named_and_hashed(tmp_path: Path) -> None:
    entry = method(tmp_path / "ships", SHIPS_WEIGHTS)
    weights = tmp_path / "ships" / "weights.bin"
    weights.write_bytes(b"trained")
    config = with_checkpoint(entry, MethodConfig())
    assert config.checkpoint == weights
    assert checkpoint_sha256(config) == hashlib.sha256(b"trained").hexdigest()


def test_a_file_given_goes_before_the_default(tmp_path: Path) -> None:
    entry, given = method(tmp_path / "gives", SHIPS_WEIGHTS), tmp_path / "other.bin"
    given.write_bytes(b"other")
    config = with_checkpoint(entry, MethodConfig(checkpoint=given))
    assert config.checkpoint == given and checkpoint_sha256(config) == hashlib.sha256(b"other").hexdigest()


def test_random_weights_use_no_file(tmp_path: Path) -> None:
    config = with_checkpoint(method(tmp_path / "random", SHIPS_WEIGHTS), MethodConfig(random_weights=True))
    assert config.checkpoint is None and checkpoint_sha256(config) is None


def test_a_checkpoint_that_is_swapped_after_it_was_hashed_is_seen(tmp_path: Path) -> None:
    path, other = tmp_path / "weights.bin", tmp_path / "other.bin"
    path.write_bytes(b"a" * 100)
    watched, stamp = watch(path), path.stat()
    watched.refuse_changed()
    os.utime(path)  # touched, and still the same
    watched.refuse_changed()
    other.write_bytes(b"b" * 100)
    os.utime(other, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    other.replace(path)
    with pytest.raises(RunError, match="changed while the run was going"):
        watched.refuse_changed()
    path.unlink()
    with pytest.raises(RunError, match="changed while"):
        watched.refuse_changed()


def test_a_method_that_says_nothing_of_weights_uses_none(tmp_path: Path) -> None:
    for entry in (method(tmp_path / "silent", "x = 1\n"), find_method("copy_source")):
        assert with_checkpoint(entry, config_of(entry)) == config_of(entry)


def test_half_an_interface_is_refused(tmp_path: Path) -> None:
    entry = method(tmp_path / "half", SHIPS_WEIGHTS.replace("def default", "def standard"))
    with pytest.raises(MethodError, match=r"method\.yaml: CHECKPOINTS .* needs import_file, status and default"):
        with_checkpoint(entry, MethodConfig())


@pytest.mark.parametrize("entry", [e for e in list_methods() if checkpoints_of(e)], ids=lambda entry: entry.card.id)
def test_imported_weights_of_every_native_method_are_named(
    entry: MethodEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever variant the default options ask for, the file that would be loaded is the one in the weights cache."""
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path))
    known = checkpoints_of(entry)
    networks = getattr(known, "networks", known)
    owner = getattr(networks, "method", entry.card.id)  # one import may serve two methods
    for variant in networks.variants:
        installed_path(owner, variant).parent.mkdir(parents=True, exist_ok=True)
        installed_path(owner, variant).write_bytes(variant.encode())
    config = with_checkpoint(entry, config_of(entry))
    assert config.checkpoint is not None and config.checkpoint.parent == tmp_path / "weights" / "methods" / owner
    assert checkpoint_sha256(config) == hashlib.sha256(config.checkpoint.stem.encode()).hexdigest()
