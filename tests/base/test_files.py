"""Atomic writes, digests, canonical JSON."""

import json
import os
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.base.files import atomic_path, canonical_sha256, content_sha256, read_json, write_json

# JSON's own types; integers only within what JSON readers keep exactly.
leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
trees = st.recursive(
    leaves | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole_and_readable(tmp_path):
    path = tmp_path / "deep" / "er" / "a.txt"
    with atomic_path(path) as temporary:
        temporary.write_text("half")
        assert not path.exists() and temporary.parent == path.parent and temporary.suffix == ".txt"
    assert path.read_text() == "half" and names(path.parent) == ["a.txt"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(OSError, match="disk full"), atomic_path(path) as temporary:
        temporary.write_text("new")
        raise OSError("disk full")
    assert path.read_text() == "old" and names(tmp_path) == ["a.txt"]


def test_an_interrupt_cleans_up_too(tmp_path):
    with pytest.raises(KeyboardInterrupt), atomic_path(tmp_path / "a.txt"):
        raise KeyboardInterrupt
    assert names(tmp_path) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_json_never_holds_what_is_not_a_number(tmp_path, value):
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", {"value": [value]})
    assert names(tmp_path) == []
    with pytest.raises(ValueError):
        canonical_sha256(value)


@settings(max_examples=40)
@given(trees)
def test_json_round_trip(tmp_path_factory, tree):
    path = tmp_path_factory.mktemp("json") / "a.json"
    write_json(path, tree)
    assert read_json(path) == tree and path.read_bytes().endswith(b"\n")


@settings(max_examples=40)
@given(st.dictionaries(st.text(max_size=5), trees, min_size=2, max_size=5))
def test_hash_does_not_see_the_order_of_keys(tree):
    reordered = dict(reversed(list(tree.items())))
    assert canonical_sha256(tree) == canonical_sha256(reordered)


def test_hash_sees_order_of_lists_types_and_letters():
    contents = [[1, 2], [2, 1], ["1", 2], [1.5, 2], [True, 2], [None, 2], ["ä"], ["a"], {"a": 1}, {"a": 2}, {}]
    assert len({canonical_sha256(content) for content in contents}) == len(contents)


def test_hash_is_the_sha256_of_compact_sorted_json():
    # printf '{"a":[1,null],"b":"é"}' | sha256sum
    import hashlib

    expected = hashlib.sha256('{"a":[1,null],"b":"é"}'.encode()).hexdigest()
    assert canonical_sha256({"b": "é", "a": [1, None]}) == expected


def test_content_hash_of_a_known_file(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    # The first example of FIPS 180-2, appendix B.1.
    assert content_sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_content_hash_of_a_file_of_several_blocks(tmp_path):
    import hashlib

    data = os.urandom((1 << 21) + 17)
    (tmp_path / "big").write_bytes(data)
    assert content_sha256(tmp_path / "big") == hashlib.sha256(data).hexdigest()


def test_content_hash_of_a_folder_sees_names_and_bytes_but_not_hidden_files(tmp_path):
    def folder(name, files):
        for relative, text in files.items():
            (tmp_path / name / relative).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / relative).write_text(text)
        return content_sha256(tmp_path / name)

    first = folder("one", {"1.png": "a", "2.png": "b"})
    assert folder("two", {"2.png": "b", "1.png": "a", ".DS_Store": "noise"}) == first
    others = [
        folder("three", {"1.png": "b", "2.png": "a"}),
        folder("four", {"1.png": "a", "3.png": "b"}),
        folder("five", {"1.png": "a"}),
        folder("six", {"1.png": "a", "sub/2.png": "b"}),
    ]
    assert len({first, *others}) == 5


def test_written_json_is_text_people_can_read(tmp_path):
    write_json(tmp_path / "a.json", {"name": "Zoë"})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert "Zoë" in text and json.loads(text) == {"name": "Zoë"}
