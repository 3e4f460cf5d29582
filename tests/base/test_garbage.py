"""The search for reference cycles is paused in the block, and as it was after it."""

import gc

import pytest

from evalkit.base.garbage import without_collection


def test_it_is_paused_inside_and_as_it_was_after():
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), without_collection():
        assert not gc.isenabled()
        with without_collection():
            pass
        assert not gc.isenabled(), "an inner block leaves it to the outer one"
        raise ZeroDivisionError
    assert gc.isenabled()
