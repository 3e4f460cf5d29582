"""Python starts with this when its folder is on PYTHONPATH: what $HIDDEN names is not installed."""

import os
import sys
from importlib.machinery import PathFinder

HIDDEN = set(os.environ.get("HIDDEN", "").split(","))


class Finder:
    """Python's own finder of files, blind to the hidden modules and to the distributions of the same name."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        return None if name.partition(".")[0] in HIDDEN else PathFinder.find_spec(name, path, target)

    @staticmethod
    def find_distributions(context):
        return [] if context.name in HIDDEN else PathFinder.find_distributions(context)


sys.meta_path[sys.meta_path.index(PathFinder)] = Finder
