"""Attributes of clips as datasets hand them out: attribute -> clip -> value, for tables by group (`--by`)."""

from collections.abc import Mapping
from pathlib import Path

from evalkit.datasets.prepare.lists.celebvhq_json import parse_info
from evalkit.errors import DatasetError

Labels = dict[str, dict[str, str]]
YES, NO, SEVERAL = "yes", "no", "several"


def read_celebvhq(path: Path) -> Labels:
    """The labels of CelebV-HQ's `celebvhq_info.json`.

    Every name of its mappings of appearance and action is an attribute, with the values yes and no; `emotion` is the
    emotion of a clip that has one, else `several`. Clips without labels are left out. Raises `DatasetError`.
    """
    content = parse_info(path)
    names = {kind: _names(path, content, kind) for kind in ("appearance", "action")}
    found: Labels = {name: {} for name in (*names["appearance"], *names["action"], "emotion")}
    for clip, entry in content["clips"].items():
        labels = entry.get("attributes") if isinstance(entry, Mapping) else None
        if not isinstance(labels, Mapping):
            continue
        for kind, known in names.items():
            flags = labels.get(kind)
            if not isinstance(flags, list) or len(flags) != len(known) or not all(flag in (0, 1) for flag in flags):
                raise DatasetError(
                    f"{path}, clip {clip!r}, key 'attributes.{kind}': expected {len(known)} times 0 or 1, as "
                    f"'meta_info.{kind}_mapping' has names."
                )
            for name, flag in zip(known, flags, strict=True):
                found[name][clip] = YES if flag else NO
        if emotion := _emotion(labels.get("emotion")):
            found["emotion"][clip] = emotion
    return found


def _names(path: Path, content: Mapping[str, object], kind: str) -> list[str]:
    info = content.get("meta_info", content.get("mete_info"))  # the README writes it so
    names = info.get(f"{kind}_mapping") if isinstance(info, Mapping) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DatasetError(f"{path}: key 'meta_info.{kind}_mapping' is missing; expected a list of names.")
    return names


def _emotion(entry: object) -> str | None:
    """The one emotion of a clip, or that it has several; None where nothing is said."""
    labels = entry.get("labels") if isinstance(entry, Mapping) else None
    if isinstance(labels, str):
        return labels
    if not isinstance(labels, list):
        return None
    parts = {part.get("emotion") if isinstance(part, Mapping) else part for part in labels}
    named = {part for part in parts if isinstance(part, str)}
    return None if not named else named.pop() if len(named) == 1 else SEVERAL


def read_celeba(path: Path) -> Labels:
    """The 40 attributes of `CelebAMask-HQ-attribute-anno.txt`, yes or no, by the number of the portrait.

    Raises `DatasetError`.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read: {error}.") from error
    names = lines[1].split() if len(lines) > 1 else []
    found: Labels = {name: {} for name in names}
    for number, line in enumerate(lines[2:], 3):
        file, *flags = line.split() or [""]
        if not file:
            continue
        if len(flags) != len(names) or not set(flags) <= {"1", "-1"}:
            raise DatasetError(f"{path} line {number}: expected a file and {len(names)} times 1 or -1.")
        for name, flag in zip(names, flags, strict=True):
            found[name][Path(file).stem] = YES if flag == "1" else NO
    return found
