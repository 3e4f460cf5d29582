"""The ablation of SFD by one command: trains the four stages, scores them, and sets them beside the paper's Table III.

    python -m baselines.sfd.lab.ablation --config small --data DIR --out OUT

fills OUT/<stage> (as `baselines.sfd.lab.train --out` does, and `averaged.safetensors`), OUT/runs (run folders of
evalkit), `OUT/ablation.tex` (a document that compiles by itself) and `OUT/ablation.md`. The same command resumes where
it was stopped, and takes over stages that were trained into OUT/<stage> by `baselines.sfd.lab.train`, on many GPUs for
instance: this command itself trains in one process. A stage whose training fails costs only its row; the exit code is
then 1.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from baselines.sfd.lab.ablation_table import ablation_table
from baselines.sfd.lab.stage_scores import Scoring, anchor_results, score_stages, stage_row
from baselines.sfd.lab.stages import StageFolder, export_stage, refuse_other_trainings, train_stage
from baselines.sfd.lab.train import add_options
from baselines.sfd.lab.training.config import STAGES, read_config
from baselines.sfd.lab.training.corpus import load_corpus
from evalkit.base.files import atomic_path
from evalkit.errors import EvalkitError, RunError
from evalkit.protocol.schema import find_protocol
from evalkit.tables.latex import latex_paper
from evalkit.tables.markdown import markdown
from evalkit.tables.table import Table

PROTOCOLS = ("demo_cross", "demo_self")
TABLE = "ablation"
_LOG = logging.getLogger("evalkit")


def main(arguments: list[str] | None = None) -> int:
    """The command; exit code 1 when a stage failed, 2 for an error that the user can act on."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    given = _parser().parse_args(arguments)
    try:
        failed = ablation(given)
    except EvalkitError as error:
        _LOG.error("%s", error)
        return 2
    return 1 if failed else 0


def ablation(given: argparse.Namespace) -> dict[str, str]:
    """Train, score and write the table; the stages whose training failed, with the reasons.

    Raises `EvalkitError` for whatever concerns more than one stage.
    """
    folders = [StageFolder(stage, given.out / stage) for stage in STAGES]
    protocols = tuple(find_protocol(name) for name in given.protocol or PROTOCOLS)
    scoring = Scoring(protocols, given.data_root, given.out / "runs", given.device, given.workers, given.tag)
    failed: dict[str, str] = {}
    if given.tables_only:
        refuse_other_trainings(folders, given, data=None)
    else:
        config = read_config(given.config)
        corpus = load_corpus(given.dataset, given.data, config.data, config.shape)
        refuse_other_trainings(folders, given, corpus.digest)
        asked = [folder for folder in folders if folder.stage in (given.stages or STAGES)]
        failed = _train(asked, given)
        score_stages(scoring, [folder for folder in asked if folder.stage not in failed])
    rows = [stage_row(scoring, folder) for folder in folders]
    rows = [replace(row, results=(), problem=failed[row.stage]) if row.stage in failed else row for row in rows]
    size = read_config(given.config).shape.size
    about = f"Ablation of SFD, configuration {Path(given.config).stem}, {size} pixels"
    _write(given.out, ablation_table(rows, anchor_results(scoring), about))
    return failed


def _train(folders: Sequence[StageFolder], given: argparse.Namespace) -> dict[str, str]:
    """Train and export stages; those that failed, with the reasons."""
    failed: dict[str, str] = {}
    for folder in folders:
        try:
            progress = train_stage(folder, given)
        except RunError as error:
            failed[folder.stage] = str(error)
            _LOG.error("%s failed: %s", folder.stage, error)
        else:
            export_stage(folder, progress, given)
    return failed


def _write(out: Path, table: Table) -> None:
    for suffix, text in ((".tex", latex_paper(table, standalone=True)), (".md", markdown(table))):
        with atomic_path(out / f"{TABLE}{suffix}") as temporary:
            temporary.write_text(text, encoding="utf-8")
    _LOG.info("%s", out / f"{TABLE}.tex")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m baselines.sfd.lab.ablation", description=__doc__)
    add_options(parser)
    shipped = ", ".join(PROTOCOLS)
    only = "train and score only this stage; repeatable"
    parser.add_argument("--stage", dest="stages", action="append", choices=list(STAGES), help=only)
    parser.add_argument("--protocol", action="append", help=f"to score with; repeatable; default: {shipped}")
    parser.add_argument("--data-root", type=Path, help="data root of the protocols; the demo corpus needs none")
    parser.add_argument("--tag", default="", help="keep these runs apart from earlier ones, of other code for instance")
    parser.add_argument("--workers", type=int, default=min(os.cpu_count() or 1, 8), help="processes that score")
    parser.add_argument(
        "--tables-only", action="store_true", help="only the table, of what has been trained and scored"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
