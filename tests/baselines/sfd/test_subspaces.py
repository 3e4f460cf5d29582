"""The basis: orthonormal whatever is learned, the same by both routes."""

import pytest
import torch

from baselines.sfd.subspaces import Subspaces, gram_schmidt, qr_columns


def test_gram_schmidt_by_hand():
    matrix = torch.tensor([[3.0, 1.0], [4.0, 2.0]])
    torch.testing.assert_close(gram_schmidt(matrix), torch.tensor([[0.6, -0.8], [0.8, 0.6]]))


def test_both_routes_give_the_same_columns_and_gradients():
    torch.manual_seed(0)
    matrix = torch.randn(512, 40, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(512, 40, dtype=torch.float64)
    first, second = gram_schmidt(matrix), qr_columns(matrix)
    torch.testing.assert_close(first, second, atol=1e-10, rtol=0)
    gradients = [torch.autograd.grad((columns * weight).sum(), matrix)[0] for columns in (first, second)]
    torch.testing.assert_close(*gradients, atol=1e-10, rtol=0)


def test_the_first_column_keeps_its_direction_and_the_span_its_vectors():
    torch.manual_seed(1)
    matrix = torch.randn(30, 4)
    columns = qr_columns(matrix)
    torch.testing.assert_close(columns[:, 0], matrix[:, 0] / matrix[:, 0].norm(), atol=1e-6, rtol=0)
    torch.testing.assert_close(columns @ (columns.T @ matrix), matrix, atol=1e-5, rtol=0)


@pytest.mark.parametrize("route", ["qr", "gram_schmidt"])
def test_orthonormal_to_1e5_after_training_steps(route):
    torch.manual_seed(2)
    spaces = Subspaces(512, 20, 20, route)
    optimiser = torch.optim.Adam(spaces.parameters(), lr=0.05)
    target = torch.randn(20, 512)
    for _ in range(10):
        x_id, y_m = spaces.bases()
        loss = (x_id - target).square().sum() + (y_m + target).square().sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    basis = torch.cat(spaces.bases())
    assert basis.shape == (40, 512)
    assert (basis @ basis.T - torch.eye(40)).abs().max() < 1e-5


def test_without_identity_only_motion_is_left():
    x_id, y_m = Subspaces(16, 0, 5).bases()
    assert x_id.shape == (0, 16) and y_m.shape == (5, 16)
