"""Features of clips: the same whatever the chunks, computed once, in the order they depend on each other."""

from dataclasses import replace

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.errors import UnknownNameError, VideoError, WeightsError
from evalkit.extractors import EXTRACTORS, WHOLE_CLIP, Extractor
from evalkit.scoring import features as features_module
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank, chain_signature
from evalkit.types import AS_STORED, Selection
from tests.fakes import NO_FACE, SIZE, brightness_extractor, doubling_extractor, grey

LEVELS = [10, 20, NO_FACE, 40, 50, 60, 70]


@pytest.fixture
def calls():
    """Frames per call of the fake extractors `brightness` and `doubled`."""
    counts = {"brightness": [], "doubled": []}
    entries = {
        "brightness": brightness_extractor(counts["brightness"]),
        "doubled": doubling_extractor(counts["doubled"]),
    }
    with EXTRACTORS.also(entries):
        yield counts


@pytest.fixture
def clip(tmp_path):
    video.write_video(tmp_path / "a.mkv", [grey(LEVELS)], 25)
    return tmp_path / "a.mkv"


def bank(tmp_path, name="cache"):
    return FeatureBank(FeatureCache(tmp_path / name))


def collected(a_bank, path, chunk=16, wanted=("doubled",)):
    found = a_bank.collect(path, AS_STORED, wanted)
    if found.missing:
        for frames in video.iter_frames(path, chunk=chunk):
            found.feed(frames)
    return found.finish()


def test_features_have_a_row_per_frame_and_nan_without_a_face(tmp_path, clip, calls):
    found = collected(bank(tmp_path), clip)
    expected = np.where(np.array(LEVELS) == NO_FACE, np.nan, np.array(LEVELS, float))
    assert list(found) == ["brightness", "doubled"]
    assert np.array_equal(found["brightness"]["level"][:, 0], expected, equal_nan=True)
    assert np.array_equal(found["doubled"]["level"][:, 1], 2 * expected, equal_nan=True)


def test_chunks_do_not_matter(tmp_path, clip, calls):
    results = [collected(bank(tmp_path, f"cache{chunk}"), clip, chunk) for chunk in (1, 3, 7, 16)]
    for name in ("brightness", "doubled"):
        assert all(np.array_equal(r[name]["level"], results[0][name]["level"], equal_nan=True) for r in results)
    assert calls["brightness"] == [1] * 7 + [3, 3, 1] + [7] + [7]


@pytest.mark.parametrize("lookback", [1, 2])
def test_frames_before_are_seen_across_chunks(tmp_path, clip, lookback):
    def extract(frames, upstream):
        levels = frames[:, 0, 0, 0].astype(float)
        return {"before": np.array([[levels[max(t - lookback, 0) : t + 1].sum()] for t in range(len(levels))])}

    with EXTRACTORS.also({"trail": Extractor("trail", f"trail{lookback}", (), lambda: extract, lookback=lookback)}):
        for chunk in (1, 3, 16):
            found = collected(bank(tmp_path, f"cache{chunk}"), clip, chunk, wanted=("trail",))
            expected = [sum(LEVELS[max(t - lookback, 0) : t + 1]) for t in range(len(LEVELS))]
            assert found["trail"]["before"][:, 0].tolist() == expected


def test_nothing_is_computed_twice(tmp_path, clip, calls, monkeypatch):
    first = collected(bank(tmp_path), clip)
    calls["brightness"].clear()
    monkeypatch.setattr(video, "iter_frames", lambda *a, **k: pytest.fail("decoded again"))
    again = collected(bank(tmp_path), clip)
    assert calls["brightness"] == []
    assert np.array_equal(first["doubled"]["level"], again["doubled"]["level"], equal_nan=True)


def test_a_later_extractor_builds_on_what_is_stored(tmp_path, clip, calls):
    collected(bank(tmp_path), clip, wanted=("brightness",))
    assert sum(calls["brightness"]) == 7 and calls["doubled"] == []
    found = collected(bank(tmp_path), clip, chunk=2)
    assert sum(calls["brightness"]) == 7 and calls["doubled"] == [2, 2, 2, 1]
    assert np.array_equal(found["doubled"]["level"], 2 * found["brightness"]["level"], equal_nan=True)


def test_the_key_is_the_content_not_the_name(tmp_path, clip, calls):
    collected(bank(tmp_path), clip)
    copy = tmp_path / "copy.mkv"
    copy.write_bytes(clip.read_bytes())
    assert bank(tmp_path).collect(copy, AS_STORED, ["doubled"]).missing == []
    assert bank(tmp_path).collect(clip, Selection(size=8), ["doubled"]).missing == ["brightness", "doubled"]


def test_a_clip_that_changes_is_read_again(tmp_path, clip, calls):
    a_bank = bank(tmp_path)
    collected(a_bank, clip)
    video.write_video(clip, [grey([90, 91])], 25)
    assert collected(a_bank, clip)["brightness"]["level"][:, 0].tolist() == [90, 91]


def test_another_signature_is_another_key(tmp_path, clip, calls):
    collected(bank(tmp_path), clip)
    newer = Extractor("brightness", "brightness|v2", (), EXTRACTORS["brightness"].load)
    with EXTRACTORS.also({"brightness": newer}):
        assert bank(tmp_path).collect(clip, AS_STORED, ["doubled"]).missing == ["brightness", "doubled"]


def test_single_frames(tmp_path, clip, calls):
    found = bank(tmp_path).of_frames(clip, (4, 0, -1), SIZE, ["brightness"])
    assert found["brightness"]["level"][:, 0].tolist() == [50, 10, 70]
    calls["brightness"].clear()
    bank(tmp_path).of_frames(clip, (4, 0, -1), SIZE, ["brightness"])
    assert calls["brightness"] == []
    assert bank(tmp_path).of_frames(clip, (0, 4, -1), SIZE, ["brightness"])["brightness"]["level"][0, 0] == 10


def test_no_extractor_wanted_decodes_nothing(tmp_path, clip, monkeypatch):
    monkeypatch.setattr(features_module.video, "read_frames", lambda *a, **k: pytest.fail("decoded"))
    assert bank(tmp_path).of_frames(clip, (0,), SIZE, []) == {}


def test_a_clip_that_is_not_there(tmp_path, calls):
    with pytest.raises(VideoError, match=r"gone\.mkv: no such file"):
        bank(tmp_path).collect(tmp_path / "gone.mkv", AS_STORED, ["brightness"])


def test_an_unknown_extractor(tmp_path, clip):
    with pytest.raises(UnknownNameError, match=r"no extractor called 'dlib86'\. Did you mean 'dlib68'"):
        bank(tmp_path).collect(clip, AS_STORED, ["dlib86"])


def test_a_failed_clip_leaves_nothing_in_the_cache(tmp_path, clip, calls):
    found = bank(tmp_path).collect(clip, AS_STORED, ["doubled"])
    found.feed(grey([1, 2]))
    assert not (tmp_path / "cache").exists()
    assert bank(tmp_path).collect(clip, AS_STORED, ["doubled"]).missing == ["brightness", "doubled"]


def test_signatures_name_the_whole_chain(calls):
    assert chain_signature("brightness") == "brightness|v1"
    assert chain_signature("doubled") == "brightness|v1+doubled|v1"


def test_features_of_windows_and_of_whole_clips(tmp_path, clip, calls):
    def mean_of_window(frames, upstream):
        assert len(frames) == 3
        return {"mean": frames[:, 0, 0, 0].mean(keepdims=True)}

    def length(count, chunks):
        return {"frames": np.array([[count, *(frame[0, 0, 0] for chunk in chunks for frame in chunk)]], float)}

    entries = {
        "windows": Extractor("windows", "w|v1", (), lambda: mean_of_window, window=3),
        "whole": Extractor("whole", "c|v1", (), lambda: length, window=WHOLE_CLIP),
    }
    with EXTRACTORS.also(entries):
        for chunk in (1, 2, 5, 16):
            found = bank(tmp_path, f"cache{chunk}").collect(clip, AS_STORED, ["windows", "whole"])
            for frames in video.iter_frames(clip, chunk=chunk):
                found.feed(frames)
            # Frames 10 20 0 | 40 50 60 | 70 is left over.
            assert found.finish()["windows"]["mean"].tolist() == [10, 50]
            assert found.finish()["whole"]["frames"].tolist() == [[7, 10, 20, 0, 40, 50, 60, 70]]
        assert bank(tmp_path, "cache1").collect(clip, AS_STORED, ["windows", "whole"]).missing == []


def test_weights_that_change_while_they_are_loaded_are_not_used(tmp_path, monkeypatch):
    path = tmp_path / "net.bin"
    path.write_bytes(b"a" * 100)
    monkeypatch.setenv("FAKE_NETWORK", str(path))
    plain = brightness_extractor([])

    def swaps():
        path.write_bytes(b"b" * 100)
        return plain.load()

    with EXTRACTORS.also({"brightness": replace(plain, weights=("$FAKE_NETWORK",), load=swaps)}):
        with pytest.raises(WeightsError, match="changed while they were loaded"):
            bank(tmp_path)._frames("brightness")
        path.write_bytes(b"b" * 100)
        assert bank(tmp_path)._frames("brightness") is not None
