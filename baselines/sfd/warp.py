"""From the generator's last scale to the picture, at the network's own size or at the size of the source.

The generator is LIA's; what it says last is a flow field, a mask and an image. The picture is

    mask * warp(source, flow) + (1 - mask) * image,

so that what can be moved is moved, at the source's own resolution, and the rest is painted at the network's.
"""

import torch
from torch import Tensor
from torch.nn import functional

from baselines._shared.stylegan.synthesis import Scale
from baselines.sfd.window import Window

MARGIN = 0.02
"""Share of a window's side at its border where its flow is not used: the network cannot see what is outside."""
REACH = 0.3
"""How far outside a window its motion dies away, as a share of its side."""
SEAM = 0.08
"""Over how much of a window's side, at its border, what is painted fades in."""


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
    offset, mask, image = _resized(last, source.shape[-1])
    return mask * warp(source, offset) + (1 - mask) * image


def framed(last: Scale, frame: Tensor, window: Window) -> Tensor:
    """The generated frame, of whose source the network saw a window only.

    Inside the window, but for a `MARGIN` where it ends inside the frame, it is `picture`, except that pixels may come
    from outside, and that what is painted fades in over the `SEAM`. The rest of the frame moves as the inside of the
    window next to it, less and less up to `REACH` away from the window.

    Args:
        last: Finest scale of the synthesis.
        frame: (B, 3, m, m) in [-1, 1].
        window: in it.

    Returns:
        (B, 3, m, m), about [-1, 1] but not clamped.
    """
    side, size = window.side, frame.shape[-1]
    if side == size:
        return picture(last, frame)
    offset, mask, image = _resized(last, side)
    everywhere = _spread(offset * (side / size), window, size)
    moved = warp(frame, everywhere * _outer(window, size).to(frame))
    rows, columns = window.slices
    paint = (1 - mask) * _inner(window, size).to(frame)
    moved[:, :, rows, columns] += paint * (image - moved[:, :, rows, columns])
    return moved


def pasted(last: Scale, frame: Tensor, window: Window) -> Tensor:
    """The source with the network's own image in its window, for networks that do not move the source itself.

    It fades in over the `SEAM` where the window ends inside the frame. What lies outside stays as it is, so that a head
    that is larger than its window tears when it moves.

    Args:
        last: Finest scale of the synthesis.
        frame: (B, 3, m, m) in [-1, 1].
        window: in it.

    Returns:
        (B, 3, m, m), about [-1, 1] but not clamped.
    """
    rows, columns = window.slices
    result = frame.clone()
    image = resized_image(last, window.side)
    result[:, :, rows, columns] += _inner(window, frame.shape[-1]).to(frame) * (image - frame[:, :, rows, columns])
    return result


def resized_image(last: Scale, size: int) -> Tensor:
    """The network's own image at `size` pixels, bicubically: (B, 3, size, size)."""
    if size == last.image.shape[-1]:
        return last.image
    return functional.interpolate(last.image, size=(size, size), mode="bicubic", align_corners=False)


def _resized(last: Scale, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Offset, mask and image at `size` pixels."""
    offset, mask, image = torch.tanh(last.flow[:, :2]), torch.sigmoid(last.flow[:, 2:]), resized_image(last, size)
    if size == offset.shape[-1]:
        return offset, mask, image
    offset = functional.interpolate(offset, size=(size, size), mode="bilinear", align_corners=False)
    mask = functional.interpolate(mask, size=(size, size), mode="bilinear", align_corners=False)
    return offset, mask, image


def _spread(offset: Tensor, window: Window, size: int) -> Tensor:
    """(B, 2, side, side) -> (B, 2, size, size): what lies `MARGIN` inside the window goes on to all sides."""
    left, top, side = window.left, window.top, window.side
    outside = (left, size - left - side, top, size - top - side)
    margin = [round(MARGIN * side) if pixels else 0 for pixels in outside]
    inner = offset[:, :, margin[2] : side - margin[3], margin[0] : side - margin[1]]
    padding = [pixels + inset for pixels, inset in zip(outside, margin, strict=True)]
    return functional.pad(inner, padding, mode="replicate")


def _outer(window: Window, size: int) -> Tensor:
    """(size, size): 1 in the window, falling to 0 at `REACH` outside."""
    away = [_distance(start, window.side, size) for start in (window.top, window.left)]
    farther = torch.maximum(away[0][:, None], away[1][None, :])
    return (1 - farther / (REACH * window.side)).clamp(0, 1)


def _distance(start: int, side: int, size: int) -> Tensor:
    """(size,) pixels outside of [start, start + side), 0 inside."""
    place = torch.arange(size)
    return torch.maximum(start - place, place - (start + side - 1)).clamp_min(0)


def _inner(window: Window, size: int) -> Tensor:
    """(side, side): 1, falling to 0 over the `SEAM` at borders that lie inside the frame."""
    shares = []
    for start in (window.top, window.left):
        place = torch.arange(window.side) + 0.5
        share = torch.ones(window.side)
        if start > 0:
            share = torch.minimum(share, place / (SEAM * window.side))
        if start + window.side < size:
            share = torch.minimum(share, (window.side - place) / (SEAM * window.side))
        shares.append(share)
    return torch.minimum(shares[0][:, None], shares[1][None, :])
