"""The figures of section III-E: what their pictures are, and the command that writes them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from baselines._shared.stylegan.images import to_frames
from baselines.sfd.lab.descriptors import clips_of_people
from baselines.sfd.lab.figures.__main__ import figures, main
from baselines.sfd.lab.figures.directions import directions_figure, spreads, walk
from baselines.sfd.lab.figures.gallery import Person, Source, choose_people, load_person, load_source
from baselines.sfd.lab.figures.interpolation import between, farthest, interpolated
from baselines.sfd.lab.figures.roles import identity_only, motion_only
from baselines.sfd.lab.figures.sheet import EDGE, GAP, LEFT, TOP, sheet_figure
from baselines.sfd.lab.figures.tsne import embed, tsne_figure
from baselines.sfd.model import SFD, Face
from baselines.sfd.weights import load_model
from evalkit.clips import video
from evalkit.errors import DatasetError
from evalkit.figures.files import save_figure
from tests.baselines.sfd.conftest import TINY, lively
from tests.fakes import noise

SIZE = 48


@pytest.fixture
def model(weight_file) -> SFD:
    return load_model(weight_file).eval()


@pytest.fixture
def people(model, people_root) -> list[Person]:
    return [load_person(model, name, clips, 6, 0) for name, clips in clips_of_people("folder", people_root).items()]


@pytest.fixture
def source(model, people) -> Source:
    return load_source(model, people[0], SIZE)


def drawn(model: SFD, source: Source, identity: torch.Tensor, motion: torch.Tensor) -> np.ndarray:
    with torch.no_grad():
        face = Face(identity, motion, source.face.features)
        return to_frames(model.generate(face, motion, source.picture), "nearest")[0]


def test_interpolation_begins_and_ends_with_the_two_motions(model, people, source):
    first, last = (torch.from_numpy(person.motion[1]) for person in people[1:3])
    made = interpolated(model, source, first, last, 5)
    assert made.shape == (5, SIZE, SIZE, 3)
    for picture, motion in ((made[0], first), (made[2], (first + last) / 2), (made[4], last)):
        np.testing.assert_array_equal(picture, drawn(model, source, source.face.identity, motion[None]))
    steps = between(first, last, 5)
    assert torch.equal(steps[0], first) and torch.equal(steps[4], last)
    assert np.abs(made[0].astype(int) - made[4]).max() > 0


def test_the_drivers_frames_are_the_farthest_apart(people):
    row, column = farthest(*people[:2])
    distances = [[np.linalg.norm(a - b) for b in people[1].motion] for a in people[0].motion]
    assert distances[row][column] == np.max(distances)


@pytest.mark.parametrize("subspace", ["identity", "motion"])
def test_a_walk_moves_one_descriptor_and_passes_the_source(model, source, subspace):
    step = 2.0 * model.subspaces.bases()[subspace == "motion"][3].detach()
    made = walk(model, source, subspace, step, 3)
    identity, motion = source.face.identity, source.face.motion
    np.testing.assert_array_equal(made[1], drawn(model, source, identity, motion))
    # Identity and motion are added up, so that a step of either gives the same F.
    np.testing.assert_allclose(made[2].astype(int), drawn(model, source, identity, motion + step), atol=1)
    np.testing.assert_allclose(made[0].astype(int), drawn(model, source, identity, motion - step), atol=1)
    assert np.abs(made[0].astype(int) - made[2]).max() > 1


def test_spreads_are_those_of_the_coefficients(model):
    _, basis = model.subspaces.bases()
    coefficients = torch.randn(50, len(basis)) * torch.arange(1, len(basis) + 1)
    expected = coefficients.numpy().std(axis=0)
    np.testing.assert_allclose(spreads(coefficients @ basis, basis).detach(), expected, rtol=1e-4)


def test_only_as_many_directions_as_asked_for_are_shown(model, people):
    titles = [text.get_text() for text in directions_figure(model, people, "motion", SIZE, 2).axes[0].get_yticklabels()]
    assert len(titles) == 2 and all(title.startswith("y") and 1 <= int(title[1:]) <= 20 for title in titles)


def test_each_descriptor_alone(model, source):
    identity, motion = source.face.identity, source.face.motion
    still, nobody = torch.zeros_like(motion), torch.zeros_like(identity)
    np.testing.assert_array_equal(identity_only(model, source)[0], drawn(model, source, identity, still))
    np.testing.assert_array_equal(motion_only(model, source)[0], drawn(model, source, nobody, motion))


def test_tsne_keeps_groups_together_and_repeats():
    group = np.arange(40) % 2
    rows = (np.random.default_rng(0).normal(size=(40, 8)) + 20 * group[:, None]).astype(np.float32)
    places = embed(rows, 0)
    distances = np.linalg.norm(places[:, None] - places[None], axis=2) + np.diag(np.full(40, np.inf))
    assert np.array_equal(group[distances.argmin(axis=1)], group)
    np.testing.assert_array_equal(embed(rows, 0), places)


def test_tsne_has_a_colour_per_person_and_a_marker_per_clip(people):
    left, right = tsne_figure(people, 0, "identity").axes
    for axes in (left, right):
        assert len(axes.collections) == sum(len(person.described) for person in people)
        assert len({tuple(found.get_facecolor()[0]) for found in axes.collections}) == len(people)


def test_frames_are_random_but_repeatable_and_all_where_there_are_few(model, people_root):
    clips = clips_of_people("folder", people_root)["p1"]
    some, again, other, every = (load_person(model, "p1", clips, n, s) for n, s in ((5, 0), (5, 0), (5, 3), (99, 0)))
    frames = [[(one.clip.id, one.frames) for one in person.described] for person in (some, again, other, every)]
    assert frames[0] == frames[1] != frames[2]
    assert frames[3] == [(clip.id, (0, 1, 2, 3)) for clip in clips] and every.identity.shape == (8, 48)
    expected = video.read_frames(clips[1].path, [2], size=SIZE)
    np.testing.assert_array_equal(every.picture(6, SIZE), expected)


def test_people_are_chosen_by_the_seed(people_root):
    people = clips_of_people("folder", people_root)
    assert choose_people(people, 9, 0) == list(people)
    chosen = {tuple(choose_people(people, 3, seed)) for seed in range(9)}
    assert len(chosen) > 1 and choose_people(people, 3, 4) == choose_people(people, 3, 4)
    with pytest.raises(DatasetError, match="this data has 2"):
        choose_people({"a": [], "b": []}, 5, 0)


def test_a_sheet_holds_its_pictures_pixel_for_pixel(tmp_path):
    rows = [noise(3, SIZE, seed=seed) for seed in range(2)]
    save_figure(sheet_figure(rows, ["a", "b" * 40], ["x", "y", "$z"], "sheet"), tmp_path / "sheet.png")
    (found,) = video.read_frames(tmp_path / "sheet.png", [0])
    step = SIZE + GAP
    assert found.shape == (TOP + 2 * step - GAP + EDGE, LEFT + 3 * step - GAP + EDGE, 3)
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            top, left = TOP + i * step, LEFT + j * step
            np.testing.assert_array_equal(found[top : top + SIZE, left : left + SIZE], picture)


@pytest.mark.slow
def test_without_identity_subspace_there_is_nothing_to_walk_along(people_root, caplog):
    torch.manual_seed(0)
    model = lively(SFD(TINY.as_baseline())).eval()
    people = [load_person(model, name, clips, 4, 0) for name, clips in clips_of_people("folder", people_root).items()]
    made = dict(figures(model, people, size=32, directions=2, seed=0))
    assert list(made) == ["interpolation", "motion_directions", "tsne", "roles"]
    assert "no identity_directions: this model has no identity subspace" in caplog.text
    assert made["tsne"].axes[0].get_title() == "encoder's vectors (no identity subspace)"
    rows = [text.get_text() for text in made["roles"].axes[0].get_yticklabels()]
    assert rows[1].replace("\n", " ") == "appearance only F = w_id"


@pytest.mark.slow
def test_the_command_writes_the_same_files_again(weight_file, people_root, tmp_path: Path):
    asked = ["--weights", str(weight_file), "--data", str(people_root), "--device", "cpu", "--size", "32"]
    for out in ("first", "again"):
        assert main([*asked, "--out", str(tmp_path / out), "--directions", "2"]) == 0
    names = ("identity_directions", "interpolation", "motion_directions", "roles", "tsne")
    found = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert found == [f"{name}.{ending}" for name in names for ending in ("pdf", "png")]
    assert all((tmp_path / "first" / n).read_bytes() == (tmp_path / "again" / n).read_bytes() for n in found)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["p0", "p1"], "--people p0 p1: expected 3 or more different people"),
        (["p0", "p1", "p1"], "--people p0 p1 p1: expected 3 or more different people"),
        (["p0", "p1", "p9"], "There is no person in this data called 'p9'"),
    ],
)
def test_people_who_cannot_be_shown_are_refused(weight_file, people_root, tmp_path, caplog, names, message):
    asked = ["--weights", str(weight_file), "--data", str(people_root), "--device", "cpu", "--out", str(tmp_path)]
    assert main([*asked, "--people", *names]) == 2
    assert message in caplog.text
