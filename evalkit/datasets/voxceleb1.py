"""VoxCeleb1, cut to faces as FOMM does: 525 test clips of 13 people at 256x256."""

from evalkit.datasets.base import Dataset, clips_of
from evalkit.datasets.prepare.jobs import Recipe
from evalkit.datasets.vox import VOX1_TEST, length_of, reader, survey_of, train

DATASET = Dataset(
    id="voxceleb1",
    title="VoxCeleb1, FOMM's 256x256 face crops",
    licence="annotations CC BY 4.0; videos belong to their uploaders",
    size="525 test clips of 13 people, 132,606 frames, cut from 90 videos",
    obtain="VoxCeleb1 was never released as video: get vox-metadata.csv from "
    "github.com/AliaksandrSiarohin/video-preprocessing and download its YouTube videos yourself.",
    index=clips_of(survey_of(VOX1_TEST)),
    survey=survey_of(VOX1_TEST),
    train=train,
    test_people=frozenset(VOX1_TEST),
    recipe=Recipe(
        lists="vox-metadata.csv, or the folder txt/<person>/<video>/<utterance>.txt of the official annotation",
        raw="<YouTube id>.mp4 (or .mkv, .webm), at any depth",
        read=reader(VOX1_TEST, fractions=False),
        splits=("test", "train", "all"),
        size=256,
        length=length_of,
    ),
)
