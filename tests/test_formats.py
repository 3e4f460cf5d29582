"""docs/formats.md says what the types say."""

from tests.formats import PAGE, page


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.formats"


def test_paragraphs_are_narrow_and_tables_have_no_empty_cell():
    for line in page().splitlines():
        assert line.startswith("|") or len(line) <= 120
        assert "|  |" not in line
