"""What a metric needs that is not here: names that the command which gets them takes."""

from importlib.util import find_spec

import pytest

from evalkit import weights
from evalkit.base.extras import EXTRAS
from evalkit.metrics import METRICS
from evalkit.scoring import availability
from evalkit.scoring.availability import lacking, unavailable


@pytest.mark.parametrize("key", METRICS.shipped())
def test_what_lacks_something_is_what_is_unavailable(key):
    words, reason = lacking(METRICS[key]), unavailable([METRICS[key]]).get(key)
    assert bool(words) == bool(reason)
    for name in words.split(", ") if words else []:
        known = name in weights.catalogue() or name.startswith(("coefficients of ", "$EVALKIT_"))
        assert known or set(name.strip("[]").split(",")) <= EXTRAS.keys() or find_spec(name) is None


def test_files_libraries_and_coefficients_are_told_apart(monkeypatch):
    monkeypatch.setattr(availability, "absent", lambda names: [name for name in names if name == "syncnet-v2"])
    gone = {"cv2", "ai_edge_litert", "skimage"}
    monkeypatch.setattr(availability, "absent_modules", lambda names: [name for name in names if name in gone])
    assert lacking(METRICS["l1"]) == ""
    assert lacking(METRICS["sync_c"]) == "[faces], syncnet-v2"
    assert lacking(METRICS["csim[mobilefacenet192]"]) == "[faces,networks]"
    assert lacking(METRICS["aed[smirk]"]) == "coefficients of smirk"
