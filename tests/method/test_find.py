"""Method cards and adapters, those that come along and those of a user."""

import sys
from pathlib import Path

import numpy as np
import pytest

from evalkit.errors import MethodError, UnknownNameError
from evalkit.method.find import build_method, find_method, list_methods, read_method
from evalkit.method.interface import Method, MethodConfig
from evalkit.protocol.schema import find_protocol

ADAPTER = """
class Mine:
    def __init__(self, config):
        self.config = config
    def animate(self, sources, driving, motion):
        yield from driving

def build(config):
    return Mine(config)
"""
CARD = "id: mine\ntitle: Mine\n"


@pytest.fixture
def folder(tmp_path):
    def written(card=CARD, adapter=ADAPTER, name="mine"):
        path = tmp_path / name
        path.mkdir(exist_ok=True)
        (path / "method.yaml").write_text(card)
        (path / "adapter.py").write_text(adapter)
        return path

    yield written
    for name in [name for name in sys.modules if name.startswith("evalkit_method_")]:
        del sys.modules[name]


def test_the_anchors_and_a_real_method_come_along():
    ids = [entry.card.id for entry in list_methods()]
    assert ids == sorted(ids) and {"copy_source", "copy_driving", "landmark_warp"} <= set(ids)
    anchors = {name for p in ("demo_self", "demo_cross", "folder_self") for name in find_protocol(p).anchors}
    assert anchors <= set(ids)


def test_an_unknown_method_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"no method called 'copy_sorce'\. Did you mean 'copy_source'"):
        find_method("copy_sorce")


def test_a_folder_here_is_suggested_by_its_path(folder, monkeypatch):
    monkeypatch.chdir(folder(name="mine").parent)
    with pytest.raises(UnknownNameError, match=r"no method called 'mine'.*is a folder here: write \./mine\."):
        find_method("mine")
    Path("other.py").write_text(ADAPTER)
    with pytest.raises(UnknownNameError, match=r"A file of that name is here: write other\.py\."):
        find_method("other")
    asked = [find_method(name).asked for name in ("./mine", str(Path("mine").absolute()), "copy_source")]
    assert asked == ["./mine", str(Path("mine").absolute()), "copy_source"]


def test_a_users_folder_is_found_by_path_and_built(folder):
    entry = find_method(str(folder()))
    method = build_method(entry, MethodConfig(seed=7))
    assert entry.card.id == "mine" and isinstance(method, Method) and method.config.seed == 7


def test_a_relative_path_is_a_path(folder, monkeypatch):
    monkeypatch.chdir(folder().parent)
    assert find_method("./mine").card.id == "mine"
    with pytest.raises(MethodError, match=r"other/method\.yaml: expected a method card, .*No such file"):
        find_method("./other")


def test_the_adapter_may_have_another_name(folder):
    path = folder(card=CARD + "adapter: network:make\n")
    (path / "network.py").write_text(ADAPTER.replace("def build", "def make"))
    assert isinstance(build_method(read_method(path), MethodConfig()), Method)


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("id: mine\n", "key 'title' is missing"),
        (CARD + "motion: [absolute]\n", "unknown key 'motion', did you mean 'motions'"),
        (CARD + "max_sources: 0\n", r"max_sources: .*1 \(got 0\)"),
        (CARD + "motions: [sideways]\n", "motions.0"),
        (CARD + "adapter: no colon\n", "adapter"),
        ("id: Not Good\ntitle: x\n", "id: "),
        (CARD + "kind: external\n", "kind 'external' has a part `external`"),
        (CARD + "kind: external\nexternal: {}\n", r"key 'external\.steps' is missing"),
        (CARD + "deterministic: false\n", "unknown key 'deterministic'"),
        ("- a\n", "content: "),
        ("", "content: "),
        ("id: [", "expected a method card"),
    ],
)
def test_bad_cards_are_explained(folder, card, message):
    with pytest.raises(MethodError, match=rf"method\.yaml: .*{message}"):
        read_method(folder(card=card))


@pytest.mark.parametrize(
    ("adapter", "message"),
    [
        ("import no_such_package_at_all\n", "'adapter:build' cannot be imported: No module named 'no_such_package"),
        ("x = 1\n", "cannot be imported: .*no attribute 'build'"),
        ("def build(config):\n    return 3\n", "mine: adapter:build returned int, which cannot animate"),
    ],
)
def test_bad_adapters_are_explained(folder, adapter, message):
    with pytest.raises(MethodError, match=message):
        build_method(read_method(folder(adapter=adapter)), MethodConfig())


def test_an_adapter_that_is_not_there_is_named(folder):
    path = folder()
    (path / "adapter.py").unlink()
    with pytest.raises(MethodError, match=r"cannot be imported: no file .*mine/adapter\.py"):
        build_method(read_method(path), MethodConfig())


def test_two_users_methods_of_one_folder_name_are_two(folder, tmp_path):
    first = build_method(read_method(folder()), MethodConfig())
    other = tmp_path / "elsewhere" / "mine"
    other.mkdir(parents=True)
    (other / "method.yaml").write_text(CARD)
    (other / "adapter.py").write_text(ADAPTER.replace("Mine", "Other"))
    second = build_method(read_method(other), MethodConfig())
    assert (type(first).__name__, type(second).__name__) == ("Mine", "Other")


def test_the_code_hash_sees_code_and_card_and_nothing_else(folder):
    path = folder()
    before = read_method(path).code_sha256
    (path / "README.md").write_text("words")
    (path / "__pycache__").mkdir()
    (path / "__pycache__" / "adapter.pyc").write_bytes(b"x")
    assert read_method(path).code_sha256 == before
    (path / "helper.py").write_text("x = 1\n")
    with_helper = read_method(path).code_sha256
    folder(card=CARD + "version: 2\n")
    assert len({before, with_helper, read_method(path).code_sha256}) == 3


def test_the_copying_anchors_copy():
    driving = [np.full((2, 4, 4, 3), level, np.uint8) for level in (1, 2)]
    sources = np.full((2, 4, 4, 3), 9, np.uint8)
    sources[1] = 5
    built = {name: build_method(find_method(name), MethodConfig()) for name in ("copy_source", "copy_driving")}
    for motion in ("absolute", "relative"):
        copied = list(built["copy_driving"].animate(sources, driving, motion))
        assert all(np.array_equal(a, b) for a, b in zip(copied, driving, strict=True))
        repeated = np.concatenate(list(built["copy_source"].animate(sources, driving, motion)))
        assert repeated.shape == (4, 4, 4, 3) and (repeated == 9).all()


@pytest.mark.parametrize(
    ("adapter", "said"),
    [
        ("def build(config)\n    pass\n", r"adapter\.py raised SyntaxError: .*line 1"),
        ("x = 1\ny = x / 0\n", r"adapter\.py raised ZeroDivisionError: division by zero \(adapter\.py line 2\)"),
        ("def build(config):\n    return {}['weights']\n", r"build raised KeyError: 'weights' \(adapter\.py line 2\)"),
    ],
)
def test_what_a_users_code_raises_is_told_with_its_line(folder, adapter, said, monkeypatch):
    monkeypatch.chdir(folder(adapter=adapter).parent)
    for path in ("mine", "./mine"):
        with pytest.raises(MethodError, match=said):
            build_method(read_method(Path(path)), MethodConfig())
