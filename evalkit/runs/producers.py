"""Where the clips of a run come from: a method that generates them, or outputs made elsewhere.

Both are values that can be sent to another process before they are used.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from evalkit.base.refusals import explained, is_expected
from evalkit.base.stopwatch import stage
from evalkit.errors import EvalkitError, RunError
from evalkit.method.cost import Shared, cost_of, peak_memory, shared_gpu
from evalkit.method.external import Clone
from evalkit.method.find import MethodEntry, build_method
from evalkit.method.generate import generate
from evalkit.method.interface import Closes, MeasuresItself, Method, MethodConfig
from evalkit.method.watched import WatchedFile
from evalkit.protocol.schema import Protocol
from evalkit.records.run_folder import RunFolder
from evalkit.runs.foreign_clips import Outputs
from evalkit.runs.plan import Made
from evalkit.types import Pair


@dataclass
class MethodProducer:
    """Generates clips. The method is built for the first pair and stays; `code_sha256` is that of its code.

    `files` are its weights, and what its options name.
    """

    entry: MethodEntry
    config: MethodConfig
    protocol: Protocol
    files: tuple[WatchedFile, ...] = field(compare=False)
    clone: Clone | None
    code_sha256: str
    built: Method | None = field(default=None, compare=False)
    shared: Shared | None = field(default=None, compare=False)

    def __call__(self, pair: Pair, folder: RunFolder, coming: Iterable[Pair] = ()) -> Made:
        """Generate the clip of a pair. Raises `RunError` when the method cannot be built or its files changed."""
        if self.built is None:
            self.shared = shared_gpu(self.config.device) if self.on_gpu and not self.clone else None
            self.files = tuple(file.seen_here() for file in self.files)
            with stage("load method"):
                self.built = _build(self.entry, replace(self.config, logs=folder.path / "logs"))
            if self.entry.code_sha256 != self.code_sha256:
                raise RunError(f"The code of {self.entry.card.id} changed while the run was going. Repeat the command.")
        method, output, config = self.built, folder.generated(pair.id), self.config
        if self.shared:
            self.shared.begin()
        with peak_memory("cpu" if self.clone else config.device) as peak:
            frames, steps = generate(pair, method, self.protocol, output, config.seed, self.entry.world, coming)
            for file in self.files:
                file.refuse_changed()  # after every pair, since a method may load late
            cost = method.cost() if isinstance(method, MeasuresItself) else cost_of(steps, peak())
        if cost and self.shared:
            cost = self.shared.own(cost)
        notes = (self.clone.warning,) if self.clone and self.clone.warning else ()
        generated = output.relative_to(folder.path).as_posix()
        return Made(generated, frames, cost if self.entry.card.timed else None, notes)

    def at_once(self) -> int:
        """How many pairs the method likes to be given in a row."""
        external = self.entry.card.external
        return external.pairs if external and external.mode == "manifest" else 1

    def sent(self, pair: Pair, device: str) -> "MethodProducer":
        """What a worker with that device needs to make the pair."""
        return (
            replace(self, config=replace(self.config, device=device), built=None, shared=None) if self.on_gpu else self
        )

    @property
    def on_gpu(self) -> bool:
        """Whether it needs a worker with a GPU."""
        return self.config.device.startswith("cuda")

    def close(self) -> None:
        """Let go of the method."""
        if isinstance(self.built, Closes) and not self.entry.live:
            self.built.close()
        self.built = None


@dataclass
class OutputsProducer:
    """Takes outputs made elsewhere."""

    outputs: Outputs
    protocol: Protocol
    on_gpu: bool = False

    def __call__(self, pair: Pair, folder: RunFolder, coming: Iterable[Pair] = ()) -> Made:
        """The output for a pair, prepared if it has to be."""
        return self.outputs.make(pair, self.protocol, folder)

    def at_once(self) -> int:
        """One pair after the other."""
        return 1

    def sent(self, pair: Pair, device: str) -> "OutputsProducer":
        """Only the output of the pair: there may be a hundred thousand."""
        return replace(self, outputs=self.outputs.of(pair))

    def close(self) -> None:
        """Holds nothing."""


def _build(entry: MethodEntry, config: MethodConfig) -> Method:
    """Build the method; what keeps it from being built keeps every pair from being made, so it ends the run."""
    try:
        return build_method(entry, config)
    except EvalkitError as error:
        raise RunError(str(error)) from error
    except OSError as error:
        if not is_expected(error):
            raise
        raise RunError(explained(error)) from error
