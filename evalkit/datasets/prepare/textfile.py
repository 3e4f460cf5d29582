"""Lines of official text lists: UTF-8 with or without BOM, any line ending, with or without a final newline."""

from pathlib import Path

from evalkit.errors import DatasetError


def read_lines(path: Path) -> list[tuple[int, str]]:
    """Line numbers (from 1) and lines without surrounding white space; empty lines are skipped.

    Raises `DatasetError` for a file that cannot be read as text.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path}: not UTF-8 text ({error.reason} at byte {error.start}). Save it as UTF-8."
        ) from error
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: no such file; the official lists are needed whole.") from error
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror}).") from error
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
