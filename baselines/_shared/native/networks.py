"""Which networks a method has, and how official files hold their weights."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from evalkit.method.checkpoints import installed_path
from evalkit.method.interface import MethodConfig

Make = Callable[[], nn.Module]
Expected = Mapping[str, tuple[tuple[int, ...], torch.dtype]]
"""State-dict key -> shape and dtype."""


@dataclass(frozen=True)
class Part:
    """One network of a method.

    Attributes:
        name: its attribute in our module.
        entry: where official files hold its state dict; None for a file that holds nothing else.
        optional: it may be missing in official files.
        prefix: what its keys in the entry begin with; others there are of something else.
        loose: what the entry holds besides is ignored, as by the official code.
    """

    name: str
    entry: str | None
    optional: bool = False
    prefix: str = ""
    loose: bool = False


@dataclass(frozen=True, eq=False)
class Networks:
    """The networks of a method; an adapter's `NETWORKS`.

    Attributes:
        method: id of the method.
        variants: name -> how to build the untrained networks; the first is the default.
        parts: of the module that `variants` build.
        files: official file names, to be shown in messages.
        needs: files of `evalkit weights` that the method needs besides.
        settle: puts freshly drawn random weights into a state that gives finite pictures.
        choose: the variant that options ask for; None where there is one variant.
        named: variant -> what the name of its file holds, in small letters, where shapes do not tell variants apart.
        assemble: makes the state dict of the first variant, of the keys expected, out of official files that no rule of
            `parts` describes; raises `MethodError`. None: the rules of `parts` do.
        shipped: variant -> converted file that comes with the method, used until another one is imported.
    """

    method: str
    variants: Mapping[str, Make]
    parts: tuple[Part, ...]
    files: tuple[str, ...]
    needs: tuple[str, ...] = ()
    settle: Callable[[nn.Module], None] | None = None
    choose: Callable[[Mapping[str, str]], str] | None = None
    named: Mapping[str, str] = field(default_factory=dict)
    assemble: Callable[[Path, Expected], dict[str, Tensor]] | None = None
    shipped: Mapping[str, Path] = field(default_factory=dict)

    def variant(self, config: MethodConfig) -> str:
        """The variant that the options ask for."""
        return self.choose(config.options) if self.choose else next(iter(self.variants))

    def may_hold(self, variant: str, file: str) -> bool:
        """Whether a file of that name can hold the entries of a variant."""
        own = self.named.get(variant)
        return own in file.lower() if own else not any(text in file.lower() for text in self.named.values())

    def expected(self, variant: str) -> Expected:
        """Keys, shapes and dtypes of a variant; builds it without memory."""
        return _expected(self, variant)

    def installed(self, variant: str) -> Path:
        """Where `import_file` puts a variant."""
        return installed_path(self.method, variant)

    def here(self, variant: str) -> Path | None:
        """The imported file of a variant, else the one that comes with the method, else None."""
        installed = self.installed(variant)
        return installed if installed.is_file() else self.shipped.get(variant)

    def parameters(self, variant: str) -> int:
        """Number of parameters of a variant."""
        return sum(parameter.numel() for parameter in meta(self.variants[variant]).parameters())


def meta(make: Callable[[], nn.Module]) -> nn.Module:
    """The networks without memory: shapes only."""
    with torch.device("meta"):
        return make()


@functools.cache
def _expected(networks: Networks, variant: str) -> Expected:
    state = meta(networks.variants[variant]).state_dict()
    return {key: (tuple(value.shape), value.dtype) for key, value in state.items()}
