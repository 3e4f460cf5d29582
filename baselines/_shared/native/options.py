"""Options of a method as values."""

from evalkit.errors import MethodError
from evalkit.method.interface import MethodConfig


def flag(config: MethodConfig, name: str) -> bool:
    """Whether a yes/no option is "yes"."""
    return config.options[name] == "yes"


def number(config: MethodConfig, name: str) -> float | None:
    """A number, or None where the option is empty. Raises `MethodError` for anything else."""
    text = config.options[name]
    try:
        return float(text) if text else None
    except ValueError as error:
        raise MethodError(f"option {name}={text!r}: expected a number.") from error
