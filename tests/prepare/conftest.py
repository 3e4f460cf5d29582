"""Heads to paste into miniature downloads."""

import pytest

from evalkit.demo import render_clip
from evalkit.types import Frames
from tests.e2e.conftest import evalkit
from tests.prepare.raw import FRAMES, HEAD

__all__ = ["evalkit"]


@pytest.fixture(scope="session")
def heads() -> list[Frames]:
    """Three people, a few frames each."""
    return [render_clip(identity, 0, frames=FRAMES, size=HEAD).frames for identity in range(3)]
