"""What is said of metrics that could not be computed: one line for all that lack networks."""

from evalkit.cli import results
from evalkit.tables.cells import NOTHING, Cell, Column
from evalkit.tables.table import Table


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


def test_columns_that_no_run_could_measure_are_not_printed():
    columns = tuple(Column(key, key.upper(), "lower", "", 3) for key in ("l1", "lpips", "apd"))
    one, lost = Cell(0.5, "", 1.0, None, None, ""), Cell(None, "", 0.0, None, None, "")
    table = Table(columns, (("a", (one, NOTHING, lost)), ("b", (NOTHING, NOTHING, lost))), "", ())
    shown = results._measured(table)
    assert [column.key for column in shown.columns] == ["l1", "apd"]
    assert [cells for _, cells in shown.rows] == [(one, lost), (NOTHING, lost)]
