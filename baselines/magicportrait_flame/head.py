"""Shape, expression and pose of a FLAME head to its points, by linear blend skinning.

Source: Li et al., "Learning a model of facial shape and expression from 4D scans" (FLAME, SIGGRAPH Asia 2017), section
3, equations 1 to 5; Loper et al., "SMPL" (SIGGRAPH Asia 2015), section 3.
"""

import numpy as np
from numpy.typing import NDArray

from baselines.magicportrait_flame.model_file import Flame

Floats = NDArray[np.float64]
ROOT, JAW = 0, 2


def shaped(flame: Flame, shape: Floats, expression: Floats) -> Floats:
    """(V, 3) points without pose, of as many numbers of shape and expression as there are."""
    points: Floats = (
        flame.template
        + flame.shapes[:, :, : len(shape)] @ shape
        + flame.expressions[:, :, : len(expression)] @ expression
    )
    return points


def posed(flame: Flame, points: Floats, root: Floats, jaw: Floats) -> Floats:
    """Turn the head and open its mouth; neck and eyes rest, as in DECA.

    Args:
        flame: the head.
        points: (V, 3) from `shaped`.
        root: (3,) axis times angle of the whole head, radians.
        jaw: (3,) of the jaw.

    Returns:
        (V, 3).
    """
    turns = np.tile(np.eye(3), (len(flame.parents), 1, 1))
    turns[ROOT], turns[JAW] = rotation(root), rotation(jaw)
    joints = flame.regressor @ points
    corrected = points + flame.corrections @ (turns[1:] - np.eye(3)).reshape(-1)
    places: list[Floats] = []
    for joint, parent in enumerate(flame.parents):
        own = np.eye(4)
        own[:3, :3] = turns[joint]
        own[:3, 3] = joints[joint] - (joints[parent] if parent >= 0 else 0)
        places.append(places[parent] @ own if parent >= 0 else own)
    moves = np.stack(places)
    moves[:, :3, 3] -= np.einsum("jab,jb->ja", moves[:, :3, :3], joints)
    blended = np.einsum("vj,jab->vab", flame.weights, moves[:, :3])
    moved: Floats = np.einsum("vab,vb->va", blended[:, :, :3], corrected) + blended[:, :, 3]
    return moved


def rotation(vector: Floats) -> Floats:
    """(3,) axis times angle, radians -> (3, 3), by Rodrigues' formula."""
    angle = float(np.linalg.norm(vector))
    if angle == 0:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn: Floats = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return turn
