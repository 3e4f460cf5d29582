"""From the generator's last scale to the picture, at the network's own size or at the size of the source.

The generator is LIA's; what it says last is a flow field, a mask and an image. The picture is

    mask * warp(source, flow) + (1 - mask) * image,

so that what can be moved is moved, at the source's own resolution, and the rest is painted at the network's.
"""

import torch
from torch import Tensor
from torch.nn import functional

from baselines.stylegan.synthesis import Scale


def warp(image: Tensor, offset: Tensor) -> Tensor:
    """Sample an image at displaced positions; outside it its border goes on.

    Args:
        image: (B, C, H, W).
        offset: (B, 2, H, W), x and y, in halves of the image side; zero leaves the image as it is.

    Returns:
        (B, C, H, W).
    """
    height, width = image.shape[-2:]
    x = (torch.arange(width, dtype=offset.dtype, device=offset.device) * 2 + 1) / width - 1
    y = (torch.arange(height, dtype=offset.dtype, device=offset.device) * 2 + 1) / height - 1
    grid = torch.stack((x.expand(height, width), y[:, None].expand(height, width)), dim=-1)  # (H, W, 2)
    positions = grid + offset.permute(0, 2, 3, 1)
    return functional.grid_sample(image, positions, mode="bilinear", padding_mode="border", align_corners=False)


def picture(last: Scale, source: Tensor) -> Tensor:
    """The generated picture at the size of `source`.

    Args:
        last: Finest scale of the synthesis, of n x n pixels.
        source: (B, 3, m, m) in [-1, 1]; m is n in training and may be any size afterwards.

    Returns:
        (B, 3, m, m), about [-1, 1] but not clamped. For m other than n flow and mask are resized bilinearly, the
        painted image bicubically.
    """
    offset, mask, image = torch.tanh(last.flow[:, :2]), torch.sigmoid(last.flow[:, 2:]), last.image
    size = source.shape[-1]
    if size != image.shape[-1]:
        offset = functional.interpolate(offset, size=(size, size), mode="bilinear", align_corners=False)
        mask = functional.interpolate(mask, size=(size, size), mode="bilinear", align_corners=False)
        image = functional.interpolate(image, size=(size, size), mode="bicubic", align_corners=False)
    return mask * warp(source, offset) + (1 - mask) * image
