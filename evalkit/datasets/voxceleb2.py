"""VoxCeleb2, cut to faces as FOMM does: the 118 official test people at 256x256."""

from evalkit.datasets.base import Dataset, clips_of
from evalkit.datasets.prepare.jobs import Recipe
from evalkit.datasets.vox import VOX2_TEST, length_of, reader, survey_of, train

DATASET = Dataset(
    id="voxceleb2",
    title="VoxCeleb2, FOMM-style 256x256 face crops",
    licence="annotations CC BY 4.0; videos belong to their uploaders",
    size="118 test people; how many clips depends on the list and on what can still be downloaded",
    obtain="Get VoxCeleb2's annotation (vox2_test_txt.zip) from the VoxCeleb pages or their KAIST mirror, "
    "or a metadata file that crop_vox.py made, and download the YouTube videos yourself; or take the released "
    "crops (vox2_test_mp4.zip) as --raw without --lists.",
    index=clips_of(survey_of(VOX2_TEST)),
    survey=survey_of(VOX2_TEST),
    train=train,
    test_people=frozenset(VOX2_TEST),
    recipe=Recipe(
        lists="the folder txt/<person>/<video>/<utterance>.txt of the official annotation, or a *metadata*.csv; "
        "none for the released 224x224 crops",
        raw="<YouTube id>.mp4 (or .mkv, .webm), at any depth; or the released mp4/<person>/<video>/<utterance>.mp4",
        read=reader(VOX2_TEST, fractions=True, released=True),
        splits=("test", "train", "all"),
        size=256,
        length=length_of,
    ),
)
