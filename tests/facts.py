"""The files of a finished run with every key, for tests that write run folders by hand."""

from typing import Any

from evalkit.records.frame_scores import SCHEMA_VERSION

Content = dict[str, Any]


def metric_facts(**changes: Any) -> Content:
    """An entry of `summary.json`."""
    facts = {
        "title": "L1",
        "better": "lower",
        "unit": "",
        "value": 0.1,
        "ci_low": None,
        "ci_high": None,
        "ci": None,
        "n": 3,
        "frames": 30,
        "coverage": 1.0,
        "status": "ok",
        "signature": "l1|v1",
    }
    return facts | changes


def summary_facts(metrics: Content, **changes: Any) -> Content:
    """`summary.json` of three pairs that were all scored."""
    facts = {
        "schema_version": SCHEMA_VERSION,
        "protocol": "small",
        "protocol_version": 1,
        "protocol_hash": "a" * 64,
        "task": "self_reenactment",
        "data_hash": "d" * 64,
        "method": "m",
        "title": "M",
        "complete": True,
        "pairs": {"protocol": 3, "run": 3, "scored": 3, "failed": []},
        "metrics": metrics,
    }
    return facts | changes


def header_facts(**changes: Any) -> Content:
    """`run.json` of the same; a change of a part changes only the keys it names."""
    facts: Content = {
        "schema_version": SCHEMA_VERSION,
        "status": "finished",
        "created": "2026-01-01T00:00:00+0000",
        "updated": "2026-01-01T00:01:00+0000",
        "configuration": {
            "kind": "method",
            "method": "m",
            "title": "M",
            "protocol": "small",
            "protocol_hash": "a" * 64,
            "motion": "absolute",
        },
        "data": None,
        "protocol": {
            "id": "small",
            "version": 1,
            "title": "Small",
            "task": "self_reenactment",
            "dataset": "folder",
            "driving": {},
            "resolution": 16,
            "metrics": ["l1"],
            "averaging": "clip",
            "coverage_floor": 0.9,
        },
        "metrics": ["l1"],
        "extractors": {},
        "coefficients": {},
        "scoring_device": "cpu",
        "device": {"type": "cpu", "name": "", "threads": None},
        "provenance": {"evalkit": "0", "commit": None, "dirty": None},
        "timings": {
            "fps": None,
            "frames": 30,
            "seconds": 1.0,
            "latency_s": None,
            "batch": None,
            "warm_up": "",
            "peak_memory_bytes": None,
            "peak_memory_of": "",
        },
    }
    for key, value in changes.items():
        facts[key] = facts[key] | value if isinstance(value, dict) else value
    return facts
