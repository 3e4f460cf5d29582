"""Geometric guidance encoder (section III-B of the paper): a map -> features that are added to the UNet's first layer.

The released network attends once, after the last convolution but one. It also holds an attention for every other
layer, and one more, that it never uses; they are here because its files hold them.
"""

from diffusers import Transformer2DModel
from torch import Tensor, nn
from torch.nn import functional

from baselines.magicportrait.sizes import GuidanceSizes

MOST_GROUPS = 32


class GuidanceEncoder(nn.Module):
    """Maps of one kind, such as depth, to features an eighth of their size."""

    def __init__(self, sizes: GuidanceSizes) -> None:
        super().__init__()
        first = sizes.widths[0]
        self.conv_in = nn.Conv2d(sizes.image_channels, first, 3, padding=1)
        self.blocks = nn.ModuleList()
        self.attentions = nn.ModuleList()
        for width, following in zip(sizes.widths, sizes.widths[1:], strict=False):
            self.blocks.extend(
                [nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, following, 3, padding=1, stride=2)]
            )
            self.attentions.extend([_attention(width, sizes.heads), _attention(following, sizes.heads)])
        self.guidance_attention = _attention(sizes.widths[-1], sizes.heads)
        self.conv_out = nn.Conv2d(sizes.widths[-1], sizes.out, 3, padding=1)

    def forward(self, maps: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 1] -> (N, out, H / 8, W / 8) for three halvings."""
        features = functional.silu(self.conv_in(maps))
        for block in self.blocks:
            features = functional.silu(block(features))
        attended: Tensor = self.conv_out(self.attentions[-1](features, return_dict=False)[0])
        return attended


def _attention(width: int, heads: int) -> nn.Module:
    module: nn.Module = Transformer2DModel(
        num_attention_heads=heads,
        attention_head_dim=width // heads,
        in_channels=width,
        norm_num_groups=min(MOST_GROUPS, width),
        num_layers=1,
    )
    return module
