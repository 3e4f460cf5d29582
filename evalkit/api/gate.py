"""`ek.gate`: whether a run is worse than a baseline."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from evalkit.api.finished import Run, path_of
from evalkit.api.html import grid
from evalkit.base.validation import explain_invalid
from evalkit.errors import ProtocolError
from evalkit.gating.formats import COLUMNS, HEADLINES, cells
from evalkit.gating.rules import Rules, read_rules
from evalkit.gating.side import read_side
from evalkit.gating.verdict import Verdict
from evalkit.gating.verdict import gate as compare

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class GateResult:
    """What a gate says. `verdict` has everything, metric by metric."""

    verdict: Verdict

    @property
    def outcome(self) -> str:
        """ "pass", "regression", "not_proven", "incomplete" or "not_comparable"."""
        return self.verdict.outcome

    @property
    def passed(self) -> bool:
        """Whether the candidate was shown not to be worse."""
        return self.verdict.outcome == "pass"

    @property
    def exit_code(self) -> int:
        """0 pass, 1 regression, 3 not proven or incomplete, 4 not comparable, as of `evalkit gate`."""
        return self.verdict.exit_code

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not a pass."""
        return self.verdict.reasons

    def to_pandas(self) -> "pd.DataFrame":
        """A row per metric with the fields of a verdict (docs/formats.md); needs the extra `report`."""
        import pandas as pd

        return pd.DataFrame([row.model_dump() for row in self.verdict.metrics])

    def __str__(self) -> str:
        lines = [HEADLINES[self.outcome], *(" | ".join(cells(row)[:5]) for row in self.verdict.metrics), *self.reasons]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """As notebooks show it: the headline, a row per metric, the reasons."""
        notes = [HEADLINES[self.outcome], *self.reasons, *self.verdict.warnings]
        return grid(COLUMNS, [cells(row) for row in self.verdict.metrics], notes)


def gate(
    baseline: Run | str | Path,
    candidate: Run | str | Path,
    rules: str | Path | Mapping[str, Any] | Rules | None = None,
) -> GateResult:
    """Compare a run with a baseline, pair by pair: `evalkit gate` for programs.

    Args:
        baseline: a run or its folder, a baseline file of `evalkit gate save`, or a leaderboard entry.
        candidate: a run or its folder.
        rules: a YAML file or the same as a mapping (docs/gate.md), such as
            `{"metrics": {"csim": {"absolute": 0.005}}}`. The defaults suit most uses.

    Raises `RunError` for what is not a run, `ProtocolError` and `UnknownNameError` for rules that do not fit. Runs that
    cannot be compared are no error: the outcome says so.

    >>> import evalkit as ek
    >>> ek.gate("nowhere.json", "nowhere")
    Traceback (most recent call last):
    evalkit.errors.RunError: ...
    """
    there, here = read_side(path_of(baseline)), read_side(path_of(candidate))
    return GateResult(compare(there, here, _rules(rules)))


def _rules(rules: str | Path | Mapping[str, Any] | Rules | None) -> Rules:
    if isinstance(rules, Rules):
        return rules
    if not isinstance(rules, Mapping):
        return read_rules(Path(rules) if rules is not None else None)
    try:
        return Rules.model_validate(rules)
    except ValidationError as error:
        raise ProtocolError(explain_invalid("rules", error, Rules)) from error
