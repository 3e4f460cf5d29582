"""Every adapter brings back the frames that a repository like its own makes, from a path with a space and quotes."""

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.errors import MethodError
from evalkit.method.find import list_methods
from tests.baselines.external.conftest import SIZE, clip, expected
from tests.baselines.external.repositories import FILES

EXTERNAL = [entry.card.id for entry in list_methods() if entry.card.external]
CHANGES = {
    # name: (frames, pixels handed over, pixels returned, most that a level may differ)
    "styleheat": (12, 256, 1024, 0),
    "hyperreenact_official": (105, 256, 256, 0),
    "stable_animator": (18, 512, 512, 0),
    "face_adapter": (5, 512, 512, 3),
}
SMALL = {"fomm_official", "fsrt_official", "pirenderer_official"}
FURTHER = set(EXTERNAL) - set(CHANGES) - {"champ", "wan_animate_diffusers"}


def test_every_card_has_a_stand_in():
    assert set(FILES) == set(EXTERNAL)


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_frames_come_back(name, standin, animate):
    count, handed, made, loss = CHANGES[name]
    found = animate(name, standin(name), count).astype(int)
    assert found.shape == (count, SIZE, SIZE, 3)
    assert np.abs(found - expected(count, handed, made)).max() <= loss


@pytest.mark.parametrize("name", sorted(FURTHER))
def test_frames_come_back_exactly(name, standin, animate):
    assert np.array_equal(animate(name, standin(name)), expected(5, 256 if name in SMALL else 512))


def test_champ_animates_guidance_that_is_there(standin, animate, tmp_path):
    for kind in ("depth", "normal", "semantic_map", "dwpose", "mask"):
        for index, frame in enumerate(clip(5)):
            video.write_image(tmp_path / "made" / "a.b--c.d" / kind / f"{index:04d}.png", video.fit(frame, 512))
    assert np.array_equal(animate("champ", standin("champ"), guidance=tmp_path / "made"), expected(5, 512))
    with pytest.raises(MethodError, match=r"champ: expected --option guidance=\.\.\. Folder with the guidance"):
        animate("champ", standin("champ"))
