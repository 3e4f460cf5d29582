"""Seeded random AlexNet and Inception in the official layouts, for timing where the real files are absent.

Random weights do the same arithmetic as trained ones. `install` puts them in the place of the registered extractors, in
this process; worker processes do it again when they import the benchmark that calls it. PyTorch is imported only where
a network is needed.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path

from evalkit.extractors import EXTRACTORS, inception, lpips

INCEPTION, ALEXNET = "inception.pth", "alexnet.pth"


def write(folder: Path) -> None:
    """Write both state dicts; the scale keeps signals from dying or exploding on the way."""
    import torch
    from torch import nn

    from evalkit.extractors.inception_network import ConvBN, InceptionFID
    from evalkit.extractors.lpips_backbones import alexnet

    torch.manual_seed(0)
    network = InceptionFID()
    for module in network.modules():
        if isinstance(module, ConvBN):
            nn.init.kaiming_normal_(module.conv.weight, nonlinearity="relu")
    torch.save(network.state_dict(), folder / INCEPTION)
    torch.save(alexnet().state_dict(), folder / ALEXNET)


def install(folder: Path) -> None:
    """Let `inception` and `lpips_alex` be the networks in `folder`."""
    entries = {
        "inception": partial(inception.load_file, folder / INCEPTION, "bilinear"),
        "lpips_alex": partial(lpips.load_files, "alex", folder / ALEXNET, lpips.head_file("alex")),
    }
    for name, load in entries.items():
        real = EXTRACTORS[name]
        EXTRACTORS._entries[name] = replace(real, signature=f"{name}|random", load=load, weights=())
