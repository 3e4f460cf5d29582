"""Other names for methods that a user chose: the `aliases` of the user's configuration file (`user_config.py`).

Cards of methods have aliases too; the user's go first.
"""

from evalkit.base.places import at_home
from evalkit.method.user_config import config_path, user_config


def user_alias(name: str) -> str | None:
    """The id or folder that the user calls `name`; None if the user has no such alias.

    Raises `MethodError` as `user_config` does.
    """
    target = user_config().aliases.get(name)
    if target is None or not is_folder(target):
        return target
    return str(config_path().parent / at_home(target))


def is_folder(name: str) -> bool:
    """Whether a method is named by its folder: a path with a separator, or one that begins with a dot."""
    return "/" in name or name.startswith(".")
