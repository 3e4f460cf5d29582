"""Who may be compared with whom."""

import numpy as np
import pytest

from evalkit.errors import RunError
from evalkit.report.site.boards import SiteBoard, make_boards
from evalkit.report.site.couples import couples_of, wins
from evalkit.report.site.given import read_given
from tests.report.conftest import small_protocol
from tests.report.site.conftest import EVIL


@pytest.fixture(scope="module")
def boards(given) -> list[SiteBoard]:
    return make_boards(read_given(given, {}))


def test_protocols_are_boards_and_anchors_come_last(boards):
    assert [(board.title, board.titles) for board in boards] == [
        ("Small protocol", ("good", "other", EVIL, "still")),
        ("Crossed protocol", ("good", "board")),
    ]
    assert boards[0].slug.startswith("small-") and len(boards[0].slug) == len("small-") + 12


def test_a_number_of_another_signature_is_no_number_of_the_board(boards):
    board = boards[0]
    place = board.titles.index("other")
    assert list(board.others) == [(place, "csim[dlib]")]
    assert board.others[place, "csim[dlib]"].endswith("|another")
    cell = board.rows[place]["cells"][1]
    assert cell["value"] is None and cell["other"].startswith("metrics/csim.html#s-")
    # It is left out of ranks, of the matrix and of what pages draw.
    assert board.board.ranked_by == ("l1",) and board.board.left_out == ("csim[dlib]",)
    assert all(place not in couple for couple in couples_of(board)["csim[dlib]"])
    assert np.isnan(board.clips["csim[dlib]"].means[place]).all()


def test_couples_and_wins(boards):
    found = couples_of(boards[0])
    good, evil = (boards[0].titles.index(name) for name in ("good", EVIL))
    couple = found["l1"][min(good, evil), max(good, evil)]
    # A constant difference has no spread: it is known, whoever the people are.
    assert abs(couple.difference.mean) == pytest.approx(0.2) and couple.apart
    won = wins(boards[0], found)
    assert won[boards[0].titles.index("still")] == (0, 0)
    # In L1 it beats both others, in CSIM it loses to the one that is comparable.
    assert won[good] == (2, 1)


def test_boards_of_one_title_are_told_apart(make_run):
    runs = [make_run("a"), make_run("b", protocol=small_protocol(version=2))]
    first, second = make_boards(read_given(runs, {}))
    assert (first.title, second.title) == ("Small protocol (v1)", "Small protocol (v2)")
    assert first.slug != second.slug


def test_two_runs_of_one_name_are_refused(make_run, tmp_path):
    one, other = make_run("a"), make_run("b", title="a", quality=0.3)
    with pytest.raises(RunError, match="row name 'a'"):
        make_boards(read_given([one, other], {}))
