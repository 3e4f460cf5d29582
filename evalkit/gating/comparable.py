"""May two sides be compared at all, and was everything measured? What they say stops a gate before any statistics."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from evalkit.gating.rules import Policy, Rules
from evalkit.gating.side import Side
from evalkit.records.run import Summary

Kind = Literal["not_comparable", "incomplete", "warning"]
_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """Something that stops the gate, or that a reader of its verdict has to know."""

    kind: Kind
    text: str


def check_sides(baseline: Side, candidate: Side, rules: Rules, subset: bool = False) -> list[Finding]:
    """What stands between two sides: protocol, machine, completeness, data.

    With `subset` the candidate may hold fewer pairs than the protocol; data is then compared pair by pair.
    """
    found = [*_protocol(baseline, candidate), *_machine(baseline, candidate, rules)]
    if any(finding.kind == "not_comparable" for finding in found):
        return found
    incomplete = [*_incomplete("baseline", baseline), *([] if subset else _incomplete("candidate", candidate))]
    if subset:
        incomplete += _failed("candidate", candidate)
    return found + (incomplete or _data(baseline, candidate, subset))


def check_signatures(baseline: Side, candidate: Side, keys: list[str]) -> list[Finding]:
    """One finding for each metric that is not, or not known to be, the same metric on both sides."""
    found = []
    for key in keys:
        one, other = baseline.entry(key), candidate.entry(key)
        if one is None or other is None:
            continue
        there, here = one.signature, other.signature
        if there and here:
            if _of_whole_protocol(there) != _of_whole_protocol(here):
                text = f"{key} has another signature: {there} in the baseline, {here} now."
                found.append(Finding("not_comparable", text))
        elif one.value is not None and other.value is not None:
            where = " and ".join([*(["in the baseline"] if not there else []), *(["now"] if not here else [])])
            text = f"{key} has a value without a signature {where}: nothing says that both are the same metric."
            found.append(Finding("not_comparable", text))
    return found


def only_in_candidate(keys: list[str]) -> list[Finding]:
    """A finding for each metric that nothing in the baseline can be compared with."""
    return [
        Finding(
            "not_comparable",
            f"{key} is new: the baseline has no value of it. Save a new baseline from a run that has it, or let the "
            f"rules ignore it.",
        )
        for key in keys
    ]


def _of_whole_protocol(signature: str) -> str:
    """A signature without the mark of a partial run, which is told apart by its pairs."""
    return re.sub(r"\|\d+ of \d+ pairs$", "", signature)


def _protocol(baseline: Side, candidate: Side) -> Iterator[Finding]:
    one, other = baseline.summary, candidate.summary
    if one.protocol_hash != other.protocol_hash:
        there, here = (_protocol_name(summary) for summary in (one, other))
        yield Finding(
            "not_comparable",
            f"The protocols differ: {there} in the baseline, {here} now. Run the baseline's checkpoint again and save "
            "a new baseline.",
        )


def _protocol_name(summary: Summary) -> str:
    return f"{summary.protocol} v{summary.protocol_version} ({summary.protocol_hash[:12]})"


def _machine(baseline: Side, candidate: Side, rules: Rules) -> Iterator[Finding]:
    yield from _policy("device class", baseline.device, candidate.device, rules.device)
    yield from _policy("precision", baseline.precision, candidate.precision, rules.precision)


def _policy(what: str, one: str | None, other: str | None, policy: Policy) -> Iterator[Finding]:
    if policy == "ignore" or (one == other and one is not None):
        return
    if one is None or other is None:
        where = " and ".join([*(["of the baseline"] if not one else []), *(["of the candidate"] if not other else [])])
        text = f"The {what} {where} is not known."
    else:
        text = f"The {what} differs: {one} in the baseline, {other} now."
    if policy == "refuse":
        name = what.partition(" ")[0]
        yield Finding("not_comparable", f"{text} The rules refuse that; `{name}: warn` in a rules file lets it pass.")
    else:
        yield Finding("warning", f"{text} A small difference may come from that alone.")


def _incomplete(name: str, side: Side) -> Iterator[Finding]:
    if not side.finished:
        yield Finding("incomplete", f"The {name} {side.path} is a run that has not finished. Repeat its command.")
        return
    wanted, run = side.summary.pairs.protocol, side.summary.pairs.run
    if run == 0 or not side.summary.metrics:
        yield Finding("incomplete", f"The {name} {side.path} is empty: no pair was scored.")
        return
    failed = list(_failed(name, side))
    yield from failed
    if run < wanted:
        yield Finding("incomplete", f"The {name} ran {run} of {wanted} pairs of the protocol.")
    elif not failed and not side.summary.complete:
        yield Finding("incomplete", f"The {name} {side.path} is marked as not complete.")


def _failed(name: str, side: Side) -> Iterator[Finding]:
    failed = list(side.summary.pairs.failed)
    if failed:
        yield Finding("incomplete", f"{len(failed)} pairs of the {name} failed: {listed(failed)}.")


def _data(baseline: Side, candidate: Side, subset: bool) -> list[Finding]:
    one, other = baseline.summary.data_hash, candidate.summary.data_hash
    if not subset and one and one == other:
        return []
    if not subset and not (one and other):
        where = " and ".join([*(["of the baseline"] if not one else []), *(["of the candidate"] if not other else [])])
        return [Finding("not_comparable", f"The digest of the data {where} is not known: run it again.")]
    here = _pairs(candidate)
    details = [] if here is None else _other_pairs(baseline, here, subset)
    both = {pair: (baseline.data[pair], candidate.data[pair]) for pair in baseline.data if pair in candidate.data}
    changed = sorted(pair for pair, (one, other) in both.items() if one.clips != other.clips)
    details += [f"other clips behind {listed(changed)}"] if changed else []
    started = sorted(pair for pair, (one, other) in both.items() if pair not in changed and one.differs(other))
    details += [f"other source frames or anchors behind {listed(started)}"] if started else []
    if not subset or details:
        return [Finding("not_comparable", f"The data differs{': ' if details else ''}{'; '.join(details)}.")]
    unknown = sorted(pair for pair, (one, other) in both.items() if one.may_differ(other))
    if not unknown:
        return []
    return [
        Finding(
            "not_comparable",
            f"Motion starts at pictures of which one side keeps no digest per pair: {listed(unknown)}. Use --stage "
            "full, or save the baseline anew from a run of this version.",
        )
    ]


def check_pairs(baseline: Side, planned: set[str]) -> list[Finding]:
    """A finding when a candidate that has not run yet would have other pairs than the baseline."""
    details = _other_pairs(baseline, planned, subset=False)
    return [Finding("not_comparable", f"The data differs: {'; '.join(details)}.")] if details else []


def _other_pairs(baseline: Side, here: set[str], subset: bool) -> list[str]:
    there = _pairs(baseline)
    if there is None:
        return []
    gone, new = sorted(there - here), sorted(here - there)
    details = [f"only in the baseline: {listed(gone)}"] if gone and not subset else []
    return [*details, f"only now: {listed(new)}"] if new else details


def _pairs(side: Side) -> set[str] | None:
    return None if side.scores is None else {pair for scores in side.scores.values() for pair in scores}


def listed(names: list[str]) -> str:
    """The first few names, and how many more."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
