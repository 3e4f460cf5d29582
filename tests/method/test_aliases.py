"""Other names of methods: those of cards, and those that the user configures."""

import collections

import pytest

from evalkit.errors import MethodError, UnknownNameError
from evalkit.method.aliases import config_path, user_alias
from evalkit.method.find import find_method, list_methods


@pytest.fixture
def configure(tmp_path, monkeypatch):
    path = tmp_path / "settings" / "config.yaml"
    path.parent.mkdir()
    monkeypatch.setenv("EVALKIT_CONFIG", str(path))

    def write(text):
        path.write_text(text)
        return path

    return write


def test_a_card_has_other_names_and_no_two_share_one():
    entries = list_methods()
    for entry in entries:
        for alias in entry.card.aliases:
            assert find_method(alias) == entry
    names = collections.Counter(name for entry in entries for name in (entry.card.id, *entry.card.aliases))
    assert max(names.values()) == 1


def test_the_users_alias_goes_before_that_of_a_card(configure):
    configure("aliases: {ours: copy_source, mine: copy_driving}\n")
    assert find_method("ours").card.id == "copy_source"
    assert find_method("mine").card.id == "copy_driving"


def test_a_folder_is_taken_relative_to_the_file(configure):
    folder = configure("aliases: {ours: ../model}\n").parent.parent / "model"
    folder.mkdir()
    (folder / "method.yaml").write_text("id: mine\ntitle: Mine\n")
    assert find_method("ours").card.id == "mine"


def test_an_alias_of_nothing_is_answered_with_what_there_is(configure):
    configure("aliases: {ours: copy_sorce}\n")
    with pytest.raises(UnknownNameError, match=r"no method called 'copy_sorce'.*'copy_source'"):
        find_method("ours")


@pytest.mark.parametrize("text", ["aliases: [ours]\n", "alias: {ours: x}\n", "aliases: {ours: [\n"])
def test_a_wrong_file_is_named(configure, text):
    path = configure(text)
    with pytest.raises(MethodError, match=str(path)):
        find_method("ours")


def test_a_file_that_is_asked_for_must_be_there(tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_CONFIG", str(tmp_path / "absent.yaml"))
    with pytest.raises(MethodError, match=r"absent\.yaml: expected the user's configuration"):
        user_alias("ours")


def test_without_a_file_there_are_no_aliases(tmp_path, monkeypatch):
    monkeypatch.delenv("EVALKIT_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_path() == tmp_path / "evalkit" / "config.yaml"
    assert user_alias("ours") is None
