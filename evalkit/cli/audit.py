"""What `evalkit metrics audit` does: outputs with known faults, methods, verdicts on metrics."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from evalkit.base.files import canonical_sha256, content_sha256
from evalkit.base.places import cache_dir
from evalkit.calibration.audit.audited import audited_metrics, judges
from evalkit.calibration.audit.conditions import conditions
from evalkit.calibration.audit.measure import Entrant, Plan, measure
from evalkit.calibration.audit.report import Audit, audited, write_audit
from evalkit.cli.echo import say
from evalkit.cli.progress import pair_progress
from evalkit.datasets import DATASETS
from evalkit.datasets.drawn import DEMO_VERSION
from evalkit.errors import EvalkitError
from evalkit.method.checkpoints import with_checkpoint
from evalkit.method.code import followed, package_roots
from evalkit.method.find import build_method, find_method, method_options
from evalkit.method.interface import Closes, MethodConfig
from evalkit.method.made_by import made_by, watched_files
from evalkit.metrics import Metric
from evalkit.protocol.schema import Protocol, find_protocol
from evalkit.runs.session import make_truth, resolve_pairs
from evalkit.scoring.availability import unavailable
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank

SECONDS_A_FRAME = 0.25
"""Of one core, drawing included: an estimate. With the metrics of docs/audit.md, which need half of the networks, 0.16
were measured."""


@dataclass(frozen=True)
class AuditOptions:
    """What is audited: the first `pairs` of a protocol that knows the truth, `frames` frames each, `stride` apart.

    Empty `metrics` are all that there are verdicts for, empty `methods` the protocol's anchors. `quick` takes a few
    faults and metrics: to see that it works, not to trust a number.
    """

    protocol: str = "demo_truth"
    data: Path | None = None
    metrics: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    pairs: int = 8
    frames: int = 8
    stride: int = 2
    quick: bool = False
    out: Path = Path("audit")


def run_audit(options: AuditOptions) -> Audit:
    """Audit the metrics and write CSV, JSON, page and figure into the folder `options.out`.

    Raises `EvalkitError` for a protocol without truth, unknown names, and when no metric can be computed here.
    """
    protocol = _protocol(options)
    chosen = _computable(audited_metrics(options.metrics, options.quick))
    pairs = tuple(resolve_pairs(protocol, options.data)[: options.pairs])
    with ExitStack() as stack:
        methods = _methods(options, protocol, stack)
        plan = Plan(
            protocol, pairs, conditions(options.quick), methods, tuple(chosen), _judges(chosen) if methods else ()
        )
        total = len(plan.outputs) * len(pairs)
        seconds = total * options.frames * SECONDS_A_FRAME
        say(
            f"{len(plan.outputs)} outputs of {len(pairs)} pairs, {options.frames} frames each: about "
            f"{max(1, round(seconds / 60))} minutes of one core, less for what an earlier audit left in "
            f"{options.out} and in the cache."
        )
        root = DATASETS[protocol.dataset].resolve_root(options.data)
        make_truth(protocol, root, pairs)
        bank = FeatureBank(FeatureCache(cache_dir()))
        with pair_progress("audit", total) as on_output:
            readings = measure(plan, options.out / "clips" / _mark(options, protocol), bank, on_output)
        for entrant in methods.values():
            for file in entrant.files:
                file.refuse_changed()
    for name, reason in readings.failed.items():
        say(f"{name} is left out. {reason}")
    found = audited(plan, chosen, readings)
    write_audit(options.out, found)
    return found


def _protocol(options: AuditOptions) -> Protocol:
    protocol = find_protocol(options.protocol)
    if protocol.reference != "truth" or DATASETS[protocol.dataset].truth is None:
        raise EvalkitError(
            f"{protocol.id} does not know what the outputs should have been: an audit needs a protocol with "
            "'reference: truth' on drawn people, such as demo_truth."
        )
    rule = protocol.driving.model_copy(update={"maximum": options.frames, "stride": options.stride})
    return protocol.model_copy(update={"driving": rule})


def _computable(asked: dict[Metric, str]) -> dict[Metric, str]:
    missing = unavailable(tuple(asked))
    for key, reason in missing.items():
        say(f"{key} is left out. {reason}")
    if len(missing) == len(asked):
        raise EvalkitError("None of the metrics can be computed here.")
    return {metric: purpose for metric, purpose in asked.items() if metric.key not in missing}


def _judges(metrics: dict[Metric, str]) -> tuple[Metric, ...]:
    found = judges(metrics)
    missing = unavailable(found)
    return tuple(metric for metric in found if metric.key not in missing)


def _methods(options: AuditOptions, protocol: Protocol, stack: ExitStack) -> dict[str, Entrant]:
    """Built methods by name; one of the default ones that cannot be built here is left out, with a message."""
    built: dict[str, Entrant] = {}
    for name in options.methods or protocol.anchors:
        try:
            entry = find_method(name)
            config = with_checkpoint(entry, MethodConfig(options=method_options(entry.card, ())))
            files, found = watched_files(entry, config), made_by(entry, config)
            built[entry.card.id] = Entrant(build_method(entry, config), found, files)
        except EvalkitError as error:
            if options.methods:
                raise
            say(f"The method {name} is left out. {error}")
            continue
        method = built[entry.card.id].method
        if isinstance(method, Closes):
            stack.callback(method.close)
    return built


def _mark(options: AuditOptions, protocol: Protocol) -> str:
    """Tells clips of one audit from those of another: other frames, another corpus, faults that are made otherwise."""
    data = str(options.data.resolve()) if options.data else ""
    code = followed(["evalkit.calibration.audit.conditions"], package_roots())
    made_with = [[name, content_sha256(path)] for name, path in sorted(code.items())]
    return canonical_sha256([protocol.hash, data, DEMO_VERSION, made_with])[:8]
