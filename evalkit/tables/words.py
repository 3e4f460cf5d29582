"""The words that options of tables take."""

from typing import Literal

Style = Literal["plain", "paper", "ablation"]
Bold = Literal["interval", "value"]
Intervals = Literal["none", "half", "range"]
Extra = Literal["coverage", "people", "pairs", "fps", "latency", "memory"]
