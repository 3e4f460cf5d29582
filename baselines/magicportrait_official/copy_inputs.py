"""Stands in for a crop step of MagicPortrait that is not wanted: `python copy_inputs.py FROM TO`, file or folder."""

import os
import shutil
import sys


def main():
    """Command line."""
    given, wanted = sys.argv[1:]
    (shutil.copytree if os.path.isdir(given) else shutil.copyfile)(given, wanted)


if __name__ == "__main__":
    main()
