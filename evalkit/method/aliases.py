"""Other names for methods that a user chose: the `aliases` of the user's configuration file.

    aliases:
      ours: ../my_method        # a folder, relative to the file, or the id of a method that comes with evalkit

The file is `$EVALKIT_CONFIG`, else `evalkit/config.yaml` under `$XDG_CONFIG_HOME` or `~/.config`. Cards of methods have
aliases too; the user's go first.
"""

import os
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from evalkit.base.validation import explain_invalid
from evalkit.base.yamlfile import read_yaml
from evalkit.errors import MethodError


class UserConfig(BaseModel):
    """What a user can configure: alias -> id or folder of a method."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    aliases: dict[str, str] = {}


def config_path() -> Path:
    """The user's configuration file, if there is one."""
    if chosen := os.environ.get("EVALKIT_CONFIG"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "evalkit" / "config.yaml"


def user_alias(name: str) -> str | None:
    """The id or folder that the user calls `name`; None if the user has no such alias.

    Raises `MethodError` for a file that cannot be read, or that `$EVALKIT_CONFIG` names and that is missing.
    """
    path = config_path()
    if not path.is_file() and not os.environ.get("EVALKIT_CONFIG"):
        return None
    try:
        config = UserConfig.model_validate(read_yaml(path) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MethodError(f"{path}: expected the user's configuration, {error}") from error
    except ValidationError as error:
        raise MethodError(explain_invalid(path, error, UserConfig)) from error
    target = config.aliases.get(name)
    if target is None or not is_folder(target):
        return target
    return str(path.parent / Path(target).expanduser())


def is_folder(name: str) -> bool:
    """Whether a method is named by its folder: a path with a separator, or one that begins with a dot."""
    return "/" in name or name.startswith(".")
