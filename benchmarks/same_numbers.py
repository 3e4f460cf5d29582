"""Prove that a change of the code moves no number: a fixed set of commands before the change and after it.

    python -m benchmarks.same_numbers store DIR      on the old code: their outputs, into DIR/before
    python -m benchmarks.same_numbers compare DIR    on the new code: into DIR/after, and what differs, file by file

Runs of the demo corpus, runs over three real clips of `$EVALKIT_SHARED/faces` with every metric that can be computed
here (`$EVALKIT_WEIGHTS` brings more networks; left out where the clips are not there), tables in every format, gates,
explanations and the data of a report are compared byte for byte. Clocks, memory, commits, code hashes and facts of the
machine are not (`same_outputs.MAY_DIFFER`). Features come from an empty cache both times. `compare` ends with exit code
1 when anything differs. Two to four minutes on two cores.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.same_outputs import differences

ROOT = Path(__file__).resolve().parent.parent
METHODS = ("-M", "landmark_warp", "-M", "ours")
CLIPS = ("p001_c1", "p003_c1", "p005_c1")
FRAMES = 8
SHOWN = 20

DEMO = {
    "": [
        ("run", "-p", "demo_self", *METHODS, "--limit", "2", "--workers", "2"),
        ("run", "-p", "demo_cross", *METHODS, "--limit", "2", "--workers", "2"),
    ]
}
"""File that keeps what a command prints -> the commands; nothing is kept under ""."""
FACES = {
    "": [
        ("run", "-p", "folder_self.yaml", *METHODS, "-d", "faces", "--workers", "2", "METRICS:self_reenactment"),
        ("run", "-p", "folder_cross.yaml", *METHODS, "-d", "faces", "--workers", "2", "METRICS:cross_reenactment"),
        ("gate", "save", "runs/folder_self/landmark_warp", "baseline.json"),
    ],
    "gate_sfd.json": [("gate", "-b", "baseline.json", "-c", "runs/folder_self/sfd", "--json")],
    "gate_same.json": [("gate", "-b", "baseline.json", "-c", "runs/folder_self/landmark_warp", "--json")],
    "gate_runs.json": [("gate", "-b", "runs/folder_cross/sfd", "-c", "runs/folder_cross/copy_source", "--json")],
    "table_faces.csv": [("table", "RUNS:folder_self", "--format", "csv", "--costs")],
    "explain_faces.txt": [("explain", "runs/folder_self/sfd", "csim[dlib]")],
}
TOLD = {
    "gate_incomplete.json": [("gate", "-b", "runs/demo_self/landmark_warp", "-c", "runs/demo_self/sfd", "--json")],
    "table.md": [("table", "RUNS:demo_self", "--format", "markdown")],
    "table.tex": [("table", "RUNS:demo_self", "--format", "latex", "--ours", "sfd")],
    "table.csv": [("table", "RUNS:demo_self", "--format", "csv")],
    "table.json": [("table", "RUNS:demo_self", "--format", "json")],
    "paper.tex": [("table", "RUNS:demo_self", "RUNS:demo_cross", "--format", "latex", "--style", "paper")],
    "explain.txt": [("explain", "runs/demo_self/landmark_warp", "akd[dlib68]")],
    "": [("report", "RUNS:demo_self", "--out", "report", "--media", "none")],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("store", "compare"))
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    made = folder / ("before" if asked.what == "store" else "after")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    make(made)
    return 0 if asked.what == "store" else report(folder)


def report(folder: Path) -> int:
    """Print what differs; the exit code."""
    found = differences(folder / "before", folder / "after")
    for name, lines in found.items():
        print(f"\n{name}")
        for line in lines[:SHOWN]:
            print(f"    {line}")
        if len(lines) > SHOWN:
            print(f"    and {len(lines) - SHOWN} more")
    total = sum(len(lines) for lines in found.values())
    print(f"{total} differences in {len(found)} files." if found else "The numbers are the same.")
    return 1 if found else 0


def make(folder: Path) -> None:
    """Run all commands in `folder`."""
    faces = Path(os.environ.get("EVALKIT_SHARED", ROOT.parent / "shared")) / "faces" / "clips"
    codes: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "EVALKIT_CACHE": cache}
        run_all(DEMO, folder, environment, codes)
        if faces.is_dir():
            prepare_faces(faces, folder)
            run_all({"": FACES[""][:2]}, folder, environment, codes)
        else:
            print(f"No clips in {faces}: the runs over real faces are left out.")
        stop_clocks(folder)
        if faces.is_dir():
            run_all({**FACES, "": FACES[""][2:]}, folder, environment, codes)
        run_all(TOLD, folder, environment, codes)
    (folder / "exit_codes.json").write_text(json.dumps(codes, indent=2))


def prepare_faces(faces: Path, folder: Path) -> None:
    """A dataset of three people, and the two protocols for clips of users, with fewer frames."""
    for name in CLIPS:
        (folder / "faces" / name.partition("_")[0]).mkdir(parents=True)
        shutil.copyfile(faces / f"{name}.mp4", folder / "faces" / name.partition("_")[0] / f"{name}.mp4")
    for name in ("folder_self", "folder_cross"):
        text = (ROOT / "protocols" / f"{name}.yaml").read_text(encoding="utf-8")
        fewer = text.replace("maximum: 60", f"maximum: {FRAMES}").replace("count: 50", "count: 3")
        (folder / f"{name}.yaml").write_text(fewer, encoding="utf-8")


def run_all(commands: dict[str, list[tuple[str, ...]]], folder: Path, environment: dict[str, str], codes: dict) -> None:
    for name, group in commands.items():
        for words in group:
            command = [part for word in words for part in spelled_out(word, folder, environment)]
            print("evalkit", *command[:8], "..." if len(command) > 8 else "", flush=True)
            done = evalkit(command, folder, environment)
            codes[" ".join(words)] = done.returncode
            if done.returncode not in (0, 1, 3, 4):
                raise SystemExit(f"exit code {done.returncode}: {' '.join(command)}\n{done.stderr}")
            if name:
                (folder / name).write_text(done.stdout, encoding="utf-8")


def evalkit(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evalkit", *command], cwd=folder, env=environment, capture_output=True, text=True
    )


def spelled_out(word: str, folder: Path, environment: dict[str, str]) -> list[str]:
    """`RUNS:protocol` is its run folders, `METRICS:task` every metric of the task that can be computed here."""
    kind, _, name = word.partition(":")
    if kind == "RUNS":
        return [path.relative_to(folder).as_posix() for path in sorted((folder / "runs" / name).iterdir())]
    if kind == "METRICS":
        known = json.loads(evalkit(["metrics", "list", "--json"], folder, environment).stdout)
        here = [metric["id"] for metric in known if metric["available"] and name in metric["tasks"]]
        return [part for metric in here for part in ("--metric", metric)]
    return [word]


def stop_clocks(folder: Path) -> None:
    """Give all timed runs the same speed and memory, so that tables and reports of them can be compared."""
    for path in folder.glob("runs/*/*/run.json"):
        header = json.loads(path.read_text(encoding="utf-8"))
        for key, value in header["timings"].items():
            if isinstance(value, float) or key == "peak_memory_bytes":
                header["timings"][key] = value and type(value)(10)
        path.write_text(json.dumps(header, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
