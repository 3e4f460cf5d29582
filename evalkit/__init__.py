"""evalkit: benchmark and evaluation suite for face reenactment."""

__version__ = "0.2.0"
