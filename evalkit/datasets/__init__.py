"""Datasets: one file each.

base             what a dataset is to evalkit
labels           attributes of clips as datasets hand them out
facts            rules for the facts of a dataset
plugged          datasets from outside
found            what looking through a folder came to
sequences        whether pictures are the frames of one clip
layout           prepared layouts, indexed by names alone
identities       who is in a clip, by the clip's name
splits           who may be trained on
folder           any folder of clips
celeba_hq        CelebA-HQ portraits with clips that drive them
celebv           CelebV (ReenactGAN)
celebv_hq        CelebV-HQ
demo             drawn heads with known pose and expression, made on first use
hdtf             HDTF
talkinghead_1kh  TalkingHead-1KH
vfhq             VFHQ
vox              what VoxCeleb1 and VoxCeleb2 share
voxceleb1        VoxCeleb1, cut as FOMM does
voxceleb2        VoxCeleb2, cut as FOMM does
prepare          official lists and the user's downloads become the standard layout
drawn            the drawn heads themselves
"""

from evalkit.base.registry import Registry
from evalkit.datasets.base import Dataset
from evalkit.datasets.plugged import adopt

DATASETS: Registry[Dataset] = Registry("dataset", "datasets", adopt)
for _id in (
    "celeba_hq",
    "celebv",
    "celebv_hq",
    "demo",
    "folder",
    "hdtf",
    "talkinghead_1kh",
    "vfhq",
    "voxceleb1",
    "voxceleb2",
):
    DATASETS.register(_id, f"evalkit.datasets.{_id}:DATASET")

__all__ = ["DATASETS", "Dataset"]
