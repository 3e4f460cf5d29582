"""Features on disk: keyed by content and extractor, whole or absent, damage is a miss."""

import gc
import multiprocessing
import os
import warnings

import numpy as np
import pytest

from evalkit.scoring.cache import FeatureCache, clip_decoding, feature_key, still_decoding
from evalkit.types import AS_STORED, Selection
from tests.scoring.writers import KEY, die_while_writing, save_often

FEATURES = {
    "points": np.arange(12.0).reshape(2, 3, 2),
    "found": np.array([[1.0, np.nan]]),
    "nothing": np.zeros((0, 4)),
}
SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def cache(tmp_path) -> FeatureCache:
    return FeatureCache(tmp_path)


def test_what_is_saved_is_loaded_bit_by_bit(cache):
    cache.save(KEY, FEATURES)
    loaded = cache.load(KEY)
    assert loaded is not None and loaded.keys() == FEATURES.keys()
    for name, array in FEATURES.items():
        assert loaded[name].dtype == array.dtype and np.array_equal(loaded[name], array, equal_nan=True)


def test_a_cache_that_may_only_be_read_is_used(cache, monkeypatch):
    cache.save(KEY, FEATURES)

    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(type(cache.folder), "touch", refuse)
    assert cache.load(KEY) is not None


def test_an_unknown_key_is_a_miss(cache):
    assert cache.load(KEY) is None
    cache.save(KEY, FEATURES)
    assert cache.load(feature_key("b" * 64, {"size": 256}, "net@1")) is None


def test_saving_leaves_one_file_and_replaces_the_old(cache):
    cache.save(KEY, FEATURES)
    cache.save(KEY, {"points": np.ones((1, 2))})
    files = [path for path in cache.folder.rglob("*") if path.is_file()]
    assert [path.name for path in files] == [f"{KEY}.npz"]
    loaded = cache.load(KEY)
    assert loaded is not None and list(loaded) == ["points"]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_short_is_a_miss(cache, share):
    cache.save(KEY, FEATURES)
    (path,) = cache.folder.rglob("*.npz")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert cache.load(KEY) is None


def test_what_a_killed_process_was_writing_is_never_read_and_can_be_collected(cache):
    cache.save(KEY, FEATURES)
    process = SPAWN.Process(target=die_while_writing, args=(cache._path(KEY),))
    process.start()
    process.join()
    assert process.exitcode == 9
    assert len(cache.entries()) == 2
    loaded = cache.load(KEY)
    assert loaded is not None and np.array_equal(loaded["points"], FEATURES["points"])
    assert cache.collect_garbage(3600) == (0, 0)
    for path in cache.entries():
        os.utime(path, (0, 0))
    cache.load(KEY)  # what is used stays
    assert cache.collect_garbage(3600)[0] == 1
    assert [path.name for path in cache.entries()] == [f"{KEY}.npz"]


def test_a_damaged_file_is_closed(cache):
    cache.save(KEY, FEATURES)
    (path,) = cache.folder.rglob("*.npz")
    path.write_bytes(path.read_bytes()[:100])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert cache.load(KEY) is None
        gc.collect()
    assert caught == []


def test_a_flipped_byte_never_gives_other_numbers_or_an_error(cache):
    cache.save(KEY, FEATURES)
    (path,) = cache.folder.rglob("*.npz")
    data = path.read_bytes()
    for position in range(len(data)):
        path.write_bytes(data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :])
        loaded = cache.load(KEY)
        assert loaded is None or loaded.keys() == FEATURES.keys()
        for name, array in (loaded or {}).items():
            assert np.array_equal(array, FEATURES[name], equal_nan=True)


def test_pickles_are_never_loaded(cache):
    path = cache.folder / "features" / KEY[:2] / f"{KEY}.npz"
    path.parent.mkdir(parents=True)
    np.savez(path, points=np.array([{"code": 1}], dtype=object))
    assert cache.load(KEY) is None


def test_objects_are_never_saved(cache):
    with pytest.raises(ValueError):
        cache.save(KEY, {"points": np.array([{}], dtype=object)})
    assert [path for path in cache.folder.rglob("*") if path.is_file()] == []


def test_every_part_of_the_key_counts():
    keys = [
        KEY,
        feature_key("b" * 64, {"size": 256}, "net@1"),
        feature_key("a" * 64, {"size": 512}, "net@1"),
        feature_key("a" * 64, {"size": None}, "net@1"),
        feature_key("a" * 64, {"size": 256, "start": 1}, "net@1"),
        feature_key("a" * 64, {"size": 256}, "net@2"),
    ]
    assert len(set(keys)) == len(keys)
    assert feature_key("a" * 64, {"start": 1, "size": 2}, "n") == feature_key("a" * 64, {"size": 2, "start": 1}, "n")


@pytest.mark.slow
def test_two_processes_may_save_at_once(cache):
    # The temporary name is random and the rename is atomic: whoever is last wins, nobody reads half a file.
    processes = [SPAWN.Process(target=save_often, args=(cache.folder, worker)) for worker in range(4)]
    for process in processes:
        process.start()
    seen = []
    while any(process.is_alive() for process in processes):
        loaded = cache.load(KEY)
        if loaded:
            seen.append(loaded["points"])
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert seen and all(np.ptp(points) == 0 and points.shape == (50, 50) for points in seen)


@pytest.mark.parametrize(
    ("decoding", "key"),
    [
        (clip_decoding(AS_STORED), "83eb1c8d23aae9c83f00c0d8e27b8c05ddcb162a45a66bd30740c70bee893cf0"),
        (clip_decoding(Selection(1, 2, size=256)), "b17f814181e8a36317f3eb3f91a42857d1247ef259096a89a3bccf0ff7fc87af"),
        (clip_decoding(Selection(rgb="swscale")), "1edc85fb99aae696d7c0efbb7170e933da1845ca151787436a0078edada7eee3"),
        (still_decoding((0, -1), 256, "accurate"), "f1284b414d5bf7300d188f7c2eb8d995175d6d6fce2e48e2c472d1c0c9d8779b"),
    ],
)
def test_keys_are_those_of_caches_that_exist(decoding, key):
    # sha256 of ["aa...", {"size": 256, "start": 1, ..., "rgb": "accurate", "decoder": 2} | {"indices": ...}, "net@1"].
    assert feature_key("a" * 64, decoding, "net@1") == key


@pytest.mark.parametrize("change", ["a row less", "another value", "an array less"])
def test_an_entry_that_was_changed_is_a_miss(cache, change):
    """Issue 21, kind 4: cache entries with a row missing."""
    cache.save(KEY, FEATURES)
    (path,) = cache.folder.rglob("*.npz")
    with np.load(path) as stored:
        content = dict(stored)
    if change == "a row less":
        content["points"] = content["points"][:-1]
    elif change == "another value":
        content["points"][0] += 1
    else:
        del content["points"]
    np.savez(path, **content)
    assert cache.load(KEY) is None
    cache.save(KEY, FEATURES)
    assert cache.load(KEY) is not None
