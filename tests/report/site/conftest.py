"""A site over two protocols and both tasks, with a leaderboard's row, a hostile title, and another signature."""

import json
from pathlib import Path

import pytest

from evalkit.leaderboard.entry import make_entry, write_entry
from tests.fakes import edit_record
from tests.report.conftest import FIRST, pairs_over, small_protocol, write_run

EVIL = '"><script>window.pwned = 1</script><img src=x onerror="window.pwned = 2">'
SELF = small_protocol(anchors=["still"], coverage_floor=0.1)
CROSS = small_protocol(
    id="crossed",
    title="Crossed protocol",
    task="cross_reenactment",
    pairs={"rule": "all_cross_identity"},
    metrics=["csim[dlib]"],
)


def of_other_signature(run: Path, key: str) -> Path:
    """The run as a later version of a metric would have left it."""
    path = run / "summary.json"
    metrics = json.loads(path.read_text())["metrics"]
    metrics[key]["signature"] += "|another"
    edit_record(path, metrics=metrics)
    return run


@pytest.fixture(scope="session")
def given(data, tmp_path_factory) -> list[Path]:
    """Runs and a folder of leaderboards.

    On the self protocol `good` is better than the method with a hostile title, `other` has another signature of CSIM
    and `still` is an anchor; on the cross protocol `good` is a run and `board` a row.
    """
    root = tmp_path_factory.mktemp("given")
    own, cross = pairs_over(data, SELF), pairs_over(data, CROSS)
    keys = {"protocol": SELF, "data": data}
    runs = [
        write_run(root / "small" / "still", own, method="still", quality=0.9, **keys),
        write_run(root / "small" / "good", own, method="good", quality=0.2, level=FIRST + 40, **keys),
        write_run(root / "small" / "evil", own, method="evil", title=EVIL, quality=0.4, **keys),
        of_other_signature(write_run(root / "small" / "other", own, method="other", quality=0.3, **keys), "csim[dlib]"),
        write_run(root / "crossed" / "good", cross, method="good", quality=0.2, protocol=CROSS, data=data),
    ]
    row = write_run(root / "rows" / "board", cross, method="board", quality=0.1, protocol=CROSS, clips=False)
    write_entry(make_entry(row, root / "leaderboards", ("VoxCeleb1 (train)",)))
    return [*runs, root / "leaderboards"]
