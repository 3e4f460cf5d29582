"""EfficientNet-Lite0 up to its pooled features, in the layout of EfficientNet-PyTorch's state dicts.

Blocks of a 1x1 expansion, a depthwise convolution and a 1x1 projection, ReLU6, no squeeze-and-excitation; a block adds
its input where sizes allow. Convolutions of stride 2 pad as TensorFlow does: more on the right and below.

Source: Tan and Le, EfficientNet, ICML 2019, in the Lite variant of TensorFlow's TPU models; names and sizes as in
ml-illustrated/EfficientNet-Lite-PyTorch (epsilon 1e-3).
"""

from collections import OrderedDict

from torch import Tensor, nn
from torch.nn import functional as F

FEATURES, SIDE = 1280, 224
_EPSILON = 1e-3
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""(blocks, kernel, stride of the first, expansion, channels)."""


class Convolution(nn.Module):
    """TensorFlow's `SAME` convolution without bias, batch normalisation, and ReLU6 unless it projects."""

    def __init__(self, conv: nn.Conv2d, norm: nn.BatchNorm2d, *, rectified: bool) -> None:
        super().__init__()
        self.fused = nn.utils.fuse_conv_bn_eval(conv, norm)
        kernel, stride = conv.kernel_size[0], conv.stride[0]
        # Sides are even wherever the stride is 2; an even border needs no copy of the picture.
        whole = kernel - stride
        before, after = whole // 2, whole - whole // 2
        self.border = None if before == after else (before, after) * 2
        self.fused.padding = (before, before) if before == after else (0, 0)
        self.rectified = rectified

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H / stride, W / stride)."""
        x = self.fused(F.pad(x, self.border) if self.border else x)
        return F.relu6(x, inplace=True) if self.rectified else x


class Block(nn.Module):
    """The layers of one inverted bottleneck, as the file names them."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        if expansion > 1:
            self._expand_conv, self._bn0 = nn.Conv2d(inputs, wide, 1, bias=False), _norm(wide)
        self._depthwise_conv = nn.Conv2d(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = _norm(wide)
        self._project_conv, self._bn2 = nn.Conv2d(wide, outputs, 1, bias=False), _norm(outputs)
        self.adds = stride == 1 and inputs == outputs


class EfficientNetLite0(nn.Module):
    """The layers of the file, classifier included; `fuse` makes what runs."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = nn.Conv2d(3, 32, 3, 2, bias=False), _norm(32)
        blocks, inputs = [], 32
        for count, kernel, stride, expansion, outputs in _STAGES:
            for number in range(count):
                blocks.append(Block(inputs, outputs, kernel, 1 if number else stride, expansion))
                inputs = outputs
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = nn.Conv2d(inputs, FEATURES, 1, bias=False), _norm(FEATURES)
        self._fc = nn.Linear(FEATURES, 1000)


class Features(nn.Module):
    """Pooled features of a loaded network, every batch normalisation folded into its convolution."""

    def __init__(self, network: EfficientNetLite0) -> None:
        super().__init__()
        self.stem = Convolution(network._conv_stem, network._bn0, rectified=True)
        self.blocks = nn.ModuleList([_fused(block) for block in network._blocks if isinstance(block, Block)])
        self.adds = tuple(block.adds for block in network._blocks if isinstance(block, Block))
        self.head = Convolution(network._conv_head, network._bn1, rectified=True)

    def forward(self, x: Tensor) -> Tensor:
        """Pictures (B, 3, 224, 224) float32, (RGB - 127) / 128 -> (B, 1280)."""
        x = self.stem(x)
        for block, adds in zip(self.blocks, self.adds, strict=True):
            x = block(x) + x if adds else block(x)
        features: Tensor = self.head(x)
        return features.mean(dim=(2, 3))


def _fused(block: Block) -> nn.Sequential:
    layers = OrderedDict[str, nn.Module]()
    if hasattr(block, "_expand_conv"):
        layers["expand"] = Convolution(block._expand_conv, block._bn0, rectified=True)
    layers["depthwise"] = Convolution(block._depthwise_conv, block._bn1, rectified=True)
    layers["project"] = Convolution(block._project_conv, block._bn2, rectified=False)
    return nn.Sequential(layers)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=_EPSILON)
