"""Erasing identity in closed form: what goes, what stays, and that the map is the model's own afterwards."""

import numpy as np
import pytest
import torch

from baselines.sfd.lab.data import main as render
from baselines.sfd.lab.descriptors import clips_of_people
from baselines.sfd.lab.erase import coefficients, erase, erasure, main
from baselines.sfd.model import SFD
from baselines.sfd.weights import load_model, read_file
from evalkit.datasets.folder import motions
from evalkit.errors import DatasetError
from tests.baselines.sfd.conftest import TINY

Q = 6
MIXED = np.random.default_rng(5).normal(size=(Q, Q))


def groups(people: int = 4, motions: int = 12, frames: int = 5, noise: float = 0.01):
    """Two coefficients are motion's, three the person's, one is noise; an invertible matrix mixes them."""
    rng = np.random.default_rng(0)
    made = []
    for _ in range(motions):
        pure = np.zeros((people, frames, Q))
        pure[..., :2] = rng.normal(size=(frames, 2))
        pure[..., 2:5] = 0.1 * rng.normal(size=(people, 1, 3))
        pure[..., 5] = 0.1 * rng.normal(size=(people, frames))
        made.append((pure + noise * rng.normal(size=pure.shape)) @ MIXED.T)
    return made


def changed(rows: np.ndarray, found) -> np.ndarray:
    return (rows - found.mean) @ found.matrix.T + found.mean


def test_directions_of_motion_stay_and_those_of_people_go():
    found = erasure(groups())
    assert found.kept == 2 and (found.persons[:2] < 0.01).all() and (found.persons[2:] > 0.8).all()
    assert np.linalg.matrix_rank(found.matrix, tol=1e-8) == 2
    np.testing.assert_allclose(found.matrix @ found.matrix, found.matrix, atol=1e-9)
    person, motion = MIXED[:, 3], MIXED[:, 0]
    moved = np.linalg.norm(found.matrix @ motion) / np.linalg.norm(motion)
    named = np.linalg.norm(found.matrix @ person) / np.linalg.norm(person)
    assert 0.9 < moved < 1.1 and named < 0.1


def test_doubles_agree_afterwards():
    made = groups()
    found = erasure(made)
    before, after = (
        np.mean([np.square(one - one.mean(axis=0)).mean() for one in rows])
        for rows in (made, [changed(one, found) for one in made])
    )
    assert after < 0.05 * before
    assert 0.8 < found.variance < 1


def test_a_share_is_of_variance_free_of_how_many_people_there_are():
    """Noise alone: all of the variance is not motion's, also where two people are compared."""
    rng = np.random.default_rng(0)
    persons = erasure([rng.normal(size=(2, 40, 1)) for _ in range(50)], most=2).persons
    assert persons == pytest.approx([1], abs=0.05)


def test_a_model_without_motion_is_said():
    rng = np.random.default_rng(0)
    people_only = [np.repeat(rng.normal(size=(4, 1, 3)), 5, axis=1) for _ in range(20)]
    with pytest.raises(DatasetError, match="knows no motion yet"):
        erasure(people_only)


def test_frames_that_are_all_alike_are_said():
    with pytest.raises(DatasetError, match="the same in all frames"):
        erasure([np.ones((2, 4, 3))])


def test_too_few_frames_are_said():
    with pytest.raises(DatasetError, match="12 frames of doubles are too few for 6"):
        erasure([np.random.default_rng(0).normal(size=(2, 6, 6))])


def test_what_was_erased_stays_so():
    made = groups()
    first = erasure(made)
    second = erasure([changed(one, first) for one in made])
    assert second.kept == first.kept == 2
    again = changed(changed(made[0], first), second)
    np.testing.assert_allclose(again, changed(made[0], first), atol=1e-3)


@pytest.mark.parametrize("made", [[], [np.zeros((1, 4, 3))]])
def test_nobody_to_compare_with(made):
    with pytest.raises(DatasetError, match="at least two people"):
        erasure(made)


@pytest.mark.parametrize("standardise", [True, False])
def test_the_model_applies_the_map_and_nothing_else(standardise):
    torch.manual_seed(0)
    model = SFD(TINY.model_copy(update={"standardise": standardise}))
    images = torch.rand(5, 3, 32, 32) * 2 - 1
    if standardise:
        model.describe(images, learn=True)
    model.eval()
    before = model.describe(images)
    basis = model.subspaces.bases()[1].detach().double().numpy()
    rng = np.random.default_rng(0)
    q = len(basis)
    of_people = np.where(np.arange(q) % 2, 2.0, 0.1)
    found = erasure([rng.normal(size=(1, 6, q)) + of_people * rng.normal(size=(3, 6, q)) for _ in range(40)])
    assert found.kept == q / 2
    erase(model, found)
    after = model.describe(images)
    expected = changed(before.motion.detach().double().numpy() @ basis.T, found) @ basis
    np.testing.assert_allclose(after.motion.detach().numpy(), expected, atol=2e-4)
    assert torch.equal(after.identity, before.identity)
    assert np.abs(expected - before.motion.detach().numpy()).max() > 0.05


@pytest.mark.slow
@pytest.mark.usefixtures("cache")
def test_the_command_writes_weights_and_says_what_it_lacks(tmp_path, data, weight_file, caplog, capsys):
    root = tmp_path / "shared"
    assert not render(
        ["--out", str(root), "--people", "3", "--clips", "2", "--frames", "8", "--size", "128", "--shared-motion"]
    )
    out = tmp_path / "erased.safetensors"
    asked = ["--weights", str(weight_file), "--device", "cpu", "--out", str(out), "--data"]
    assert main([*asked, str(data)]) == 2 and "No motion is made by two people" in caplog.text
    assert main([*asked, str(root)]) == 0
    facts, _ = read_file(out)
    kept = facts["erased"]["kept"]
    assert 0 < kept < TINY.motion_dim and f"{kept} of 20 directions" in capsys.readouterr().out
    assert facts["format"] == "sfd-weights-1" and facts["step"] == 0
    ours, theirs = (
        coefficients(load_model(path).eval(), clips_of_people("folder", root), motions(root), 8)
        for path in (out, weight_file)
    )
    apart = [np.mean([np.square(one - one.mean(axis=0)).mean() for one in groups]) for groups in (ours, theirs)]
    assert apart[0] < 0.9 * apart[1]
