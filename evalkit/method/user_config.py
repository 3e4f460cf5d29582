"""The user's configuration file: other names for methods, and where foreign repositories are.

    aliases:
      ours: ../my_method        # a folder, relative to the file, or the id of a method that comes with evalkit
    external:
      styleheat:
        clone: ~/code/StyleHEAT
        python: ~/envs/styleheat/bin/python    # else the clone's own .venv or venv
        seconds: 600                           # most that a pair may take
        memory_gb: 32

The file is `$EVALKIT_CONFIG`, else `evalkit/config.yaml` under `$XDG_CONFIG_HOME` or `~/.config`.
"""

import os
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evalkit.base.places import at_home
from evalkit.base.validation import explain_invalid
from evalkit.base.yamlfile import read_yaml
from evalkit.errors import MethodError


class Placed(BaseModel):
    """Where the repository of an external method is on this machine, and what it may take; null is the card's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    clone: Path | None = None
    python: Path | None = None
    seconds: float | None = Field(default=None, gt=0)
    memory_gb: float | None = Field(default=None, gt=0)


class UserConfig(BaseModel):
    """What a user can configure: alias -> id or folder of a method; id of an external method -> where it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    aliases: dict[str, str] = {}
    external: dict[str, Placed] = {}


def config_path() -> Path:
    """The user's configuration file, if there is one."""
    if chosen := os.environ.get("EVALKIT_CONFIG"):
        return at_home(chosen)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "evalkit" / "config.yaml"


def user_config() -> UserConfig:
    """What the user configured; nothing without a file.

    Raises `MethodError` for a file that cannot be read, or that `$EVALKIT_CONFIG` names and that is missing.
    """
    path = config_path()
    if not path.is_file() and not os.environ.get("EVALKIT_CONFIG"):
        return UserConfig()
    try:
        return UserConfig.model_validate(read_yaml(path) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MethodError(f"{path}: expected the user's configuration, {error}") from error
    except ValidationError as error:
        raise MethodError(explain_invalid(path, error, UserConfig)) from error
