"""The example notebook runs in a Jupyter kernel, and shows tables, a bar and a picture."""

import base64
import io
import os
from pathlib import Path

import pytest
from PIL import Image

from tests.architecture import ROOT

NOTEBOOK = ROOT / "docs" / "notebooks" / "first_steps.ipynb"


@pytest.fixture(scope="module")
def outputs(private_cache: Path, tmp_path_factory):
    """Of every code cell, by its first line: what it showed, as (kind, content)."""
    nbformat = pytest.importorskip("nbformat", reason="Jupyter is not installed")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    folder = str(tmp_path_factory.mktemp("notebook"))
    os.environ["EVALKIT_CACHE"] = str(private_cache)
    nbclient.NotebookClient(notebook, timeout=240, resources={"metadata": {"path": folder}}).execute()
    return {
        cell.source.splitlines()[-1]: [
            (kind, content)
            for output in cell.outputs
            for kind, content in (output.get("data") or {"text": output.get("text", "")}).items()
        ]
        for cell in notebook.cells
        if cell.cell_type == "code"
    }


def shown(outputs, ending, kind):
    return [content for known, content in outputs[ending] if known == kind][-1]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_notebook_shows_what_it_says(outputs):
    run = shown(outputs, "run", "text/html")
    assert run.startswith("<table>") and "blend on folder_self, 3 of 3 pairs" in run
    table = shown(outputs, "ek.table(run, *run.anchors)", "text/html")
    assert "Copy source" in table and "<html" not in table and "Copy driving" in table and "blend" in table
    verdict = shown(outputs, "ek.gate(run, candidate)", "text/html")
    assert "psnr" in verdict and "Not proven" in verdict
    picture = Image.open(io.BytesIO(base64.b64decode(shown(outputs, "Image(run.contact_sheet)", "image/png"))))
    assert picture.width > 500


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_progress_is_one_bar_per_run_and_nothing_else_is_said(outputs):
    bars = [content for kind, content in outputs["run"] if kind == "text/html"][:-1]
    assert bars == [
        f'<div><progress value="3" max="3"></progress> folder_self / {name}: 3 of 3 pairs</div>'
        for name in ("copy_source", "copy_driving", "blend")
    ]
    assert [kind for kind, _ in outputs["ek.gate(run, candidate)"]] == ["text/plain", "text/html"]
    assert "black in range=255" in shown(outputs, "    print(error)", "text")
