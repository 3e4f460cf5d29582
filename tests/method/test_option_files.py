"""What runs record of files that options name, and that a change of one is seen."""

from pathlib import Path

import pytest
import yaml

from evalkit.errors import MethodError, RunError
from evalkit.method import option_files as module
from evalkit.method.find import MethodEntry, find_method, method_options, read_method
from evalkit.method.option_files import option_files, recorded_options

PATH = {"default": "", "path": True, "help": "x"}
TEXT = {"default": "", "help": "x"}


@pytest.fixture
def method(tmp_path):
    """Write a card with these options; `external` gives it a clone."""

    def written(external: bool = False, **options: dict[str, object]) -> MethodEntry:
        folder = tmp_path / "mine"
        folder.mkdir(exist_ok=True)
        card: dict[str, object] = {
            "id": "mine",
            "title": "Mine",
            "options": options,
            "kind": "external" if external else "native",
        }
        if external:
            card["external"] = {
                "mode": "worker",
                "entry": "x.py",
                "steps": [{"name": "x", "command": ["x"]}],
            }
        (folder / "method.yaml").write_text(yaml.safe_dump(card))
        return read_method(folder)

    return written


def recorded(entry: MethodEntry, *given: str, clone: Path | None = None) -> dict[str, str]:
    options = method_options(entry.card, given)
    return recorded_options(entry.card, options, option_files(entry.card, entry.folder, options, clone))


def watched(entry: MethodEntry, *given: str) -> list[Path]:
    files = option_files(entry.card, entry.folder, method_options(entry.card, given))
    return [file.watched.path for file in files if file.watched]


def test_a_path_option_is_recorded_by_what_it_holds(method, tmp_path):
    entry = method(data=PATH, side=TEXT | {"default": "3"})
    assert recorded(entry) == {"data": "", "side": "3"}
    found = []
    for name, content in (("one", b"a"), ("two", b"a"), ("three", b"b")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.npz").write_bytes(content)
        found.append(recorded(entry, f"data={tmp_path / name}")["data"])
    assert found[0] == found[1] != found[2] and found[0].startswith("sha256:")
    with pytest.raises(MethodError, match=r"--option 'data=nowhere': there is no file or folder nowhere"):
        method_options(entry.card, ["data=nowhere"])


def test_a_value_that_names_a_file_has_its_digest_behind_it(method, tmp_path, monkeypatch):
    """In the working directory and beside the method; its content counts, and a text of no file is only a text."""
    monkeypatch.chdir(tmp_path)
    entry = method(table=TEXT)
    assert recorded(entry, "table=flame.pkl") == {"table": "flame.pkl"}
    Path("flame.pkl").write_bytes(b"a")
    first = recorded(entry, "table=flame.pkl")["table"]
    assert first.startswith("flame.pkl (sha256:ca978112ca1bbdca") and first.count("sha256") == 1
    (entry.folder / "flame.pkl").write_bytes(b"b")
    assert recorded(entry, "table=flame.pkl")["table"].count("sha256") == 2
    Path("flame.pkl").unlink()
    assert recorded(entry, "table=flame.pkl")["table"] not in ("flame.pkl", first)


@pytest.mark.parametrize("option", [TEXT | {"path": False}, TEXT | {"default": "auto", "choices": ["auto"]}])
def test_what_the_card_calls_text_is_no_file(method, tmp_path, monkeypatch, option):
    monkeypatch.chdir(tmp_path)
    Path("auto").mkdir()
    assert recorded(method(mode=option), "mode=auto") == {"mode": "auto"}


@pytest.mark.parametrize("text", [".", "..", "/", "a" * 300, "a\0b", "../.."])
def test_texts_that_name_no_file_of_a_method(method, text):
    assert recorded(method(mode=TEXT), f"mode={text}") == {"mode": text}


def test_methods_that_come_along_say_which_options_are_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("auto").mkdir()
    assert recorded(find_method("fomm"), "batch=auto")["batch"] == "auto"


def test_what_an_external_method_is_given_lies_in_its_clone(method, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    entry, clone = method(external=True, config=TEXT, maps=PATH), tmp_path / "clone"
    clone.mkdir()
    Path("x.yaml").write_bytes(b"not this one")
    assert recorded(entry, "config=x.yaml", clone=clone)["config"] == "x.yaml"
    (clone / "x.yaml").write_bytes(b"a")
    first = recorded(entry, "config=x.yaml", f"maps={clone}", "clone=clone", clone=clone)
    assert first["config"].startswith("x.yaml (sha256:ca978112ca1bbdca") and first["maps"].startswith("sha256:")
    assert "clone" not in first


def test_folders_behind_links_count_and_a_circle_of_links_ends(method, tmp_path):
    entry, maps, far = method(maps=PATH), tmp_path / "maps", tmp_path / "far"
    maps.mkdir()
    far.mkdir()
    (far / "depth.png").write_bytes(b"a")
    (maps / "depth").symlink_to(far)
    (far / "again").symlink_to(maps)
    first = recorded(entry, f"maps={maps}")
    (far / "depth.png").write_bytes(b"b")
    assert recorded(entry, f"maps={maps}") != first
    (far / ".thumbnails").write_bytes(b"hidden")
    changed = recorded(entry, f"maps={maps}")
    (far / ".thumbnails").write_bytes(b"other")
    assert recorded(entry, f"maps={maps}") == changed


def test_a_very_large_folder_is_recorded_by_names_and_sizes(method, tmp_path, monkeypatch):
    entry, maps = method(maps=PATH), tmp_path / "maps"
    maps.mkdir()
    for name in "abc":
        (maps / name).write_bytes(b"1")
    assert watched(entry, f"maps={maps}") == [maps]
    for limit, value in (("MOST_FILES", 2), ("MOST_BYTES", 2)):
        with monkeypatch.context() as patch:
            patch.setattr(module, limit, value)
            first = recorded(entry, f"maps={maps}")["maps"]
            assert first.startswith("listing:") and watched(entry, f"maps={maps}") == []
            (maps / "a").write_bytes(b"2")
            assert recorded(entry, f"maps={maps}")["maps"] == first
            (maps / "a").write_bytes(b"22")
            assert recorded(entry, f"maps={maps}")["maps"] != first
            (maps / "a").write_bytes(b"1")
    monkeypatch.setattr(module, "MOST_FILES", 3)
    monkeypatch.setattr(module, "MOST_BYTES", 3)
    assert recorded(entry, f"maps={maps}")["maps"].startswith("sha256:")


def test_a_file_in_a_folder_that_changes_is_seen(method, tmp_path):
    entry, maps = method(maps=PATH), tmp_path / "maps"
    maps.mkdir()
    (maps / "a").write_bytes(b"1")
    (file,) = option_files(entry.card, entry.folder, {"maps": str(maps)})
    assert file.watched is not None
    file.watched.refuse_changed()
    (maps / "a").touch()
    file.watched.seen_here().refuse_changed()  # touched, and still the same
    (maps / "b").write_bytes(b"2")
    with pytest.raises(RunError, match="maps changed while the run was going"):
        file.watched.refuse_changed()


def test_a_file_that_cannot_be_read_is_a_sentence(method, tmp_path):
    with pytest.raises(MethodError, match=r"mine: a file that an option names cannot be read: .*gone"):
        option_files(method(data=PATH).card, tmp_path, {"data": str(tmp_path / "gone")})
