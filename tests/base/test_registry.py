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


def test_names_are_listed_in_the_order_they_came(colours):
    assert list(colours) == ["red", "green", "blue"] and len(colours) == 3 and "red" in colours and "rod" not in colours


def test_an_object_comes_back_as_it_is():
    registry: Registry[list[int]] = Registry("list")
    entry = [1]
    registry.register("one", entry)
    assert registry["one"] is entry


def test_an_address_is_imported_when_it_is_asked_for(monkeypatch):
    registry: Registry[object] = Registry("function")
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    registry.register("hls", "colorsys:rgb_to_hls")
    assert "colorsys" not in sys.modules
    found = registry["hls"]
    assert found is sys.modules["colorsys"].rgb_to_hls and registry["hls"] is found


def test_a_name_cannot_be_taken_twice(colours):
    with pytest.raises(ValueError, match="colour 'red' is registered twice"):
        colours.register("red", "colorsys:other")


def test_a_misspelt_name_is_answered_with_the_nearest(colours):
    with pytest.raises(UnknownNameError, match=r"no colour called 'bluue'\. Did you mean 'blue'\?"):
        colours["bluue"]


def test_a_name_like_nothing_is_answered_with_all(colours):
    with pytest.raises(UnknownNameError, match=r"no colour called 'xyz'\. Known: blue, green, red\."):
        colours["xyz"]


def test_an_empty_registry_says_so():
    with pytest.raises(UnknownNameError, match=r"Known: none\."):
        Registry[int]("colour")["red"]


def test_a_wrong_address_keeps_its_own_error():
    registry: Registry[object] = Registry("function")
    registry.register("gone", "colorsys:no_such_function")
    with pytest.raises(AttributeError, match="no_such_function"):
        registry["gone"]


def test_a_name_that_is_not_there_has_no_value(colours):
    assert colours.get("xyz") is None and colours.get("xyz", 3) == 3


def test_others_are_registered_for_a_while(colours):
    with colours.also({"red": "other", "pink": 7}) as nothing:
        assert nothing is None and list(colours) == ["red", "green", "blue", "pink"]
        assert colours["pink"] == 7
    assert list(colours) == ["red", "green", "blue"]
    with pytest.raises(RuntimeError), colours.also({"pink": 1}):
        raise RuntimeError
    assert "pink" not in colours
