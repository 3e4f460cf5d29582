"""Descriptors of some people in two dimensions (left of Fig. 5 of the paper)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from baselines.sfd.lab.figures.gallery import Person
from evalkit.figures.files import new_figure

_PERPLEXITY = 30.0
_MARKERS = "o^sDvP"


def embed(descriptors: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """(T, N) -> (T, 2) by t-SNE from a start by principal components; perplexity 30, or T / 4 if that is less."""
    from sklearn.manifold import TSNE

    perplexity = min(_PERPLEXITY, len(descriptors) / 4)
    found: NDArray[np.float32] = TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(descriptors)
    return found


def tsne_figure(people: Sequence[Person], seed: int, identity_title: str) -> Figure:
    """Identity descriptors at the left, motion descriptors at the right: a colour per person, a marker per clip."""
    figure = new_figure(180, 95)
    left, right = figure.subplots(1, 2)
    for axes, title, rows in (
        (left, identity_title, [person.identity for person in people]),
        (right, "motion descriptors w_m", [person.motion for person in people]),
    ):
        places = np.split(embed(np.concatenate(rows), seed), np.cumsum([len(row) for row in rows])[:-1])
        for index, (person, points) in enumerate(zip(people, places, strict=True)):
            clips = np.split(points, np.cumsum([len(one.frames) for one in person.described])[:-1])
            for number, clip in enumerate(clips):
                axes.scatter(
                    clip[:, 0],
                    clip[:, 1],
                    s=9,
                    marker=_MARKERS[number % len(_MARKERS)],
                    color=f"C{index % 10}",
                    linewidths=0,
                    alpha=0.8,
                    label=" ".join(person.name.split()) if number == 0 else None,
                )
        axes.set_title(title, fontsize=9)
        axes.set(xticks=[], yticks=[])
        axes.set_box_aspect(1)
        axes.margins(0.05)
    legend = figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=8)
    legend.set_frame_on(False)
    for entry in legend.get_texts():
        entry.set_parse_math(False)
    figure.suptitle("t-SNE: a colour per person, a marker per clip", fontsize=10)
    return figure
