"""The catalogue: one entry per file, and a way to each."""

import pytest

from evalkit import weights
from evalkit.errors import UnknownNameError

NOT_THE_TEAMS = {
    "arcface-glint360k-r100", "backbone-vgg19", "efficientnet-lite0", "face-landmarks-203", "mobilefacenet-arcface-192",
    "openface-nn4-small2", "stlpips-alex", "stlpips-vgg", "syncnet-v2",
}  # fmt: skip


def test_every_file_has_one_entry_and_a_way_to_it():
    files = list(weights.catalogue().values())
    pinned = [file.sha256 for file in files if file.sha256 is not None]
    assert len(set(pinned)) == len(pinned) > 20
    assert {file.name: file.sha256 for file in files if file.pinned is None} == {
        "backbone-vgg19": "dcbb9e9d",  # as torchvision names its files
        "openface-nn4-small2": None,
    }
    names = [name for file in files for name in (file.file, *file.aliases)]
    assert len(set(names)) == len(names)
    assert [file.name for file in files if not file.published] == ["tddfa-v2-bases"]
    urls = [url for file in files for url in (*file.urls, *(file.archive.urls if file.archive else ()))]
    assert all(url.startswith(("https://", "hf://")) for url in urls)
    assert all(file.non_commercial == ("non-commercial" in file.licence) for file in files)


def test_the_catalogue_agrees_with_the_team_and_finds_its_files(shared, monkeypatch):
    import csv

    monkeypatch.setenv("EVALKIT_WEIGHTS", str(shared / "weights"))
    with (shared / "weights" / "manifest.csv").open(encoding="utf-8") as file:
        rows = {row["name"]: row for row in csv.DictReader(file) if row["name"] in weights.catalogue()}
    assert weights.catalogue().keys() - rows.keys() == NOT_THE_TEAMS
    for name, row in rows.items():
        assert row["sha256"] in ("", weights.find(name).sha256)
        assert not row["bytes"] or weights.find(name).bytes == int(row["bytes"])
        if row["file"] != "-":
            assert shared / "weights" / row["file"] in weights.candidates(weights.find(name))
            assert weights.digest(weights.locate(name)) == weights.find(name).sha256


def test_an_unknown_name_suggests_near_ones():
    with pytest.raises(UnknownNameError, match="arcface-w600k-r50"):
        weights.locate("arcface-r50")
