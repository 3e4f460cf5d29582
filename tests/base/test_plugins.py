"""Code from outside: what is broken is told in one sentence that names it, and costs nothing else."""

import os
import pickle
import sys
import warnings

import pytest

from evalkit.base import plugins
from evalkit.base.plugins import Broken, raised_in, using
from evalkit.datasets import DATASETS
from evalkit.errors import EvalkitError, PluginError, ScoreError, UnknownNameError
from evalkit.extractors import EXTRACTORS
from evalkit.method.find import METHODS, find_method, list_methods
from evalkit.metrics import METRICS, find_metric
from tests.base.plugs import METRIC, distribution, forget
from tests.fakes import noise


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    monkeypatch.delenv(plugins.VARIABLE, raising=False)


@pytest.fixture
def file(tmp_path):
    def write(text, name="mine.py"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.fixture
def site(tmp_path, monkeypatch):
    root = tmp_path / "site"
    root.mkdir()
    monkeypatch.setattr(sys, "path", [str(root), *sys.path])
    yield root
    forget("plug_a", "plug_b")


def test_a_file_brings_a_metric_for_as_long_as_it_is_used(file):
    path = file(METRIC)
    with using([path]):
        metric = METRICS["largest"]
        assert metric.plugin.name == "mine.py" and metric.plugin.version is None and metric.plugin.place == path
        assert METRICS.broken() == () and list(METRICS)[-1] == "largest" and find_metric("largest") is metric
        assert metric.function(noise(3), noise(3)).tolist() == [0, 0, 0]
    assert "largest" not in METRICS and plugins.VARIABLE not in os.environ


def test_the_code_is_part_of_the_signature(file, tmp_path):
    signatures = []
    for text, name in ((METRIC, "mine.py"), (METRIC + "# other\n", "mine.py"), (METRIC, "renamed.py")):
        with using([file(text, name)]):
            signatures.append(METRICS["largest"].signature(None, "a"))
    first, changed, renamed = signatures
    assert first == renamed != changed and "|code " in first


def test_of_an_extractor_as_well(file):
    text = "from evalkit.extractors import Extractor\nEXTRACTORS = Extractor('mine', 'mine|v1', (), lambda: None)\n"
    with using([file(text)]):
        before = EXTRACTORS["mine"].signature
    with using([file(text + "#\n")]):
        assert before.startswith("mine|v1|code ") and EXTRACTORS["mine"].signature != before


BROKEN = {
    "import nothing_like_this\n": "ModuleNotFoundError: No module named 'nothing_like_this' (mine.py line 1)",
    "def f(:\n": "mine.py line 1: invalid syntax",
    "import sys\nsys.exit(3)\n": "it ends the process when it is imported (exit code 3)",
    "x = 1\n": "it provides nothing; define one of METRICS, EXTRACTORS, DATASETS, METHODS",
    "METRICS = (1,)\n": "expected a Metric (evalkit.metrics.base), got int",
    METRIC + "METRICS = (metric('l1'),)\n": "there is a metric called 'l1' already",
    METRIC + "METRICS = (metric(better='up'),)\n": "metric 'largest': better is 'up'; expected 'higher' or 'lower'",
    METRIC + "METRICS = (metric(tasks=None, high='x'),)\n": "tasks is None; expected SELF_ONLY or BOTH_TASKS",
    METRIC + "METRICS = (metric('Not A Key'),)\n": "the key 'Not A Key' is not of the form",
    METRIC + "METRICS = (metric(input=3),)\n": "input is 3; expected None, or an extractor",
    "from evalkit.metrics import find_metric\nfind_metric('largest')\n": "There is no metric called 'largest'",
}


@pytest.mark.parametrize(("text", "said"), BROKEN.items(), ids=range(len(BROKEN)))
def test_a_broken_file_is_told_in_a_sentence_that_names_it(file, text, said):
    path = file(text)
    with using([path]):
        (broken,) = METRICS.broken()
        assert broken.plugin == str(path) and said in broken.reason and "\n" not in str(broken)
        assert METRICS["l1"].key == "l1" and find_metric("csim").key == "csim[arcface]"
        with pytest.raises(UnknownNameError) as caught:
            find_metric("largest_one")
        assert str(path) in str(caught.value) and said in str(caught.value)


@pytest.mark.parametrize("kind", ["absent", "folder", "pipe"])
def test_what_is_no_file_is_told_too(tmp_path, kind):
    path = tmp_path / "odd.py"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with using([path]):
        (broken,) = METRICS.broken()
    assert broken.plugin == str(path) and {"absent": "no such file", "folder": "a folder", "pipe": "a pipe"}[
        kind
    ] in str(broken)


def test_one_bad_thing_of_a_file_costs_only_itself(file):
    with using([file(METRIC + "METRICS = (metric(), metric('l1'), metric('other'))\n")]):
        assert list(METRICS.plugged()) == ["largest", "other"] and len(METRICS.broken()) == 1


def test_a_thing_that_raises_when_it_is_looked_at_costs_itself(file):
    text = "from evalkit.extractors import Extractor\n\n\nclass Odd:\n    def __call__(self):\n        pass\n\n"
    text += "    @property\n    def __signature__(self):\n        return 1 / 0\n\n\n"
    with using([file(text + "EXTRACTORS = Extractor('mine', 'mine|v1', (), Odd(), gpu=True)\n")]):
        (broken,) = EXTRACTORS.broken()
        assert "ZeroDivisionError: division by zero (mine.py line 10)" in broken.reason and EXTRACTORS["dlib68"]


def test_a_path_that_the_environment_cannot_hold_is_refused(tmp_path):
    with pytest.raises(PluginError, match="its path has a ':'"), using([tmp_path / "a:b.py"]):
        pytest.fail("used")


def test_what_a_file_prints_goes_to_stderr(file, capsys):
    with using([file("print('hello')\n" + METRIC)]):
        assert "largest" in METRICS
    said = capsys.readouterr()
    assert said.out == "" and said.err == "hello\n"


def test_a_function_that_misbehaves_is_the_plugins_mistake(file):
    bodies = {
        "1 / 0": "raised ZeroDivisionError: division by zero (mine.py line 23)",
        "3.0": "returned float; expected (2,) numbers",
        "np.zeros(1)": "returned (1,) float64; expected (2,) numbers",
        "np.array(['a', 'b'])": "returned (2,) <U1; expected (2,) numbers",
    }
    for body, said in bodies.items():
        text = METRIC + f"\n\ndef wrong(generated, reference):\n    return {body}\n\nMETRICS = metric(function=wrong)\n"
        with using([file(text)]), pytest.raises(ScoreError) as caught:
            METRICS["largest"].function(noise(2), noise(2))
        assert "The metric largest of the plugin" in str(caught.value) and said in str(caught.value)


def test_entry_points_bring_all_four_kinds(site):
    distribution(
        site,
        "plug-a",
        {
            "metrics": {"largest": "plug_a.metrics:METRICS"},
            "extractors": {"corners": "plug_a.others:EXTRACTOR"},
            "datasets": {"toy": "plug_a.others"},
            "methods": {"still": "plug_a.still"},
        },
        {
            "plug_a/__init__.py": "",
            "plug_a/metrics.py": METRIC,
            "plug_a/others.py": "from evalkit.extractors import Extractor\nfrom evalkit.datasets import Dataset\n"
            "EXTRACTOR = Extractor('corners', 'corners|v1', (), lambda: None)\n"
            "DATASETS = [Dataset('toy', 'Toy', 'MIT', 'Make it.', lambda root: [])]\n",
            "plug_a/still/__init__.py": "",
            "plug_a/still/method.yaml": "id: still\ntitle: Still\naliases: [frozen]\n",
            "plug_a/still/adapter.py": "from .paint import build\n",
            "plug_a/still/paint.py": "def build(config):\n    raise NotImplementedError\n",
        },
    )
    assert {METRICS["largest"].plugin.name, EXTRACTORS["corners"].plugin.name} == {"plug-a"}
    assert str(DATASETS["toy"].plugin) == "plug-a 1.5"
    still = find_method("still")
    assert find_method("frozen") == still == METHODS["still"] and still.package == "plug_a.still"
    assert still in list_methods() and still.plugin.version == "1.5"
    code = still.code_sha256
    (site / "plug_a" / "__init__.py").write_text("# changed\n")
    assert find_method("still").code_sha256 != code
    with pytest.raises(EvalkitError, match="no clip found"):
        DATASETS["toy"].index(site)


def test_a_broken_entry_point_stops_nothing_that_does_not_need_it(site):
    distribution(
        site,
        "plug-a",
        {"metrics": {"a": "plug_a:GONE", "b": "plug_b:METRICS", "c": "nowhere.at.all:X"}, "methods": {"m": "plug_b"}},
        {"plug_a.py": "", "plug_b.py": METRIC},
    )
    assert METRICS["largest"].plugin.name == "plug-a"
    reasons = [str(one) for one in METRICS.broken()]
    assert len(reasons) == 2 and all("The plugin plug-a cannot be used: entry point '" in one for one in reasons)
    assert "has no attribute 'GONE'" in reasons[0] and "No module named 'nowhere'" in reasons[1]
    assert find_method("ours").card.id == "sfd"
    (broken,) = METHODS.broken()
    assert "expected the folder of a method" in broken.reason


def test_names_of_evalkit_are_found_without_looking_at_plugins(site):
    distribution(site, "plug-a", {"metrics": {"a": "plug_a"}, "methods": {"m": "plug_a"}}, {"plug_a.py": "1 / 0"})
    assert METRICS["l1"] and find_metric("csim") and "ssim" in METRICS and find_method("ours")
    assert EXTRACTORS["dlib68"] and DATASETS["demo"] and "plug_a" not in sys.modules
    (broken,) = METRICS.broken()
    assert "ZeroDivisionError" in broken.reason


def test_plugins_that_import_each_other_are_told(site):
    files = {"plug_a.py": "from plug_b import x\ny = 1\n", "plug_b.py": "from plug_a import y\nx = 1\n"}
    distribution(site, "plug-a", {"metrics": {"a": "plug_a:y"}}, files)
    (broken,) = METRICS.broken()
    assert "partially initialized module 'plug_a'" in broken.reason


def test_two_plugins_of_one_name_keep_the_first(site, file):
    distribution(site, "plug-a", {"metrics": {"a": "plug_a"}}, {"plug_a.py": METRIC})
    with using([file(METRIC)]):
        assert METRICS["largest"].plugin.name == "mine.py"
        assert METRICS.broken() == (Broken("plug-a", "there is a metric called 'largest' already."),)
    assert METRICS["largest"].plugin.name == "plug-a" and METRICS.broken() == ()


def test_extractors_that_need_each_other_make_their_metrics_unavailable(file):
    from evalkit.scoring.availability import unavailable

    text = METRIC + (
        "from evalkit.extractors import Extractor\n"
        "EXTRACTORS = (Extractor('a', 'a', ('b',), lambda: None), Extractor('b', 'b', ('a',), lambda: None))\n"
        "METRICS = (metric('one', input=('a', 'x')), metric('two', input=('gone', 'x')))\n"
    )
    with using([file(text)]):
        reasons = unavailable([METRICS["l1"], METRICS["one"], METRICS["two"]])
    assert reasons["one"] == "Extractors need each other: a -> b -> a."
    assert "There is no extractor called 'gone'" in reasons["two"] and "l1" not in reasons


def test_a_method_of_a_file_may_not_take_a_name(file, tmp_path):
    (tmp_path / "warp").mkdir()
    (tmp_path / "warp" / "method.yaml").write_text("id: warp\ntitle: Warp\naliases: [ours]\n")
    text = "from pathlib import Path\nMETHODS = Path(__file__).parent / 'warp'\n"
    with using([file(text)]):
        assert METHODS.broken()[0].reason == "there is a method called 'ours' already."
    (tmp_path / "warp" / "method.yaml").write_text("id: warp\ntitle: Warp\n")
    with using([file(text + "#\n")]):
        assert find_method("warp").folder == tmp_path / "warp" and find_method("warp").plugin.name == "mine.py"


def test_functions_of_a_file_can_be_sent_to_another_process(file):
    with using([file(METRIC)]):
        function = METRICS["largest"].function.__wrapped__
        sent = pickle.dumps(function)
        forget(function.__module__)
        plugins.import_files()
        assert pickle.loads(sent)(noise(1), noise(1)).tolist() == [0]


def test_an_error_of_a_worker_keeps_its_text():
    error = UnknownNameError("metric", "sarp", ["sharp"], "note")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) and type(again) is UnknownNameError


def test_whose_code_raised_is_known(file):
    path = file(METRIC + "\n\ndef boom():\n    raise KeyError('x')\n")
    with using([path]):
        function = sys.modules[METRICS["largest"].function.__wrapped__.__module__].boom
        try:
            function()
        except KeyError as error:
            assert raised_in(error) == str(path)
    try:
        int("x")
    except ValueError as error:
        assert raised_in(error) is None


def test_metadata_that_cannot_be_read_is_no_end(monkeypatch):
    def broken(**_):
        raise ValueError("bad metadata")

    monkeypatch.setattr(plugins, "entry_points", broken)
    monkeypatch.setattr(sys, "path", [*sys.path, "/nowhere/for/a/while"])
    with warnings.catch_warnings():
        (found,) = METRICS.broken()
    assert "bad metadata" in found.reason and METRICS["l1"]
