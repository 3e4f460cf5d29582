"""Names of things: duplicates raise, unknown ones are answered with the nearest."""

import sys

import pytest

from evalkit.base.registry import Registry
from evalkit.errors import UnknownNameError


@pytest.fixture
def colours() -> Registry[object]:
    registry: Registry[object] = Registry("colour")
    for name in ("red", "green", "blue"):
        registry.register(name, f"colorsys:rgb_to_{name}")
    return registry


def test_names_are_listed_in_order(colours):
    assert list(colours) == ["blue", "green", "red"] and "red" in colours and "rod" not in colours


def test_an_object_comes_back_as_it_is():
    registry: Registry[list[int]] = Registry("list")
    entry = [1]
    registry.register("one", entry)
    assert registry.get("one") is entry


def test_an_address_is_imported_when_it_is_asked_for(monkeypatch):
    registry: Registry[object] = Registry("function")
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    registry.register("hls", "colorsys:rgb_to_hls")
    assert "colorsys" not in sys.modules
    found = registry.get("hls")
    assert found is sys.modules["colorsys"].rgb_to_hls and registry.get("hls") is found


def test_a_name_cannot_be_taken_twice(colours):
    with pytest.raises(ValueError, match="colour 'red' is registered twice"):
        colours.register("red", "colorsys:other")


def test_a_misspelt_name_is_answered_with_the_nearest(colours):
    with pytest.raises(UnknownNameError, match=r"no colour called 'bluue'\. Did you mean 'blue'\?"):
        colours.get("bluue")


def test_a_name_like_nothing_is_answered_with_all(colours):
    with pytest.raises(UnknownNameError, match=r"no colour called 'xyz'\. Known: blue, green, red\."):
        colours.get("xyz")


def test_an_empty_registry_says_so():
    with pytest.raises(UnknownNameError, match=r"Known: none\."):
        Registry[int]("colour").get("red")


def test_a_wrong_address_keeps_its_own_error():
    registry: Registry[object] = Registry("function")
    registry.register("gone", "colorsys:no_such_function")
    with pytest.raises(AttributeError, match="no_such_function"):
        registry.get("gone")
