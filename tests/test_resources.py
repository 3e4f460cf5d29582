"""Data folders of a checkout, and of an installed package."""

import pytest

from evalkit import resources
from evalkit.resources import resource_dir


@pytest.mark.parametrize("name", ["protocols", "baselines", "leaderboards"])
def test_a_checkout_keeps_them_beside_the_package(name):
    folder = resource_dir(name)
    assert folder.is_dir() and folder.name == name and (folder.parent / "evalkit" / "resources.py").is_file()


def test_a_wheel_keeps_them_inside(tmp_path, monkeypatch):
    inside = tmp_path / "site" / "evalkit" / "_resources" / "protocols"
    inside.mkdir(parents=True)
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "site" / "evalkit")
    assert resource_dir("protocols") == inside


def test_a_broken_installation_names_both_places(tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "evalkit")
    with pytest.raises(FileNotFoundError, match=r"without its 'protocols' folder.*_resources.*reinstall"):
        resource_dir("protocols")
