"""Data folders of a checkout, and of an installed package."""

from pathlib import Path

import pytest

from evalkit.base import places
from evalkit.base.places import at_home, cache_dir, resource_dir


@pytest.mark.parametrize("name", ["protocols", "baselines", "leaderboards"])
def test_a_checkout_keeps_them_beside_the_package(name):
    folder = resource_dir(name)
    assert folder.is_dir() and folder.name == name and (folder.parent / "evalkit" / "base" / "places.py").is_file()


def test_a_wheel_keeps_them_inside(tmp_path, monkeypatch):
    inside = tmp_path / "site" / "evalkit" / "_resources" / "protocols"
    inside.mkdir(parents=True)
    monkeypatch.setattr(places, "_PACKAGE", tmp_path / "site" / "evalkit")
    assert resource_dir("protocols") == inside


def test_a_broken_installation_names_both_places(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "_PACKAGE", tmp_path / "evalkit")
    with pytest.raises(FileNotFoundError, match=r"without its 'protocols' folder.*_resources.*reinstall"):
        resource_dir("protocols")


def test_where_the_cache_lies(tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "mine"))
    assert cache_dir() == tmp_path / "mine"
    monkeypatch.delenv("EVALKIT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_dir() == tmp_path / "xdg" / "evalkit"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_dir() == tmp_path / ".cache" / "evalkit"


def test_home_is_unfolded_and_what_stands_for_none_stays(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert at_home("~/weights") == tmp_path / "weights"
    assert at_home("~nobody-of-that-name/x") == Path("~nobody-of-that-name/x")
