"""The networks of a method with their weights, ready to run."""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines._shared.native.convert import default_file, read_any
from baselines._shared.native.fixed import fix_weights
from baselines._shared.native.networks import Networks
from baselines._shared.native.precision import lower_precision
from baselines._shared.native.speedups import check_compiler, store_channels_last
from baselines._shared.native.workers import alone
from evalkit.errors import MethodError
from evalkit.method.interface import MethodConfig

N = TypeVar("N", bound=nn.Module)
_POWER_STEPS = 3


def load(networks: Networks, config: MethodConfig, make: Callable[[], N]) -> N:
    """The networks that `make` builds, with weights, in evaluation mode on the device of `config`.

    Args:
        networks: of the method.
        config: says which weights: `checkpoint`, else the default ones, or seeded random ones.
        make: builds the untrained networks of the variant that the options ask for.

    Raises:
        MethodError: no weights are there, they are of something else, or networks are to be compiled and cannot.
    """
    if config.random_weights:
        return ready(random_network(networks, make, config.seed), config)
    return ready(_with_weights(networks, config, make), config)


def ready(network: N, config: MethodConfig) -> N:
    """`network` in evaluation mode, with the precision and memory layout and on the device of `config`.

    Raises `MethodError` when networks are to be compiled and cannot.
    """
    check_compiler(config)
    network = network.eval().requires_grad_(False).to(config.device)
    with alone(config.device):
        fix_weights(network)
    if config.precision != "fp32":
        lower_precision(network, config.precision, config.device)
    return store_channels_last(network) if config.channels_last else network


def random_network(networks: Networks, make: Callable[[], N], seed: int) -> N:
    """Networks with seeded random weights that give finite pictures; the global generators are left alone."""
    with torch.random.fork_rng(devices=[]), alone("cpu"):
        torch.manual_seed(seed)
        network = make()
        with torch.no_grad():
            for module in network.modules():
                _settle(module)
            if networks.settle is not None:
                networks.settle(network)
    return network


def _with_weights(networks: Networks, config: MethodConfig, make: Callable[[], N]) -> N:
    variant, path = networks.variant(config), config.checkpoint or default_file(networks, config)
    found, state = read_any(networks, path, variant)
    if found != variant:
        raise MethodError(
            f"{path}: holds the variant {found} of {networks.method}, the options ask for {variant}. "
            "Change the options or the checkpoint."
        )
    with torch.device("meta"):
        network = make()
    for part in networks.parts:
        if part.optional and not any(key.startswith(f"{part.name}.") for key in state):
            setattr(network, part.name, None)
    network.load_state_dict(state, strict=True, assign=True)
    return network


def _settle(module: nn.Module) -> None:
    """Random weights of some layers need care: spectral norms their vectors, local affine maps the identity."""
    weight, u, v = (getattr(module, f"weight_{name}", None) for name in ("orig", "u", "v"))
    if isinstance(weight, Tensor) and isinstance(u, Tensor) and isinstance(v, Tensor):
        rows = weight.flatten(1)
        for _ in range(_POWER_STEPS):
            v.copy_(functional.normalize(rows.T @ u, dim=0))
            u.copy_(functional.normalize(rows @ v, dim=0))
    jacobian = getattr(module, "jacobian", None)
    if isinstance(jacobian, nn.Conv2d) and jacobian.bias is not None:
        jacobian.weight.zero_()
        jacobian.bias.copy_(torch.tensor([1.0, 0.0, 0.0, 1.0]).repeat(jacobian.out_channels // 4))
