"""Mutated inputs to every reader, 100,000 of them. `python -m tests.fuzz --seed 1` gives others."""

import os
import signal
import tempfile
from pathlib import Path
from random import Random

import pytest

from evalkit.errors import EvalkitError
from tests.fuzz.mutate import mutated
from tests.fuzz.readers import readers
from tests.fuzz.run import fuzz, lines, one_input
from tests.fuzz.watch import Misbehaviour, behave

# In parts, so that they spread over the cores.
SLOW = [pytest.param(range(start, start + 24_500), marks=pytest.mark.slow) for start in range(2_000, 100_000, 24_500)]


@pytest.fixture
def in_memory(tmp_path):
    """A folder whose files are written and read at once, where the system has one; small ones only."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path.resolve()
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder).resolve()


@pytest.mark.parametrize("inputs", [range(2_000), *SLOW], ids=["quick", *"abcd"])
def test_no_reader_misbehaves(in_memory, inputs):
    """Nothing but our own errors, no hang over 5 s, no file elsewhere, no message over 2 KB."""
    tally = fuzz(in_memory, inputs, seed=0)
    assert not tally.found, "\n".join(lines(tally))
    assert sum(tally.given.values()) == len(inputs)
    # Mutations that are all refused at once would test little.
    assert sum(tally.taken.values()) > len(inputs) / 5


def test_every_reader_takes_what_is_valid(tmp_path):
    """Otherwise the refusals of the fuzzer would say nothing."""
    made = readers(tmp_path)
    assert len(made) > 35
    for reader in made:
        if reader.path.exists():
            assert behave(reader.read, tmp_path), reader.name


def test_inputs_are_the_same_again(tmp_path):
    first, second = readers(tmp_path / "a"), readers(tmp_path / "b")
    fixed = [pair for pair in zip(first, second, strict=True) if pair[0].name in ("YAML", "summary.json", "manifest")]
    assert len(fixed) == 3
    for one, other in fixed:
        assert [one_input(one, n, 7) for n in range(20)] == [one_input(other, n, 7) for n in range(20)]


def test_mutations_change_something():
    seed = b'{"a": [1, 2, {"b": "text"}], "c": 1.5}'
    random = Random(1)
    made = {mutated("json", seed, [seed], random) for _ in range(200)}
    assert len(made) > 150 and sum(one == seed for one in made) <= 1


def raising(error):
    raise error


def turns_forever():
    while True:
        pass


@pytest.mark.parametrize(
    ("reads", "said"),
    [
        (lambda: raising(KeyError("x")), "KeyError"),
        (
            lambda: raising(type("Loud", (EvalkitError,), {"__str__": lambda self: "x" * 3000})()),
            "message of 3000 bytes",
        ),
        (lambda: Path("/etc/hostname").read_bytes(), "touched '/etc/hostname'"),
        (lambda: list(Path("/etc").iterdir()), "touched '/etc'"),
        (turns_forever, "no answer"),
    ],
)
def test_misbehaviour_is_seen(tmp_path, monkeypatch, reads, said):
    monkeypatch.setattr("tests.fuzz.watch.LONGEST_S", 0.3)
    with pytest.raises(Misbehaviour, match=said):
        behave(reads, tmp_path / "root")
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_long_messages_are_cut():
    """Whatever a file puts into a message."""
    text = str(EvalkitError("begins " + "é" * 5000 + " ends"))
    assert len(text.encode()) < 2048 and text.startswith("begins é") and text.endswith("é ends") and "[...]" in text
    assert str(EvalkitError("short")) == "short"
