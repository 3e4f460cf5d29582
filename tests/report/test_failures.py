"""Everything without a value is listed, with its reason."""

from evalkit.records.frame_scores import NO_FACE_GENERATED, NO_FACE_REFERENCE, OK
from evalkit.report.failures import failures, spans


def test_failed_clips_come_first_with_their_reason(comparison):
    first, second = failures(comparison)
    assert first == {"method": 1, "pair": 0, "status": "failed", "reason": "raised ValueError: no"}
    assert (second["method"], second["pair"], second["status"]) == (1, 1, NO_FACE_GENERATED)
    assert second["spans"] == [[2, 3]] and second["metrics"] == [1]
    assert "no face was found in the generated frame" in second["reason"]


def test_a_pair_that_was_never_made(make_run):
    from evalkit.report.collect import collect

    run = make_run("plain")
    (run / "outcomes.parquet").unlink()
    (run / "pairs" / "cora_take.json").unlink()
    (row,) = failures(collect([run]))
    assert row["pair"] == 2 and "never made" in row["reason"]


def test_spans_of_equal_statuses():
    a, b = NO_FACE_GENERATED, NO_FACE_REFERENCE
    assert spans([OK, a, a, b, OK, a]) == [(1, 2, a), (3, 3, b), (5, 5, a)]
    assert spans([OK, OK]) == [] and spans([]) == []
