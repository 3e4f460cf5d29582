"""What everything registered has to keep: metrics, extractors, datasets, methods, protocols, files."""

import inspect
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from evalkit.base.places import resource_dir
from evalkit.datasets import DATASETS
from evalkit.errors import EvalkitError
from evalkit.extractors import EXTRACTORS, WHOLE_CLIP
from evalkit.method.find import list_methods
from evalkit.metrics import METRICS, find_metric
from evalkit.protocol.schema import list_protocols
from evalkit.runs.run import choose_metrics
from evalkit.scoring.features import dependency_order
from tests.fakes import make_protocol, noise

ROOT = Path(__file__).resolve().parent.parent
TASKS = {"self_reenactment", "cross_reenactment"}
PIXEL = [key for key, metric in METRICS.items() if metric.input is None]
BY_FRAME = [key for key, metric in METRICS.items() if metric.input and metric.level == "frame"]
SELF_ONLY = [key for key, metric in METRICS.items() if metric.tasks == {"self_reenactment"}]


@pytest.mark.parametrize("key", list(METRICS))
def test_metric_facts_are_complete(key):
    metric = METRICS[key]
    assert metric.key == key and re.fullmatch(r"[a-z][a-z0-9_]*(\[[a-z0-9][a-z0-9.-]*\])?", key)
    for text in (metric.title, metric.paper, metric.settings):
        assert text and text == text.strip() and "\n" not in text
    assert metric.description.endswith(".") and "|" not in metric.title
    assert metric.better in ("higher", "lower") and metric.reference in ("driving", "source")
    assert metric.low < metric.high and 0 <= metric.decimals <= 6 and metric.version >= 1
    assert metric.tasks and metric.tasks <= TASKS


@pytest.mark.parametrize("key", list(METRICS))
def test_metric_signatures_tell_metrics_apart(key):
    metric = METRICS[key]
    assert metric.signature("net@1", "a").count("\n") == 0
    others = [other.signature("net@1", "a") for other in METRICS.values() if other is not metric]
    assert metric.signature("net@1", "a") not in others
    assert metric.signature("net@1", "a") != metric.signature("net@2", "a") != metric.signature("net@2", "b")


@pytest.mark.parametrize("name", sorted({metric.id for metric in METRICS.values()}))
def test_a_metric_is_a_file_and_has_a_test(name):
    assert (ROOT / "evalkit" / "metrics" / f"{name}.py").is_file()
    assert list((ROOT / "tests" / "metrics").glob(f"test_{name}*.py")), f"tests/metrics/test_{name}.py is missing"
    assert find_metric(name).id == name


@pytest.mark.parametrize("key", [key for key, metric in METRICS.items() if metric.input])
def test_metric_inputs_exist(key):
    assert METRICS[key].input[0] in EXTRACTORS


@pytest.mark.parametrize("key", PIXEL)
def test_pixel_metrics_get_worse_with_noise(key):
    metric = METRICS[key]
    reference = noise(1, 32)
    generator = np.random.default_rng(0)
    steps = [
        np.clip(reference + generator.normal(0, s, reference.shape), 0, 255).astype(np.uint8) for s in (0, 4, 16, 64)
    ]
    values = [float(metric.function(frames, reference)[0]) for frames in steps]
    worst_last = sorted(values, reverse=metric.better == "higher")
    assert values == worst_last and len(set(values)) == 4
    assert all(metric.low <= value <= metric.high for value in values)


SHAPES = {"points": (68, 2), "shape": (42, 2), "angles": (3,), "pose": (6,), "blendshapes": (52,), "embedding": (128,)}


@pytest.mark.parametrize("key", [key for key, metric in METRICS.items() if metric.input])
def test_every_other_metric_gets_worse_the_further_its_features_are(key):
    metric, generator = METRICS[key], np.random.default_rng(0)
    function = partial(metric.function, subsets=2) if key == "kid[subsets]" else metric.function
    count = 1000 if key == "kid[subsets]" else 40
    reference = generator.normal(0, 0.2, (count, *SHAPES.get(metric.input[1], (16,))))
    away = generator.normal(0, 0.2, reference.shape)
    if metric.reference == "source":
        reference, away = reference[:1], away[:1]
    rows = [reference + step * (away + 0.1) for step in (0, 0.5, 2)]
    if metric.input[1] == "embedding":
        reference, *rows = (row / np.linalg.norm(row, axis=1, keepdims=True) for row in (reference, *rows))
    if metric.missing_is_value:
        for lost, found in enumerate(rows):
            found[: 4 * lost] = np.nan
    values = [float(np.mean(function(found, reference))) for found in rows]
    assert values == sorted(values, reverse=metric.better == "higher") and len(set(values)) == 3
    assert all(metric.low <= value <= metric.high for value in values)


@pytest.mark.parametrize("key", PIXEL)
@pytest.mark.parametrize(
    ("generated", "reference"),
    [
        (noise(2, 32), noise(3, 32)),
        (noise(2, 32), noise(2, 33)),
        (noise(2, 32)[0], noise(2, 32)[0]),
        (noise(2, 32)[..., :1], noise(2, 32)[..., :1]),
        (noise(2, 32) / 255.0, noise(2, 32) / 255.0),
        (noise(2, 32).astype(np.int64), noise(2, 32)),
        (np.moveaxis(noise(2, 32), -1, 1), np.moveaxis(noise(2, 32), -1, 1)),
    ],
    ids=["frames", "size", "3-d", "grey", "float", "int64", "channels first"],
)
def test_pixel_metrics_refuse_other_shapes_and_types(key, generated, reference):
    with pytest.raises(ValueError, match="expected"):
        METRICS[key].function(generated, reference)


@pytest.mark.parametrize("key", [key for key in BY_FRAME if METRICS[key].reference == "driving"])
def test_metrics_of_rows_refuse_other_shapes(key):
    rows = np.zeros((3, 4, 4))
    for other in (rows[:2], rows[:, :3]):
        with pytest.raises(ValueError, match="expected"):
            METRICS[key].function(rows, other)


@pytest.mark.parametrize("key", PIXEL)
def test_pixels_mean_nothing_without_a_true_frame(key):
    # The one exception reproduces tables that did it all the same; its description says that it carries no information.
    if key != "ssim[range255]":
        assert METRICS[key].tasks == {"self_reenactment"}


@pytest.mark.parametrize("key", SELF_ONLY)
def test_cross_reenactment_refuses_metrics_that_need_the_truth(key):
    protocol = make_protocol(task="cross_reenactment", metrics=["csim[dlib]"])
    with pytest.raises(EvalkitError, match=rf"{re.escape(key)} cannot be used with small: .*Use one of: csim\[dlib\]"):
        choose_metrics(protocol, [key])
    assert choose_metrics(make_protocol(), [key]) == (METRICS[key],)


@pytest.mark.parametrize("name", list(EXTRACTORS))
def test_extractor_facts_are_complete(name):
    extractor = EXTRACTORS.get(name)
    assert extractor.id == name and extractor.signature and "\n" not in extractor.signature
    assert all(required in EXTRACTORS for required in extractor.requires)
    assert dependency_order([name])[-1] == name and extractor.window >= WHOLE_CLIP and callable(extractor.load)


@pytest.mark.parametrize("name", [name for name in EXTRACTORS if EXTRACTORS.get(name).gpu])
def test_networks_for_a_gpu_take_a_device_and_frames_alone(name):
    extractor = EXTRACTORS.get(name)
    assert extractor.requires == () and "device" in inspect.signature(extractor.load).parameters


def test_extractor_signatures_tell_extractors_apart():
    assert len({EXTRACTORS.get(name).signature for name in EXTRACTORS}) == len(list(EXTRACTORS))


@pytest.mark.parametrize("name", list(DATASETS))
def test_dataset_facts_are_complete(name):
    dataset = DATASETS.get(name)
    assert dataset.id == name and dataset.title and dataset.licence and dataset.obtain.strip().endswith(".")


@pytest.mark.parametrize("entry", list_methods(), ids=lambda entry: entry.card.id)
def test_method_cards_are_complete(entry):
    card = entry.card
    assert card.id == entry.folder.name and card.title and card.description and card.licence
    assert (entry.folder / f"{card.adapter.partition(':')[0]}.py").is_file()


@pytest.mark.parametrize("protocol", list_protocols(), ids=lambda protocol: protocol.id)
def test_protocols_hold_together(protocol):
    assert protocol.title and protocol.dataset in DATASETS and len(protocol.hash) == 64
    assert [metric.key for metric in choose_metrics(protocol, ())] == list(protocol.metrics)
    assert set(protocol.anchors) <= {entry.card.id for entry in list_methods()}
    assert protocol.list_path is None or protocol.list_path.is_file()


def test_protocol_hashes_tell_protocols_apart():
    hashes = [protocol.hash for protocol in list_protocols()]
    assert len(set(hashes)) == len(hashes) == len(list(resource_dir("protocols").glob("*.yaml")))


def test_no_file_is_longer_than_400_lines():
    files = [path for top in ("evalkit", "baselines", "tests", "benchmarks") for path in (ROOT / top).rglob("*.py")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > 400} == {}
