"""Who is in a clip, by the clip's name alone."""

from collections.abc import Callable

from evalkit.datasets import vfhq
from evalkit.datasets.prepare.lists import celebvhq_json, hdtf_lists, th1kh_tubes
from evalkit.errors import UnknownNameError


def _before_hash(clip: str) -> str:
    return clip.partition("#")[0]


_RULES: dict[str, Callable[[str], str]] = {
    "celebv": _before_hash,
    "celebv_hq": celebvhq_json.identity_of,
    "hdtf": hdtf_lists.identity_of,
    "talkinghead_1kh": th1kh_tubes.identity_of,
    "vfhq": lambda clip: vfhq.person_in(clip) or clip,
    "voxceleb1": _before_hash,
    "voxceleb2": _before_hash,
}


def identity_rule(dataset: str) -> Callable[[str], str]:
    """The rule of a dataset. Raises `UnknownNameError` for one whose clip names do not tell."""
    if dataset not in _RULES:
        raise UnknownNameError("dataset whose clip names tell the person", dataset, _RULES)
    return _RULES[dataset]
