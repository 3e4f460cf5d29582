"""Set-latent encoder: source images with their keypoints and expressions to a set of tokens.

Source: Rochow et al., "FSRT" (CVPR 2024), section 3.1 (patch CNN, encoder).
"""

import torch
from torch import Tensor, nn

from baselines.fsrt.encoding import Encoding, pixel_coordinates
from baselines.fsrt.transformer import Transformer

TOKEN_DIM = 768
FIRST_WIDTH = 96
HEADS = 12
HIDDEN = 1536


class PatchBlock(nn.Module):
    """Two 3x3 convolutions with ReLU, the second of stride 2 with twice the channels; no biases.

    Args:
        in_channels: Channels of the input.
        width: Channels of the first convolution.
    """

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, padding=1, bias=False),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1, bias=False),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, 2 * width, H/2, W/2)."""
        out: Tensor = self.layers(x)
        return out


class SetLatentEncoder(nn.Module):
    """Patch CNN and self-attention over the patches of all sources.

    Args:
        encoding: Sizes of the codes.
        num_conv_blocks: Blocks of the patch CNN; each halves the resolution.
        num_att_blocks: Transformer blocks.
        encode_with_expression: Whether the expression vector is part of the input.
    """

    def __init__(
        self,
        encoding: Encoding | None = None,
        num_conv_blocks: int = 3,
        num_att_blocks: int = 5,
        encode_with_expression: bool = True,
    ) -> None:
        super().__init__()
        self.encoding = encoding or Encoding()
        self.encode_with_expression = encode_with_expression
        channels = 3 + self.encoding.positional_size
        channels += self.encoding.expression_size if encode_with_expression else 0
        self.conv_blocks = nn.ModuleList()
        for width in (FIRST_WIDTH * 2**index for index in range(num_conv_blocks)):
            self.conv_blocks.append(PatchBlock(channels, width))
            channels = 2 * width
        self.per_patch_linear = nn.Conv2d(channels, TOKEN_DIM, 1)
        self.transformer = Transformer(TOKEN_DIM, num_att_blocks, HEADS, HIDDEN)

    def pixel_codes(self, keypoints: Tensor, size: int) -> Tensor:
        """Keypoint and pixel codes as maps: (S, K, 2) -> (S, positional_size, size, size)."""
        pixels = pixel_coordinates(size, keypoints.device).flatten(0, 1)
        codes = self.encoding.positional(keypoints, pixels)  # (S, size * size, C)
        return codes.transpose(1, 2).reshape(len(keypoints), -1, size, size)

    def patches(self, images: Tensor, keypoints: Tensor, expression: Tensor) -> Tensor:
        """Tokens of each source: arguments as in `forward` -> (S, H/8 * W/8, 768), row by row."""
        size = images.shape[-1]
        maps = [images, self.pixel_codes(keypoints, size)]
        if self.encode_with_expression:
            maps.append(expression[:, :, None, None].expand(-1, -1, size, size))
        x = torch.cat(maps, dim=1)
        for block in self.conv_blocks:
            x = block(x)
        tokens: Tensor = self.per_patch_linear(x).flatten(2).transpose(1, 2)
        return tokens

    def forward(self, images: Tensor, keypoints: Tensor, expression: Tensor) -> Tensor:
        """Encode all sources of one person together.

        Args:
            images: (S, 3, H, H) in [0, 1].
            keypoints: (S, K, 2).
            expression: (S, expression_size).

        Returns:
            (1, S * H/8 * H/8, 768) set-latent representation.

        Raises:
            ValueError: the images are not square.
        """
        if images.shape[-1] != images.shape[-2]:
            raise ValueError(
                f"source images must be square, got {images.shape[-1]}x{images.shape[-2]} (width x height)"
            )
        # one source at a time: the input has 483 channels at full resolution
        sources = zip(*(torch.split(values, 1) for values in (images, keypoints, expression)), strict=True)
        tokens = torch.cat([self.patches(*source) for source in sources], dim=1)
        out: Tensor = self.transformer(tokens)
        return out
