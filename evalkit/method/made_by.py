"""What decides the frames of a method, as one digest: its code, its weights, its options, and how it computes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from evalkit.base.files import canonical_sha256
from evalkit.method.checkpoints import checkpoint_sha256
from evalkit.method.external import Clone, locate
from evalkit.method.find import MethodEntry
from evalkit.method.foreign.weights import weights_sha256
from evalkit.method.interface import MethodConfig
from evalkit.method.option_files import option_files, recorded_options
from evalkit.method.watched import WatchedFile, watch


@dataclass(frozen=True)
class MadeBy:
    """A method as it makes frames; the keys are those of the configuration in `run.json`.

    `checkpoint_sha256` is None for a method without weights, `commit` empty for one that is not external.
    """

    method: str
    code_sha256: str
    checkpoint_sha256: str | None
    commit: str
    options: Mapping[str, str]
    device: str
    precision: str
    channels_last: bool
    compile: bool
    seed: int
    random_weights: bool

    @property
    def digest(self) -> str:
        """sha256 over all of it: two methods of one name and different frames differ in it."""
        return canonical_sha256(asdict(self))


def made_by(entry: MethodEntry, config: MethodConfig) -> MadeBy:
    """What a method would make frames with now; `config` names the checkpoint (`with_checkpoint`).

    Raises `MethodError` for an external method whose clone is not found.
    """
    clone = locate(entry.card, config.options, entry.asked) if entry.card.external else None
    named = option_files(entry.card, entry.folder, config.options, clone.place.clone if clone else None)
    return MadeBy(
        method=entry.card.id,
        code_sha256=entry.code_sha256,
        checkpoint_sha256=weights_sha256(clone.weights) if clone else checkpoint_sha256(config),
        commit=clone.commit if clone else "",
        options=recorded_options(entry.card, config.options, named),
        device=config.device.partition(":")[0],
        precision=config.precision,
        channels_last=config.channels_last,
        compile=config.compile,
        seed=config.seed,
        random_weights=config.random_weights,
    )


def watched_weights(config: MethodConfig, clone: Clone | None) -> list[WatchedFile]:
    """The checkpoint as it is now, or the weights of a clone, whose digests are known."""
    if clone:
        return [watch(clone.place.clone / path, sha256) for path, sha256 in clone.weights.items()]
    return [watch(config.checkpoint)] if config.checkpoint else []


def watched_files(entry: MethodEntry, config: MethodConfig) -> tuple[WatchedFile, ...]:
    """The weights of a method, and what its options name. Raises `MethodError` as `made_by` does."""
    clone = locate(entry.card, config.options, entry.asked) if entry.card.external else None
    named = option_files(entry.card, entry.folder, config.options, clone.place.clone if clone else None)
    return (*watched_weights(config, clone), *(file.watched for file in named if file.watched))
