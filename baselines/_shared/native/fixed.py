"""What layers compute of their weights alone, computed once instead of for every frame. No bit of a frame changes."""

from typing import Protocol, runtime_checkable

from torch import nn


@runtime_checkable
class Fixable(Protocol):
    """A layer that computes its kernel, or a basis, from the weights of the checkpoint."""

    def fix_weights(self) -> None:
        """Do it now. Afterwards the state dict is not the checkpoint's any more, and the layer cannot be trained."""
        ...


def fix_weights(network: nn.Module) -> None:
    """Let every layer of `network` fix its weights."""
    for module in network.modules():
        if isinstance(module, Fixable):
            module.fix_weights()
