"""Where the first process of a training writes: losses, speed, validation, sheets of samples and checkpoints."""

import argparse
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from baselines.sfd.lab.training.checkpoint import BEST_BY, Progress, keep, save, write_best
from baselines.sfd.lab.training.logs import Journal
from baselines.sfd.lab.training.samples import sheet
from baselines.sfd.lab.training.sampling import Batch, batch_of, draw
from baselines.sfd.lab.training.trainer import Trainer
from baselines.sfd.lab.training.validation import validate, validation_clips
from evalkit.clips import video
from evalkit.types import Frames

_LOG = logging.getLogger("evalkit")
_SHEET = 6
_FIRST_SHEET = 100


@dataclass
class Desk:
    """Takes the losses of every step, and writes each thing at its own steps.

    Attributes:
        given: options of the training.
        trainer: whose they are.
        best: lowest `BEST_BY` so far.
    """

    given: argparse.Namespace
    trainer: Trainer
    best: float | None
    journal: Journal = field(init=False)
    clips: Sequence[Frames] = field(init=False)
    saved: float = field(default_factory=time.monotonic)
    logged: tuple[int, float, float] | None = None

    def __post_init__(self) -> None:
        """Open the journal and read the clips to validate with."""
        self.journal = Journal(self.given.out)
        wanted = self.given.validate_every > 0
        self.clips = validation_clips(self.trainer.corpus, self.trainer.config.shape) if wanted else []

    def take(self, losses: dict[str, float], progress: Progress) -> None:
        """The losses of a step, and all that is due after it."""
        step, given = progress.step, self.given
        if self.logged is None:  # what comes before the second step is not its speed
            self.logged = (step, time.monotonic(), self.trainer.feed.waited)
        due = given.validate_every > 0 and step % given.validate_every == 0
        validated = validate(self.trainer.averaged, self.clips, self.trainer.device) if due else {}
        self.journal.add(losses | validated)
        if validated or step % given.log_every == 0:
            self.journal.write(step, progress.seconds, self._speed(step))
        if step % given.samples_every == 0 or step == _FIRST_SHEET:
            _write_sheet(given.out, self.trainer, step)
        if BEST_BY in validated and (self.best is None or validated[BEST_BY] < self.best):
            self.best = validated[BEST_BY]
            trainer, corpus = self.trainer, self.trainer.corpus
            so_far = replace(progress, best=self.best)
            write_best(given.out, trainer.averaged, so_far, trainer.config, corpus.digest, corpus.split)
        kept = given.keep_every > 0 and step % given.keep_every == 0
        if kept or time.monotonic() - self.saved >= given.save_minutes * 60:
            last = self._save(progress)
            self.saved = time.monotonic()
            if kept:
                keep(last, step)

    def _speed(self, step: int) -> dict[str, float]:
        """Pairs a second since the last time, and the share of the time in which networks waited for data."""
        now, waited = time.monotonic(), self.trainer.feed.waited
        then, self.logged = self.logged, (step, now, waited)
        if then is None or step == then[0]:
            return {}
        seconds = now - then[1]
        rate, share = (step - then[0]) * self.trainer.config.batch / seconds, (waited - then[2]) / seconds
        _LOG.info("step %d: %.2f pairs/s, data %.0f %%, networks %.0f %%", step, rate, 100 * share, 100 * (1 - share))
        return {"pairs_per_second": rate, "share_of_data": share}

    def _save(self, progress: Progress) -> Path:
        trainer, corpus = self.trainer, self.trainer.corpus
        so_far = replace(progress, best=self.best)
        return save(self.given.out, trainer.state, so_far, trainer.config, corpus.digest, corpus.split)

    def close(self, progress: Progress) -> None:
        """The last checkpoint and sheet."""
        self._save(progress)
        _write_sheet(self.given.out, self.trainer, progress.step)
        self.journal.close()


def _write_sheet(out: Path, trainer: Trainer, step: int) -> None:
    video.write_image(out / "samples" / f"{step:07d}.png", sheet(trainer.averaged, _fixed(trainer))[0])


def _fixed(trainer: Trainer) -> Batch:
    """The same pairs of different people for every sheet."""
    data = trainer.config.data.model_copy(update={"same_identity": 0.0, "flip": False})
    drawn = draw(trainer.corpus, len(trainer.corpus.identities), _SHEET, data, (0,))
    return batch_of(drawn).to(trainer.device)
