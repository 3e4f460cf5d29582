"""SyncNet: two towers that put the mouth and the sound of a fifth of a second into one space of 1,024 numbers.

Source: Chung and Zisserman, "Out of time: automated lip sync in the wild", ACCV workshops 2016; the layers, their order
and the names of their weights are those of the released model `syncnet_v2` (github.com/joonson/syncnet_python).
"""

from typing import cast

from torch import Tensor, nn

EMBEDDING = 1024


class SyncNet(nn.Module):
    """Both towers; the names of the parts are those in the released file."""

    def __init__(self) -> None:
        super().__init__()
        self.netcnnaud = nn.Sequential(
            *_flat(1, 64, 3, padding=1),
            nn.MaxPool2d(1, 1),
            *_flat(64, 192, 3, padding=1),
            nn.MaxPool2d(3, (1, 2)),
            *_flat(192, 384, 3, padding=1),
            *_flat(384, 256, 3, padding=1),
            *_flat(256, 256, 3, padding=1),
            nn.MaxPool2d(3, 2),
            *_flat(256, 512, (5, 4)),
        )
        self.netfcaud = _head()
        self.netfclip = _head()
        self.netcnnlip = nn.Sequential(
            *_deep(3, 96, (5, 7, 7), stride=(1, 2, 2)),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2)),
            *_deep(96, 256, (1, 5, 5), stride=(1, 2, 2), padding=(0, 1, 1)),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2), padding=(0, 1, 1)),
            *_deep(256, 256, (1, 3, 3), padding=(0, 1, 1)),
            *_deep(256, 256, (1, 3, 3), padding=(0, 1, 1)),
            *_deep(256, 256, (1, 3, 3), padding=(0, 1, 1)),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2)),
            *_deep(256, 512, (1, 6, 6)),
        )

    def sound(self, coefficients: Tensor) -> Tensor:
        """(N, 1024) of MFCC (N, 1, 13, 20)."""
        return cast("Tensor", self.netfcaud(self.netcnnaud(coefficients).flatten(1)))

    def lips(self, crops: Tensor) -> Tensor:
        """(N, 1024) of crops (N, 3, 5, 224, 224): BGR, 0 to 255."""
        return cast("Tensor", self.netfclip(self.netcnnlip(crops).flatten(1)))


def _flat(given: int, made: int, kernel: int | tuple[int, int], padding: int = 0) -> list[nn.Module]:
    return [nn.Conv2d(given, made, kernel, padding=padding), nn.BatchNorm2d(made), nn.ReLU(inplace=True)]


def _deep(
    given: int,
    made: int,
    kernel: tuple[int, int, int],
    stride: tuple[int, int, int] = (1, 1, 1),
    padding: tuple[int, int, int] = (0, 0, 0),
) -> list[nn.Module]:
    convolution = nn.Conv3d(given, made, kernel, stride=stride, padding=padding)
    return [convolution, nn.BatchNorm3d(made), nn.ReLU(inplace=True)]


def _head() -> nn.Sequential:
    return nn.Sequential(nn.Linear(512, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, EMBEDDING))
