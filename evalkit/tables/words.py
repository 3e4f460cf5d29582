"""The words that options of tables take."""

from typing import Literal

Style = Literal["plain", "paper", "ablation"]
Bold = Literal["interval", "value"]
Intervals = Literal["none", "half", "range"]
Extra = Literal["coverage", "people", "pairs", "fps", "latency", "memory", "status"]
Status = Literal["verified", "self-reported", "from paper"]
SELF_REPORTED: Status = "self-reported"
"""Nobody but its maker stands for a number: a run, and a row of a leaderboard that was not verified."""
FROM_PAPER: Status = "from paper"
STATUS = "status"
"""Key of the column that says who stands for the numbers of a row."""
