"""A small data root and its protocol."""

from pathlib import Path

import pytest

from evalkit.clips import video
from evalkit.datasets.drawn import render_clip
from evalkit.protocol.rules import DrivingRule, PairRule
from evalkit.protocol.schema import Protocol


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three people with one clip each, six frames of 64x64."""
    folder = tmp_path_factory.mktemp("people")
    for person in range(3):
        clip = render_clip(person, 0, frames=6, size=64).frames
        video.write_video(folder / f"person{person}" / "take.mkv", [clip], 25)
    return folder


@pytest.fixture(scope="session")
def protocol() -> Protocol:
    return Protocol(
        id="small_self",
        title="Small",
        task="self_reenactment",
        dataset="folder",
        pairs=PairRule(rule="first_frame_self"),
        driving=DrivingRule(start=1),
        resolution=64,
        metrics=("l1", "psnr", "csim[dlib]"),
        anchors=("copy_source",),
    )
