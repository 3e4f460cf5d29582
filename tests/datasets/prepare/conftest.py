"""Heads to paste into miniature downloads."""

import pytest

from evalkit.datasets.drawn import render_clip
from evalkit.types import Frames
from tests.datasets.prepare.raw import FRAMES, HEAD
from tests.e2e.conftest import evalkit

__all__ = ["evalkit"]


@pytest.fixture(scope="session")
def heads() -> list[Frames]:
    """Three people, a few frames each."""
    return [render_clip(identity, 0, frames=FRAMES, size=HEAD).frames for identity in range(3)]
