"""The words that options of figures take."""

from typing import Literal

Choice = Literal["worst", "median", "best", "random"]
