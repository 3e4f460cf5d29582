"""HyperReenact in evalkit. The driving clip is read once before the first frame, for its landmarks."""

from torch import nn

from baselines._shared.native.batches import inference
from baselines._shared.native.checkpoints import NativeCheckpoints
from baselines._shared.native.load import load
from baselines._shared.native.networks import Networks, Part
from baselines._shared.native.workers import alone
from baselines.hyperreenact.blending import Block
from baselines.hyperreenact.crops import Points
from baselines.hyperreenact.method import HyperAnimator, HyperReenactMethod, Locate
from baselines.hyperreenact.model import HyperReenact
from baselines.hyperreenact.sizes import RELEASED, TINY, Sizes
from evalkit.errors import MethodError
from evalkit.extractors import dlib68
from evalkit.method.interface import MethodConfig
from evalkit.types import Frames


def _livelier(network: nn.Module) -> None:
    """Random changes of kernels large enough to be seen; as they are drawn, they all but vanish in the blocks."""
    for block in network.modules():
        if isinstance(block, Block):
            for layer in block.convs:
                if isinstance(layer, nn.Conv2d):
                    nn.init.kaiming_normal_(layer.weight, a=0.01)


NETWORKS = Networks(
    method="hyperreenact",
    variants={"released": HyperReenact},
    parts=(
        Part("hypernet", "state_dict", prefix="hypernet.", loose=True),
        Part("decoder", "g_ema", loose=True),
        Part("pose_encoder", "E_flame"),
        Part("appearance_encoder", None),
        Part("e4e_encoder", "e"),
    ),
    files=("hypernetwork.pt", "stylegan-voxceleb.pt", "deca_model.tar", "insight_face.pth", "e4e-voxceleb.pt"),
    settle=_livelier,
)
CHECKPOINTS = NativeCheckpoints(NETWORKS)


def build(config: MethodConfig, sizes: Sizes | None = None, side: int | None = None) -> HyperReenactMethod:
    """The networks as the options say. Other `sizes` and `side` (pixels) are for random weights.

    Raises `MethodError` for tiny networks with weights, which nobody has.
    """
    tiny = config.options["networks"] == "tiny"
    if tiny and not config.random_weights:
        raise MethodError("networks=tiny has no weights and is for trying things out: add --random-weights.")
    chosen = sizes or (TINY if tiny else RELEASED)
    if side is not None:
        chosen = chosen.at(side)
    model = load(NETWORKS, config, lambda: HyperReenact(chosen))
    with inference(), alone(config.device):
        model.find_centre()
    return HyperReenactMethod(HyperAnimator(model), landmarks(), config, chosen.side)


def landmarks() -> Locate:
    """dlib's 68 points, where the official code takes those of `face-alignment`."""
    extract = dlib68.load()

    def locate(frames: Frames) -> Points:
        return extract(frames, {})["points"]

    return locate
