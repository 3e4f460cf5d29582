"""Every audited metric exists, measures a known kind of error, and is not judged by its own networks."""

import pytest

from evalkit.calibration.audit.audited import JUDGES, PURPOSE, QUICK, audited_metrics, judge_of
from evalkit.calibration.audit.truth import KINDS
from evalkit.errors import UnknownNameError
from evalkit.metrics import find_metric


def test_purposes_are_kinds_of_errors_and_metrics_are_for_cross_reenactment():
    assert set(PURPOSE.values()) | set(JUDGES) <= set(KINDS)
    assert all(find_metric(key).key == key and len(find_metric(key).tasks) == 2 for key in PURPOSE)
    assert set(QUICK) <= set(PURPOSE)
    assert all(find_metric(key).by_frame for keys in JUDGES.values() for key in keys)


def test_no_network_judges_itself():
    assert judge_of(find_metric("aed[landmark]"), "expression") is find_metric("aed[blendshapes]")
    assert judge_of(find_metric("aed[blendshapes]"), "expression") is find_metric("aed[landmark]")
    assert judge_of(find_metric("mouth"), "mouth") is find_metric("lmd[dlib68]")
    assert judge_of(find_metric("gaze[blendshapes]"), "gaze") is None
    assert judge_of(find_metric("csim[dlib]"), "identity") is None


def test_a_metric_without_a_true_answer_is_refused():
    with pytest.raises(UnknownNameError, match="fvd"):
        audited_metrics(["fvd"])
    assert list(audited_metrics(["csim[dlib]"]).values()) == ["identity"]
