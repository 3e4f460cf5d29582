"""CSV rows whose errors name file, line and column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.base.csvfile import read_rows
from evalkit.errors import DatasetError, ProtocolError


def read(tmp_path, text, required=("id", "file")):
    path = tmp_path / "list.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_rows(path, required, DatasetError)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_any_line_ending_and_byte_order_mark(tmp_path, end, mark):
    rows = read(tmp_path, mark + end.join(["id,file", "a,1.mp4", "b,2.mp4", ""]))
    assert [dict(row.cells) for row in rows] == [{"id": "a", "file": "1.mp4"}, {"id": "b", "file": "2.mp4"}]
    assert [row.line for row in rows] == [2, 3]


def test_white_space_quotes_and_blank_lines(tmp_path):
    rows = read(tmp_path, 'id , file\n\n a ," b, c.mp4"\n,\n\nd,e\n')
    assert [(row.text("id"), row.text("file"), row.line) for row in rows] == [("a", "b, c.mp4", 3), ("d", "e", 6)]


def test_other_columns_are_kept(tmp_path):
    (row,) = read(tmp_path, "note,file,id\nhello,f,i\n")
    assert row.text("note") == "hello"


def test_a_missing_column_is_named_with_those_found(tmp_path):
    with pytest.raises(DatasetError, match=r"list\.csv line 1: column 'file' is missing; found id, path\."):
        read(tmp_path, "id,path\n")


@pytest.mark.parametrize("text", ["", "\n"])
def test_an_empty_file_misses_its_columns(tmp_path, text):
    with pytest.raises(DatasetError, match="line 1: column 'id' is missing; found nothing"):
        read(tmp_path, text)


@pytest.mark.parametrize(("row", "count"), [("a", 1), ("a,b,c", 3)])
def test_a_row_of_another_length_is_named(tmp_path, row, count):
    with pytest.raises(DatasetError, match=rf"list\.csv line 3: expected 2 columns \(id, file\), got {count}\."):
        read(tmp_path, f"id,file\nx,y\n{row}\n")


def test_an_empty_cell_is_named(tmp_path):
    (row,) = read(tmp_path, "id,file\na,\n")
    with pytest.raises(DatasetError, match=r"list\.csv line 2, column 'file': expected a value, got ''\."):
        row.text("file")


def test_a_cell_outside_its_choices_is_quoted(tmp_path):
    (row,) = read(tmp_path, "id,file\na,movie\n")
    assert row.one_of("file", ("movie", "clip")) == "movie"
    with pytest.raises(DatasetError, match="line 2, column 'file': expected 'clip' or 'portrait', got 'movie'"):
        row.one_of("file", ("clip", "portrait"))


@pytest.mark.parametrize(
    ("cell", "numbers"), [("3", (3,)), (" 1  -2 30 ", (1, -2, 30)), ("", (7, 8)), ("   ", (7, 8)), ("+4", (4,))]
)
def test_whole_numbers(tmp_path, cell, numbers):
    (row,) = read(tmp_path, f"id,file,frames\na,b,{cell}\n")
    assert row.integers("frames", (7, 8)) == numbers
    assert row.integers("no_such_column", (7, 8)) == (7, 8)


@pytest.mark.parametrize("cell", ["1.5", "one", "1;2", "0x1"])
def test_other_numbers_are_refused(tmp_path, cell):
    (row,) = read(tmp_path, f"id,file,frames\na,b,{cell}\n")
    with pytest.raises(DatasetError, match=f"column 'frames': expected whole numbers .*, got '{cell}'"):
        row.integers("frames", ())


def test_the_error_is_the_kind_asked_for(tmp_path):
    (tmp_path / "p.csv").write_text("a\n")
    with pytest.raises(ProtocolError):
        read_rows(tmp_path / "p.csv", ("b",), ProtocolError)


def test_other_encodings_are_refused_with_the_place(tmp_path):
    with pytest.raises(DatasetError, match=r"list\.csv: not UTF-8 text \(.* at byte \d+\)"):
        read(tmp_path, "id,file\nZoë,a\n".encode("latin-1"))


def test_a_needed_column_that_comes_twice_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"list\.csv line 1: column 'id' appears twice; found id, file, id"):
        read(tmp_path, "id,file,id\na,b,c\n")


def test_a_file_that_is_not_there_or_not_a_file(tmp_path):
    with pytest.raises(DatasetError, match=r"gone\.csv: cannot be read as CSV: .*No such file"):
        read_rows(tmp_path / "gone.csv", (), DatasetError)
    with pytest.raises(DatasetError, match="cannot be read as CSV"):
        read_rows(tmp_path, (), DatasetError)


def test_a_row_over_two_lines_is_named_by_its_last(tmp_path):
    rows = read(tmp_path, 'id,file\n"a\nb",c\nd,e\n')
    assert [row.line for row in rows] == [3, 4]


@given(st.binary(max_size=200))
def test_no_bytes_end_in_another_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("csv") / "list.csv"
    path.write_bytes(data)
    try:
        rows = read_rows(path, ("id",), DatasetError)
    except DatasetError as error:
        assert str(path) in str(error)
    else:
        assert all("id" in row.cells for row in rows)
