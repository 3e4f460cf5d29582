"""One optimisation step after the other: generator side, discriminator, running average of the weights."""

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn

from baselines._shared.native.precision import lower_precision
from baselines.sfd.lab.training import losses
from baselines.sfd.lab.training.checkpoint import State
from baselines.sfd.lab.training.config import Config, differences
from baselines.sfd.lab.training.corpus import Corpus
from baselines.sfd.lab.training.crossing import crossed
from baselines.sfd.lab.training.freezing import frozen
from baselines.sfd.lab.training.objective import Objective, discriminator
from baselines.sfd.lab.training.perceptual import Perceptual
from baselines.sfd.lab.training.processes import Processes
from baselines.sfd.lab.training.sampling import Batch, batch_of, draw
from baselines.sfd.model import SFD
from evalkit.errors import MethodError, RunError

N = TypeVar("N", bound=nn.Module)


class Trainer:
    """Networks and optimisers of a training.

    Args:
        config: of the training.
        corpus: what is trained on.
        perceptual: frozen network of the perceptual loss.
        device: where it runs.
        processes: this process among those that train together.
    """

    def __init__(
        self, config: Config, corpus: Corpus, perceptual: Perceptual, device: str, processes: Processes
    ) -> None:
        torch.manual_seed(config.seed)
        self.config, self.corpus, self.device, self.processes = config, corpus, device, processes
        self.objective = _placed(Objective(config, len(corpus.identities)), device)
        self.discriminator = _placed(discriminator(config), device)
        self.perceptual = _placed(perceptual, device)
        self.average = copy.deepcopy(self.objective.model).requires_grad_(False)
        if config.precision == "bf16":
            for network in (self.objective, self.discriminator, self.perceptual):
                lower_precision(network, "bf16", device)
        self._parallel = processes.parallel(self.objective)
        rates, betas = config.optimiser, config.optimiser.betas
        self.optimiser = torch.optim.Adam(_trained(self.objective), lr=rates.rate, betas=betas)
        self._opposing = torch.optim.Adam(self.discriminator.parameters(), lr=rates.discriminator_rate, betas=betas)

    @property
    def state(self) -> State:
        """What a checkpoint keeps."""
        networks = {"objective": self.objective, "average": self.average, "discriminator": self.discriminator}
        return State(networks, {"generator": self.optimiser, "discriminator": self._opposing})

    @property
    def averaged(self) -> SFD:
        """The model with averaged weights, in evaluation mode."""
        return self.average.eval()

    def begin_with(self, model: SFD) -> None:
        """Take over a model's weights; heads, discriminator and optimisers stay new. Raises `MethodError`."""
        ours, theirs = (network.shape.model_dump(mode="json") for network in (self.average, model))
        if changed := differences(theirs, ours):
            raise MethodError("The weights to begin with are of other networks:\n  " + "\n  ".join(changed))
        self.objective.model.load_state_dict(model.state_dict())
        self.average.load_state_dict(model.state_dict())

    def batch(self, step: int, part: int) -> Batch:
        """What this process sees in part `part` of step `step`."""
        config = self.config
        people = config.people(step, len(self.corpus.identities))
        key = (config.seed, step, part, self.processes.rank)
        batch = batch_of(draw(self.corpus, people, config.batch, config.data, key)).to(self.device)
        return crossed(batch, self.averaged, config.crossed)

    def step(self, step: int) -> dict[str, float]:
        """Take step `step`, counted from 0; the unweighted losses, mean over its parts, and their sum "total".

        Raises `RunError` for a loss that is not a number, before any weight is changed by it.
        """
        playing, share = self._plays(step), self.config.descriptor_weight(step)
        self._set_rates(self.config.rate_share(step))
        parts = self.config.accumulate
        values: dict[str, float] = {}
        self.optimiser.zero_grad(set_to_none=True)
        for part in range(parts):
            batch = self.batch(step, part)
            with frozen(self.discriminator), self.processes.gradients_sum(self._parallel, part == parts - 1):
                adversary = self.discriminator if playing else None
                generated, found = self._parallel(batch, self.perceptual, adversary, share)
                total = self.objective.total(found, share)
                _check(found | {"total": total}, step, batch)
                (total / parts).backward()  # type: ignore[no-untyped-call]
            for name, value in (found | {"total": total}).items():
                values[name] = values.get(name, 0.0) + float(value.detach()) / parts
        self.optimiser.step()
        if playing:
            values["discrimination"] = self._discriminate(step, batch, generated.detach())
        self._update_average(step)
        return values

    def _set_rates(self, share: float) -> None:
        rates = self.config.optimiser
        for optimiser, rate in ((self.optimiser, rates.rate), (self._opposing, rates.discriminator_rate)):
            for group in optimiser.param_groups:
                group["lr"] = share * rate

    def _plays(self, step: int) -> bool:
        adversary = self.config.adversary
        return bool(self.config.weights.adversarial) and step >= adversary.start and step % adversary.every == 0

    def _discriminate(self, step: int, batch: Batch, generated: Tensor) -> float:
        """One step of the discriminator on the last part's images."""
        adversary = self.config.adversary
        penalised = adversary.penalty > 0 and (step // adversary.every) % adversary.penalty_every == 0
        real = batch.driving.clone().requires_grad_(penalised)
        logits = self.discriminator(real)[0]
        loss = losses.discrimination(logits, self.discriminator(generated)[0])
        value = float(loss.detach())
        if penalised:
            loss = loss + adversary.penalty / 2 * losses.gradient_penalty(real, logits)
        _check({"discrimination": loss}, step, batch)
        self._opposing.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.processes.average_gradients(self.discriminator)
        self._opposing.step()
        return value

    @torch.no_grad()
    def _update_average(self, step: int) -> None:
        """Exponential running average that follows closely in the first steps."""
        keep = min(self.config.average, (1 + step) / (10 + step))
        model = self.objective.model.state_dict()
        for name, mean in self.average.state_dict().items():
            mean.lerp_(model[name], 1 - keep)


def _placed(network: N, device: str) -> N:
    """On the device, kernels in channels-last order, in which CPU and tensor-core convolutions are fastest."""
    for parameter in network.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network.to(device)


def _trained(network: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in network.parameters() if parameter.requires_grad]


def _check(values: dict[str, Tensor], step: int, batch: Batch) -> None:
    wrong = [name for name, value in values.items() if not torch.isfinite(value).all()]
    if wrong:
        raise RunError(
            f"step {step}: the loss {', '.join(wrong)} is not a number. Batch: {', '.join(batch.names)}. Stopped; the "
            "last good checkpoint is kept. Look at these frames, or lower optimiser.rate."
        )
