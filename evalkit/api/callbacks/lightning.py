"""A watch as a callback of Lightning (`lightning` or `pytorch_lightning`)."""

from importlib import import_module
from typing import Any

from evalkit.api.callbacks.watch import Watch
from evalkit.api.finished import Run
from evalkit.api.trackers.entry import values_of
from evalkit.errors import MissingLibraryError


def lightning(watch: Watch) -> Any:
    """A `Callback` that looks after every `watch.every` optimizer steps: `Trainer(callbacks=[lightning(watch)])`.

    Only the first process animates, so it is not for modules that are sharded over processes. A watch without `log`
    logs to the trainer's loggers. Raises `MissingLibraryError` without Lightning.
    """

    class EvalkitCallback(_base()):  # type: ignore[misc]
        """Says every step to the watch."""

        def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
            def log(step: int, run: Run) -> None:
                for logger in trainer.loggers:
                    logger.log_metrics(values_of(run), step)

            watch.log = watch.log or log

        def on_train_batch_end(
            self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, *further: Any
        ) -> None:
            if trainer.is_global_zero:
                watch(trainer.global_step, pl_module)

        def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
            watch.close()

        def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
            watch.close()

    return EvalkitCallback()


def _base() -> Any:
    for name in ("lightning.pytorch", "pytorch_lightning"):
        try:
            return import_module(name).Callback
        except ModuleNotFoundError:
            continue
    raise MissingLibraryError("This needs Lightning, which is not installed. Install with: pip install lightning")
