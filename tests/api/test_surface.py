"""What `import evalkit` offers: names and signatures stay, and the import is fast."""

import inspect
import subprocess
import sys

import pytest

import evalkit as ek

COMMON = "data, out, tag, metrics, coefficients, limit, pairs, missing_ok, max_failures, workers, scoring_device"
SURFACE = {
    "run": f"protocol, method, name, checkpoint, options, device, precision, random_weights, seed, anchors, {COMMON}, "
    "overwrite, progress",
    "score": f"protocol, generated, name, files, skip_first, whole_clips, crop, resize, rgb, {COMMON}, overwrite, "
    "progress",
    "read_run": "path",
    "table": "runs, style, ours, metrics, sort, rename, anchors, intervals, costs, bold, common_frames, "
    "by, attributes, data",
    "site": "given, out, title, media, history, reports, data",
    "gate": "baseline, candidate, rules",
    "track": "run, to, project, name, folder, step, worst",
    "metric": "name, device",
    "list_metrics": "",
    "list_protocols": "",
    "find_protocol": "name, preset",
}
CLASSES = {"EvalkitError", "Method", "Metric", "Protocol", "Run"}


def test_the_names_are_these():
    assert set(ek.__all__) == SURFACE.keys() | CLASSES | {"callbacks"}
    assert set(ek.__all__) <= set(dir(ek)) and ek.__all__ == sorted(ek.__all__)
    assert all(inspect.isclass(getattr(ek, name)) for name in CLASSES)


@pytest.mark.parametrize("name", SURFACE)
def test_parameters_stay_what_they_are(name):
    parameters = inspect.signature(getattr(ek, name)).parameters
    assert set(parameters) == set(filter(None, SURFACE[name].split(", ")))


def test_what_looks_into_a_training():
    assert set(ek.callbacks.__all__) == {"Watch", "accelerate", "lightning"}
    parameters = "protocol, animate, every, pairs, data, out, name, metrics, log, seed"
    assert set(inspect.signature(ek.callbacks.Watch).parameters) == set(parameters.split(", "))


def test_every_name_says_what_it_is():
    assert [name for name in ek.__all__ if not (inspect.getdoc(getattr(ek, name)) or "").strip()] == []


def test_a_name_that_is_none_of_them():
    with pytest.raises(AttributeError, match="no attribute 'scores'"):
        ek.scores  # noqa: B018


def test_rooms_do_not_hide_names():
    """A room of the same name would take its place as soon as somebody imports it."""
    code = (
        "import evalkit as ek, evalkit.cli.app, evalkit.gating.verdict, evalkit.metrics\n"
        "import types; print([n for n in ek.__all__ if isinstance(getattr(ek, n), types.ModuleType)])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == (
        "['callbacks']\n"
    )


def test_the_import_loads_nothing():
    code = "import sys, evalkit; print(sorted({'torch', 'numpy', 'pydantic', 'rich'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
