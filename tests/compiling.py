"""Compile LaTeX where a compiler is installed, and insist that nothing runs over the margin."""

import shutil
import subprocess
from pathlib import Path

import pytest


def compile_latex(text: str, folder: Path) -> Path:
    """The PDF of a document; skips the test when neither pdflatex nor tectonic is there."""
    compiler = shutil.which("pdflatex") or shutil.which("tectonic")
    if compiler is None:
        pytest.skip("neither pdflatex nor tectonic is installed")
    (folder / "table.tex").write_text(text, encoding="utf-8")
    options = ["-interaction=nonstopmode", "-halt-on-error"] if compiler.endswith("pdflatex") else []
    done = subprocess.run([compiler, *options, "table.tex"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "invalid in math mode" not in done.stdout and "Overfull" not in done.stdout, done.stdout[-4000:]
    path = folder / "table.pdf"
    assert path.stat().st_size > 1000
    return path
