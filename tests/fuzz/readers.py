"""What evalkit reads from others: for each kind, valid inputs and the reader."""

from pathlib import Path

from tests.fuzz.files import lists, settings
from tests.fuzz.reader import Reader
from tests.fuzz.run_files import caches, records, tables
from tests.fuzz.study_files import studies


def readers(root: Path) -> list[Reader]:
    """All of them, each in a folder of its own under `root`."""
    made = [*settings(root), *lists(root), *records(root), *tables(root), *studies(root), *caches(root)]
    assert len({reader.name for reader in made}) == len(made)
    return made
