"""One optimisation step after the other: generator side, discriminator, running average of the weights."""

import copy
from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from baselines._shared.native.precision import lower_precision
from baselines.sfd.lab.training import losses
from baselines.sfd.lab.training.checkpoint import State
from baselines.sfd.lab.training.config import Config, differences
from baselines.sfd.lab.training.corpus import Corpus
from baselines.sfd.lab.training.discriminator import Discriminator
from baselines.sfd.lab.training.feed import Feed
from baselines.sfd.lab.training.freezing import frozen
from baselines.sfd.lab.training.objective import Objective
from baselines.sfd.lab.training.perceptual import Perceptual
from baselines.sfd.lab.training.processes import Processes
from baselines.sfd.lab.training.sampling import Batch, batch_of, draw, share
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

    Raises:
        MethodError: the batch cannot be shared among so many processes.
    """

    def __init__(
        self, config: Config, corpus: Corpus, perceptual: Perceptual, device: str, processes: Processes
    ) -> None:
        torch.manual_seed(config.seed)
        self.config, self.corpus, self.device, self.processes = config, corpus, device, processes
        self.parts = config.parts(processes.count)
        self.objective = _placed(Objective(config, len(corpus.identities)), device)
        self.discriminator = _placed(Discriminator(config), device)
        self.perceptual = _placed(perceptual, device)
        self.average = copy.deepcopy(self.objective.model).requires_grad_(False)
        if config.precision == "bf16":
            for network in (self.objective, self.discriminator, self.perceptual):
                lower_precision(network, "bf16", device, trained=True)
        processes.start_alike(self.objective, self.discriminator, self.average)
        rates = config.optimiser
        self.optimiser = torch.optim.Adam(_trained(self.objective), lr=rates.rate, betas=rates.betas)
        self._opposing = torch.optim.Adam(
            self.discriminator.parameters(), lr=rates.discriminator_rate, betas=rates.discriminator_betas
        )
        self.feed = Feed(self.batches, config.steps)

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

    def batches(self, step: int) -> list[Batch]:
        """What this process sees in step `step`, part by part, in the memory of the CPU."""
        config, rank, count = self.config, self.processes.rank, self.processes.count
        people = config.people(step, len(self.corpus.identities))
        draws = draw(self.corpus, people, config.batch, config.data, (config.seed, step))
        made = [batch_of(share(draws, part, self.parts, rank, count)) for part in range(self.parts)]
        return [batch.pinned() for batch in made] if self.device.startswith("cuda") else made

    def step(self, step: int) -> dict[str, float]:
        """Take step `step`, counted from 0; the unweighted losses, mean over all processes, and their sum "total".

        Raises `RunError` for a loss that is not a number, before any weight is changed by it.
        """
        playing = self._plays(step)
        self._set_rates(self.config.rate_share(step))
        batches = [batch.to(self.device) for batch in self.feed.take(step)]
        self.optimiser.zero_grad(set_to_none=True)
        self._opposing.zero_grad(set_to_none=True)
        values: dict[str, Tensor] = {}
        for batch in batches:
            generated, found = self._generate(batch, step, playing)
            if playing:
                found["discrimination"] = self._discriminate(step, batch, generated)
            for name, value in found.items():
                values[name] = values.get(name, torch.zeros_like(value)) + value / len(batches)
        means = self._means(values)
        self.processes.average_gradients(self.objective, *([self.discriminator] if playing else []))
        self.optimiser.step()
        if playing:
            self._opposing.step()
        self._update_average(step)
        return means

    def _generate(self, batch: Batch, step: int, playing: bool) -> tuple[Tensor, dict[str, Tensor]]:
        """Gradients of the generator side from one part; the images that it made and the losses."""
        weight = self.config.descriptor_weight(step)
        with frozen(self.discriminator):
            adversary = self.discriminator if playing else None
            generated, found = self.objective(batch, self.perceptual, adversary, weight)
            found["total"] = self.objective.total(found, weight)
            _check(found, step, batch)
            (found["total"] / self.parts).backward()
        return generated.detach(), {name: value.detach() for name, value in found.items()}

    def _discriminate(self, step: int, batch: Batch, generated: Tensor) -> Tensor:
        """Gradients of the discriminator from one part; its loss."""
        adversary = self.config.adversary
        penalised = adversary.penalty > 0 and (step // adversary.every) % adversary.penalty_every == 0
        real = batch.driving.clone().requires_grad_(penalised)
        logits = self.discriminator(real)
        loss = losses.discrimination(logits, self.discriminator(generated))
        value = loss.detach()
        if penalised:
            loss = loss + adversary.penalty / 2 * losses.gradient_penalty(real, logits)
        _check({"discrimination": loss}, step, batch)
        (loss / self.parts).backward()  # type: ignore[no-untyped-call]
        return value

    def _means(self, values: Mapping[str, Tensor]) -> dict[str, float]:
        """The means over all processes, in one exchange and one copy from the device."""
        stacked = torch.stack(list(values.values()))
        return dict(zip(values, self.processes.mean(stacked).tolist(), strict=True))

    def _set_rates(self, share: float) -> None:
        rates = self.config.optimiser
        for optimiser, rate in ((self.optimiser, rates.rate), (self._opposing, rates.discriminator_rate)):
            for group in optimiser.param_groups:
                group["lr"] = share * rate

    def _plays(self, step: int) -> bool:
        adversary = self.config.adversary
        return bool(self.config.weights.adversarial) and step >= adversary.start and step % adversary.every == 0

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


def _check(values: Mapping[str, Tensor], step: int, batch: Batch) -> None:
    """Raise `RunError` for a loss that is no number; before its gradients, as those of warps would end the process."""
    if torch.isfinite(torch.stack(list(values.values()))).all():
        return
    wrong = [name for name, value in values.items() if not torch.isfinite(value)]
    raise RunError(
        f"step {step}: the loss {', '.join(wrong)} is not a number. Batch: {', '.join(batch.names)}. Stopped; the last "
        "good checkpoint is kept. Look at these frames, or lower optimiser.rate."
    )
