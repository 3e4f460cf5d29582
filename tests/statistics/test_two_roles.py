"""Both roles: people are counted whichever role they have."""

import numpy as np

from evalkit.statistics.two_roles import two_roles


def test_people_who_only_drive_or_only_are_sources_count():
    for sources, drivings in (([0, 1, 4, 0], [1, 2, 0, 3]), ([1, 2, 0, 3], [0, 1, 4, 0])):
        assert two_roles(np.array(sources), np.array(drivings), np.full(4, 0.25)).people == 5
