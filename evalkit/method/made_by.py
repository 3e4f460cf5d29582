"""What decides the frames of a method, as one digest: its code, its weights, its options, and how it computes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from evalkit.base.files import canonical_sha256
from evalkit.method.find import MethodEntry
from evalkit.method.given import Given
from evalkit.method.interface import MethodConfig


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


def made_by(entry: MethodEntry, config: MethodConfig, given: Given) -> MadeBy:
    """What a method would make frames with; `config` names the checkpoint (`with_checkpoint`)."""
    return MadeBy(
        method=entry.card.id,
        code_sha256=entry.code_sha256,
        checkpoint_sha256=given.checkpoint_sha256,
        commit=given.clone.commit if given.clone else "",
        options=given.options,
        device=config.device.partition(":")[0],
        precision=config.precision,
        channels_last=config.channels_last,
        compile=config.compile,
        seed=config.seed,
        random_weights=config.random_weights,
    )
