"""A loss in one group is named, whatever the mean over all frames says; few people get a word."""

from dataclasses import replace

import numpy as np
import pytest

from evalkit.errors import RunError
from evalkit.gating import slice_losses as module
from evalkit.gating.rules import Rules
from evalkit.gating.slice_losses import SliceLoss, slice_losses, with_groups
from evalkit.gating.verdict import gate
from evalkit.runs.aggregate import ClipScore
from evalkit.runs.slices.sliced import Slice
from evalkit.statistics.estimate import Estimate
from tests.gating.conftest import values

PEOPLE = 12
AKD = "akd[dlib68]"


def clips(means):
    return tuple(
        ClipScore(f"p{person}", f"p{person}", f"p{person}", key, mean, 10, 10, 1.0, 0, 0, "ok", None)
        for key, values in means.items()
        for person, mean in enumerate(values)
    )


def losses(monkeypatch, groups):
    """`groups`: name -> (means of the baseline, means of the candidate), metric -> one mean per person."""
    parts = [Slice(name, 120, 240, (), (clips(there), clips(here))) for name, (there, here) in groups.items()]
    monkeypatch.setattr(module, "sliced", lambda *arguments: parts)
    return slice_losses(None, None, ["yaw"], None, {})


def test_one_group_that_got_worse_is_named_and_the_others_are_not(monkeypatch):
    noise = np.random.default_rng(0).normal(0, 0.01, PEOPLE)
    base = {"csim[dlib]": 0.9 + noise, "akd[dlib68]": 3 + noise}
    turned = {"csim[dlib]": 0.8 + noise[::-1], "akd[dlib68]": 3 + noise[::-1]}
    found = losses(monkeypatch, {"yaw below 15": (base, base), "yaw from 45": (base, turned)})
    assert [str(loss) for loss in found if loss.shown] == [
        "csim[dlib] is worse where yaw from 45: -0.100 over 12 pairs, 12 people"
    ]


@pytest.mark.parametrize(("key", "change"), [("csim[dlib]", 0.1), ("akd[dlib68]", -0.5)])
def test_a_gain_is_no_loss_in_either_direction(monkeypatch, key, change):
    noise = np.random.default_rng(0).normal(0, 0.01, PEOPLE)
    there, here = {key: 0.8 + noise}, {key: 0.8 + change + noise[::-1]}
    assert not any(loss.shown for loss in losses(monkeypatch, {"a": (there, here)}))
    assert losses(monkeypatch, {"a": (here, there)})[0].shown


def test_many_groups_make_one_of_them_harder_to_name(monkeypatch):
    rng = np.random.default_rng(3)
    base = {"akd[dlib68]": rng.normal(3, 0.1, PEOPLE)}
    worse = {"akd[dlib68]": base["akd[dlib68]"] + rng.normal(0.05, 0.08, PEOPLE)}
    alone = losses(monkeypatch, {"a": (base, worse)})[0]
    among = losses(monkeypatch, {"a": (base, worse), **{f"g{n}": (base, base) for n in range(40)}})[0]
    assert alone.shown and not among.shown and among.p == pytest.approx(41 * alone.p)


def test_pairs_without_a_value_on_one_side_do_not_count_and_two_people_are_too_few(monkeypatch):
    there, here = {"akd[dlib68]": [3.0, 3.1, 3.2]}, {"akd[dlib68]": [4.0, 4.2, None]}
    (loss,) = losses(monkeypatch, {"a": (there, here)})
    assert (loss.pairs, loss.p, loss.shown, loss.change.word) == (2, None, False, "2 people")


def test_groups_become_warnings_and_those_of_too_few_people_are_named_last(monkeypatch, make_side, tmp_path):
    sides = [make_side(name, values()) for name in "ab"]
    verdict = replace(gate(*sides, Rules()), warnings=("before",))
    asked = []

    def found(one, other, by, bank, labels, data):
        asked.append((one, other, by, labels))
        return losses_found

    monkeypatch.setattr(module, "slice_losses", found)
    with pytest.raises(RunError, match="no scores of frames to group"):
        with_groups(verdict, *sides, ["yaw"], None, None)
    for side in sides:
        (side.path / "frames.parquet").touch()
    shown = SliceLoss("yaw 30 to 45", AKD, 9, Estimate(0.5, 0.1, 8.0, 9), 0.001)
    unproven = SliceLoss("yaw 0 to 15", AKD, 9, Estimate(0.5, 0.4, 8.0, 9), 0.4)
    small = SliceLoss("yaw 45 to 60", AKD, 2, Estimate(0.5, None, None, 2, "2 people"), None)
    losses_found = [shown, unproven, small]
    told = with_groups(verdict, *sides, ["yaw"], None, None)
    assert told.warnings == ("before", f"{shown}.", "Too few people to judge where yaw 45 to 60 (2 people).")
    assert told.outcome == verdict.outcome and asked[-1] == (sides[0].path, sides[1].path, ["yaw"], {})
    losses_found = [unproven]
    assert with_groups(verdict, *sides, ["yaw"], None, None).warnings == ("before",)
