"""What a method is given beside pairs: its weights, and the files that its options name, as a run finds them."""

from dataclasses import dataclass

from evalkit.method.external import Clone, locate
from evalkit.method.find import MethodEntry
from evalkit.method.foreign.weights import weights_sha256
from evalkit.method.interface import MethodConfig
from evalkit.method.option_files import OptionFile, option_files, recorded_options
from evalkit.method.watched import WatchedFile, watch


@dataclass(frozen=True)
class Given:
    """Taken before the method is built.

    Attributes:
        options: as run.json records them, with digests for what they name.
        clone: of an external method.
        weights: the checkpoint, or the weights of the clone.
        named: files and folders that options name.
    """

    options: dict[str, str]
    clone: Clone | None
    weights: tuple[WatchedFile, ...]
    named: tuple[OptionFile, ...]

    @property
    def checkpoint_sha256(self) -> str | None:
        """One digest of all weights; None for a method without any."""
        if self.clone:
            return weights_sha256(self.clone.weights)
        return self.weights[0].sha256 if self.weights else None

    @property
    def watched(self) -> tuple[WatchedFile, ...]:
        """All of it that may not change while the method runs."""
        return (*self.weights, *(file.watched for file in self.named if file.watched))


def given_to(entry: MethodEntry, config: MethodConfig) -> Given:
    """What the method is given now; `config` names the checkpoint (`with_checkpoint`).

    Raises `MethodError` for an external method whose clone is not found, and for what cannot be read.
    """
    card = entry.card
    clone = locate(card, config.options, entry.asked) if card.external else None
    named = option_files(card, entry.folder, config.options, clone.place.clone if clone else None)
    if clone:
        weights = [watch(clone.place.clone / path, sha256) for path, sha256 in clone.weights.items()]
    else:
        weights = [watch(config.checkpoint)] if config.checkpoint else []
    return Given(recorded_options(card, config.options, named), clone, tuple(weights), tuple(named))
