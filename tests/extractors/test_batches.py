"""Every network gives a frame the same numbers, and every metric the same value, in batches of 1, 7 and 64 frames."""

import numpy as np
import pytest

from evalkit import weights
from evalkit.clips import video
from evalkit.extractors import EXTRACTORS
from evalkit.metrics import METRICS
from evalkit.metrics.base import set_rows
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank, dependency_order
from evalkit.types import AS_STORED
from tests.extractors.conftest import CLIPS
from tests.extractors.stand_ins import locate_with_stand_ins
from tests.fakes import drawn_heads, in_chunks

SIZES = (1, 7, 64)
TOLERANCE = 1e-6
MANY, SOME, FEW = 65, 17, 8
"""Frames: one more than the largest batch, or than one or two batches of 7 where networks are slow."""
OF_HEADS = {
    "dlib68": MANY,
    "dlib128": SOME,
    "face_recognition128": SOME,
    "landmark_pose": MANY,
    "landmark_expression": MANY,
    "deep3d": FEW,
}
OF_FACES = dict.fromkeys(("scrfd", "scrfd_500m", "arcface", "arcface_glint100", "arcface_onnx", "mobilefacenet"), MANY)
OF_FACES |= {"insightface": SOME, "mediapipe478": MANY, "fan68": MANY, "tddfa_v2": MANY, "fsanet": MANY, "mtcnn5": FEW}
OF_FACES |= {"mobilefacenet192": MANY, "iris_gaze": MANY}
OF_PICTURES = {"openface": SOME, "lpips_alex": MANY, "lpips_vgg": FEW, "lpips_squeeze": FEW}
OF_PICTURES |= {"stlpips_alex": FEW, "stlpips_vgg": FEW, "efficientnet_lite0": FEW}
OF_PICTURES |= {"inception": FEW, "inception_clean": FEW, "inception_tf": FEW}
OF_PICTURES |= {"dis_flow": FEW}
OF_PICTURES |= {"i3d": MANY, "i3d_first": MANY, "i3d_centre": MANY, "i3d_videogpt": 17}
NEED_MORE = {
    "jitter[dlib68]",
    "jitter[mediapipe478]",
    "silent_lips",
    "kid[subsets]",
    "fvd[first-window]",
    "fvd[common-metrics]",
    "fvd[videogpt]",
}
"""Metrics that have no value for so few rows."""
NETWORKS = [name for name in EXTRACTORS if not EXTRACTORS.get(name).imported and not EXTRACTORS.get(name).hears]
"""What hears, too, is fed in batches by tests of its own (test_syncnet.py)."""
HEAVY = {"face_recognition128", "insightface", "dlib128", "openface", "deep3d", "mediapipe478", "arcface", "tddfa_v2"}
HEAVY |= {"i3d", "i3d_centre", "i3d_videogpt", "inception", "inception_tf", "inception_clean", "lpips_vgg"}
HEAVY |= {"stlpips_vgg", "mobilefacenet", "arcface_onnx", "arcface_glint100", "scrfd"}
CASES = [pytest.param(name, marks=pytest.mark.slow if name in HEAVY else ()) for name in NETWORKS]


@pytest.fixture(scope="module")
def heads():
    """Drawn heads of 192x192, one in seven an empty room, lighter in every turn."""
    return np.concatenate([np.clip(drawn_heads().astype(int) + 2 * k, 0, 255).astype(np.uint8) for k in range(10)])


@pytest.fixture(scope="module")
def pictures(heads):
    """The same at 64x64, where nobody looks for a face."""
    return heads[:, ::3, ::3]


@pytest.fixture(scope="module")
def faces(shared):
    """Thirteen frames of each of five people, 256x256."""
    clips = [shared / "faces" / "clips" / f"{name}.mp4" for name in CLIPS]
    return np.concatenate([video.read_frames(path, range(0, 39, 3), size=256) for path in clips])


@pytest.fixture
def frames(request, name):
    if name in OF_FACES:
        request.getfixturevalue("networks")
        return request.getfixturevalue("faces")[:: MANY // OF_FACES[name]]
    count = OF_HEADS.get(name) or OF_PICTURES[name]
    return request.getfixturevalue("heads" if name in OF_HEADS else "pictures")[:count]


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory):
    return tmp_path_factory.mktemp("stand_ins")


@pytest.fixture(autouse=True)
def every_file_is_at_hand(stand_ins, monkeypatch):
    monkeypatch.setattr(weights, "locate", locate_with_stand_ins(stand_ins))


@pytest.fixture(scope="module")
def known():
    """(extractor, number of frames) -> features, of those that others build on."""
    return {}


def in_batches(name, frames, known):
    """What an extractor says of frames that come in batches of every size."""
    entry = EXTRACTORS.get(name)
    upstream = {}
    for step in dependency_order([name])[:-1]:
        if (step, len(frames)) not in known:
            known[step, len(frames)] = EXTRACTORS.get(step).load()(frames, upstream)
        upstream[step] = known[step, len(frames)]
    extract = entry.load()
    return [in_chunks(extract, frames, size, upstream) for size in SIZES]


def of_windows(name, frames, folder):
    """What the engine finds out about a clip, fed in batches of every size, by a network that sees many frames."""
    video.write_video(folder / "clip.mkv", [frames], 25)
    found = []
    for size in SIZES:
        features = FeatureBank(FeatureCache(folder / str(size))).collect(folder / "clip.mkv", AS_STORED, [name])
        for part in video.iter_frames(folder / "clip.mkv", chunk=size):
            features.feed(part)
        found.append(features.finish()[name])
    return found


def values_of(name, features):
    """Every metric of a network: the second half of the frames against the first, or the first frame with a face."""
    values = {}
    for metric in METRICS.values():
        if metric.input and metric.input[0] == name and metric.key not in NEED_MORE:
            rows = features[metric.input[1]]
            half = len(rows) // 2
            found = rows[np.isfinite(rows).reshape(len(rows), -1).all(axis=1)]
            reference = found[:1] if metric.reference == "source" else rows[:half]
            values[metric.key] = metric.function(
                *(set_rows(metric, side) for side in (rows[half : 2 * half], reference))
            )
    return values


@pytest.mark.parametrize("name", CASES)
def test_the_batch_moves_neither_features_nor_values(frames, name, known, tmp_path):
    entry = EXTRACTORS.get(name)
    if name == "mobilefacenet192" and (why := weights.missing(entry.weights)):
        pytest.skip(why)  # tests/extractors/test_mobilefacenet192.py looks at what it is given
    by_frame = entry.window == 1 and not entry.lookback
    found = in_batches(name, frames, known) if by_frame else of_windows(name, frames, tmp_path)
    values = [values_of(name, features) for features in found]
    for other in (1, 2):
        for key, value in values[0].items():
            assert np.isfinite(value).any(), key
            np.testing.assert_allclose(values[other][key], value, rtol=TOLERANCE, atol=1e-12, err_msg=key)
        for feature, rows in found[0].items() if not entry.transient else ():
            smallest = 1e-9 * np.nanmax(np.abs(rows), initial=1)
            np.testing.assert_allclose(found[other][feature], rows, TOLERANCE, smallest, err_msg=feature)
