"""What is said of metrics that could not be computed: one line for all that lack networks."""

from evalkit.cli import results


def test_metrics_that_lack_networks_share_a_line_and_a_remedy(monkeypatch):
    monkeypatch.setattr(
        results, "missing_networks", lambda names: " and ".join(f"get {n}" for n in dict.fromkeys(names)) or None
    )
    reasons = {
        "akd[mtcnn5]": "get mtcnn5",
        "aed[smirk]": "give --coefficients",
        "coverage[mtcnn5]": "get mtcnn5",
        "apd[mediapipe]": "get mediapipe478",
    }
    assert results._why_unavailable(reasons) == [
        "akd[mtcnn5], coverage[mtcnn5] and apd[mediapipe] are unavailable. get mtcnn5 and get mediapipe478",
        "aed[smirk] is unavailable. give --coefficients",
    ]
    alone = {"aed[smirk]": "give --coefficients", "akd[mtcnn5]": "get mtcnn5"}
    assert results._why_unavailable(alone) == [f"{key} is unavailable. {reason}" for key, reason in alone.items()]
    assert results._why_unavailable({}) == []
