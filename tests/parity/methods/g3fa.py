"""G3FA against its parity fixture."""

from __future__ import annotations

import numpy as np

from baselines.fnevr.model import Fnevr
from tests.parity.fixture import Fixture
from tests.parity.methods import fnevr

INPUTS = fnevr.INPUTS


def build(fixture: Fixture) -> tuple[Fnevr, Fnevr]:
    """The fixture's networks with align_corners off and on, same weights."""
    return fnevr.build(fixture, mini_decoder=False)


def outputs(fixture: Fixture) -> dict[str, np.ndarray]:
    """Our value of every output in io.npz."""
    return fnevr.outputs(fixture, mini_decoder=False)
