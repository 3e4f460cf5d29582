"""pydantic's findings as one paragraph."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evalkit.base.validation import explain_invalid


class Wheel(BaseModel):
    model_config = ConfigDict(extra="forbid")
    diameter: Annotated[int, Field(ge=1)] = 1


class Bicycle(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    front: Wheel = Wheel()
    gears: int = 1


def explain(content: object) -> str:
    with pytest.raises(ValidationError) as caught:
        Bicycle.model_validate(content)
    return explain_invalid(Path("bike.yaml"), caught.value, Bicycle)


def test_an_unknown_key_gets_the_nearest_known_one():
    assert explain({"name": "a", "geers": 3}) == "bike.yaml: unknown key 'geers', did you mean 'gears'?"


def test_an_unknown_key_like_nothing_gets_them_all():
    assert explain({"name": "a", "xyz": 3}) == "bike.yaml: unknown key 'xyz', known keys: front, gears, name"


def test_a_nested_key_is_compared_with_its_siblings():
    text = explain({"name": "a", "front": {"diametre": 3}})
    assert text == "bike.yaml: unknown key 'front.diametre', did you mean 'diameter'?"


def test_a_missing_key_is_named():
    assert explain({}) == "bike.yaml: key 'name' is missing"


def test_a_bad_value_is_quoted_with_its_reason():
    text = explain({"name": "a", "front": {"diameter": -2}})
    assert (
        text.startswith("bike.yaml: front.diameter: ") and "greater than or equal to 1" in text and "(got -2)" in text
    )


def test_all_findings_are_told_at_once():
    text = explain({"gears": "many", "bell": True})
    assert text.count("; ") == 2 and "'name' is missing" in text and "got 'many'" in text and "'bell'" in text


def test_content_of_another_kind():
    assert explain(["a"]).startswith("bike.yaml: content: ") and "(got ['a'])" in explain(["a"])
