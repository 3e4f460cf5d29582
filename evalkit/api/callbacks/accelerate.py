"""A watch on the main process of Accelerate."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from evalkit.api.callbacks.watch import Watch
from evalkit.api.finished import Run
from evalkit.api.trackers.entry import values_of

if TYPE_CHECKING:
    import torch


def accelerate(watch: Watch, accelerator: Any) -> Callable[[int, "torch.nn.Module"], None]:
    """What to call with step and prepared module on every process: `look = accelerate(watch, accelerator)`.

    Only the main process animates, with the module unwrapped; it is not for modules that are sharded over processes. A
    watch without `log` logs to the trackers of the accelerator, under the step `evalkit/step`: results come late, and
    trackers refuse to go back. Call `watch.close()` before `accelerator.end_training()`.
    """

    def log(step: int, run: Run) -> None:
        accelerator.log({**values_of(run), "evalkit/step": step})

    watch.log = watch.log or log

    def look(step: int, module: "torch.nn.Module") -> None:
        if accelerator.is_main_process:
            watch(step, accelerator.unwrap_model(module))

    return look
