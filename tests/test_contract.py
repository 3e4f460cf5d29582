"""What everything registered has to keep: metrics, extractors, datasets, methods, protocols, files."""

import re
from functools import partial
from pathlib import Path

import pytest

from evalkit.base.places import resource_dir
from evalkit.datasets import DATASETS
from evalkit.doctor.contract import datasets as contract_datasets
from evalkit.doctor.contract import extractors as contract_extractors
from evalkit.doctor.contract import methods as contract_methods
from evalkit.doctor.contract import metrics as contract_metrics
from evalkit.doctor.contract.checks import CannotCheck
from evalkit.errors import EvalkitError
from evalkit.extractors import EXTRACTORS
from evalkit.method.find import find_method, list_methods
from evalkit.metrics import METRICS, find_metric
from evalkit.protocol.schema import list_protocols
from evalkit.runs.session import choose_metrics
from tests.fakes import make_protocol

ROOT = Path(__file__).resolve().parent.parent
TASKS = {"self_reenactment", "cross_reenactment"}
KEYS = METRICS.shipped()
PIXEL = [key for key, metric in METRICS.items() if metric.input is None]
BY_FEATURE = [key for key, metric in METRICS.items() if metric.input]
BY_FRAME = [key for key, metric in METRICS.items() if metric.input and metric.by_frame]
SELF_ONLY = [key for key, metric in METRICS.items() if metric.tasks == {"self_reenactment"}]


@pytest.mark.parametrize("key", KEYS)
def test_metric_facts_are_complete(key):
    assert METRICS[key].key == key and contract_metrics.facts(METRICS[key]) == ""


@pytest.mark.parametrize("key", KEYS)
def test_metric_signatures_tell_metrics_apart(key):
    assert contract_metrics.signature_is_its_own(METRICS[key]) == ""


@pytest.mark.parametrize("name", sorted({metric.id for metric in METRICS.values()}))
def test_a_metric_is_a_file_and_has_a_test(name):
    assert (ROOT / "evalkit" / "metrics" / f"{name}.py").is_file()
    assert list((ROOT / "tests" / "metrics").glob(f"test_{name}*.py")), f"tests/metrics/test_{name}.py is missing"
    assert find_metric(name).id == name


@pytest.mark.parametrize("key", BY_FEATURE)
def test_metric_inputs_exist(key):
    assert contract_metrics.input_exists(METRICS[key]) == ""


@pytest.mark.parametrize("key", PIXEL)
def test_pixel_metrics_get_worse_with_noise(key):
    assert contract_metrics.gets_worse_with_noise(METRICS[key]) == ""


@pytest.mark.parametrize("key", BY_FEATURE)
def test_every_other_metric_gets_worse_the_further_its_features_are(key):
    if key == "kid[subsets]":
        fewer = partial(METRICS[key].function, subsets=2)
        assert contract_metrics.gets_worse_with_distance(METRICS[key], fewer, count=1000) == ""
    elif key in ("blink", "silent_lips"):  # they look for closed eyes and shut mouths; their own tests have some
        with pytest.raises(CannotCheck, match="no value for seeded noise"):
            contract_metrics.gets_worse_with_distance(METRICS[key])
    else:
        assert contract_metrics.gets_worse_with_distance(METRICS[key]) == ""


@pytest.mark.parametrize("key", PIXEL)
def test_pixel_metrics_refuse_other_shapes_and_types(key):
    assert contract_metrics.refuses_other_frames(METRICS[key]) == ""


@pytest.mark.parametrize("key", [key for key in BY_FRAME if METRICS[key].reference == "driving"])
def test_metrics_of_rows_refuse_other_shapes(key):
    assert contract_metrics.refuses_other_rows(METRICS[key]) == ""


@pytest.mark.parametrize("key", KEYS)
def test_every_metric_meets_the_checks_that_others_meet(key):
    checks = contract_metrics.checks_of(METRICS[key])
    assert {"facts", "signature", "direction"} <= checks.keys()
    assert ("refuses other frames" in checks) == (key in PIXEL) and ("input exists" in checks) == (key in BY_FEATURE)


@pytest.mark.parametrize("key", PIXEL)
def test_pixels_mean_nothing_without_a_true_frame(key):
    # The one exception reproduces tables that did it all the same; its description says that it carries no information.
    assert (contract_metrics.needs_the_true_frame(METRICS[key]) == "") == (key != "ssim[range255]")


@pytest.mark.parametrize("key", SELF_ONLY)
def test_cross_reenactment_refuses_metrics_that_need_the_truth(key):
    protocol = make_protocol(task="cross_reenactment", metrics=["csim[dlib]"])
    with pytest.raises(EvalkitError, match=rf"{re.escape(key)} cannot be used with small: .*Use one of: csim\[dlib\]"):
        choose_metrics(protocol, [key])
    assert choose_metrics(make_protocol(), [key]) == (METRICS[key],)


@pytest.mark.parametrize("name", EXTRACTORS.shipped())
def test_extractor_facts_are_complete(name):
    extractor = EXTRACTORS[name]
    assert extractor.id == name and contract_extractors.facts(extractor) == ""
    assert contract_extractors.comes_last_in_its_chain(extractor) == ""


@pytest.mark.parametrize("name", EXTRACTORS.shipped())
def test_extractor_signatures_tell_extractors_apart(name):
    assert contract_extractors.signature_is_its_own(EXTRACTORS[name]) == ""


@pytest.mark.parametrize("name", DATASETS.shipped())
def test_dataset_facts_are_complete(name):
    assert DATASETS[name].id == name and contract_datasets.facts(DATASETS[name]) == ""


@pytest.mark.parametrize("entry", list_methods(), ids=lambda entry: entry.card.id)
def test_method_cards_are_complete(entry):
    assert entry.card.id == entry.folder.name and contract_methods.card(entry) == ""


def test_a_method_without_networks_animates():
    assert contract_methods.animates(find_method("copy_driving")) == ""


@pytest.mark.parametrize("protocol", list_protocols(), ids=lambda protocol: protocol.id)
def test_protocols_hold_together(protocol):
    assert protocol.title and protocol.dataset in DATASETS and len(protocol.hash) == 64
    assert [metric.key for metric in choose_metrics(protocol, ())] == list(protocol.metrics)
    assert set(protocol.anchors) <= {entry.card.id for entry in list_methods()}
    assert protocol.list_path is None or protocol.list_path.is_file()


def test_protocol_hashes_tell_protocols_apart():
    hashes = [protocol.hash for protocol in list_protocols()]
    files = [path for path in resource_dir("protocols").glob("*.yaml") if "@" not in path.stem]
    assert len(set(hashes)) == len(hashes) == len(files)


def test_no_file_is_longer_than_400_lines():
    files = [path for top in ("evalkit", "baselines", "tests", "benchmarks") for path in (ROOT / top).rglob("*.py")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > 400} == {}
