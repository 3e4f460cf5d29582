"""The networks inside an animator."""

import dataclasses

import torch


def networks_of(holder: object) -> list[torch.nn.Module]:
    """The networks in an object's attributes and in those of plain objects among them."""
    found: list[torch.nn.Module] = []
    for value in vars(holder).values():
        if isinstance(value, torch.nn.Module):
            found.append(value)
        elif dataclasses.is_dataclass(value):
            found += networks_of(value)
    return found
