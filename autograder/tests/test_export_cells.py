"""Cells: a platform's file keeps its bytes, numbers of any locale are read, and nothing we write is a formula."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autograder.course import CourseError
from autograder.platforms.export.cells import Sheet, read_sheet
from autograder.platforms.export.numbers import decimal_sign, points, read_number
from autograder.platforms.export.spreadsheet import SIGNS, as_csv, sanitize, titles

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)


@given(
    st.lists(st.lists(TEXTS, min_size=2, max_size=4), min_size=1, max_size=5),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
)
def test_a_file_without_changes_keeps_its_bytes(rows, separator, end, mark, quoted):
    """Is whatever a CSV writer wrote the same again, and does each cell say what was written?"""
    buffer = io.StringIO()
    csv.writer(
        buffer,
        delimiter=separator,
        lineterminator=end,
        quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL,
    ).writerows([["a", "b", "c"], *rows])
    text = ("\ufeff" if mark else "") + buffer.getvalue()
    sheet = Sheet(text)
    assert sheet.text({}) == text
    for at, row in enumerate(rows, 1):
        assert [sheet.value(at, column) for column in range(len(row))] == [cell.strip() for cell in row]


@given(st.lists(TEXTS, min_size=3, max_size=3), TEXTS)
def test_one_cell_changes_and_no_other(row, new):
    """Does a new value arrive as it is, with all else byte for byte as before?"""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["a", "b", "c"], row, row])
    text = Sheet(buffer.getvalue()).text({(1, 1): new})
    assert [*csv.reader(io.StringIO(text, newline=""))][1:] == [[row[0], new, row[2]], row]
    assert text.endswith(buffer.getvalue().rpartition("\r\n")[0].rpartition("\r\n")[2] + "\r\n")


def test_what_the_csv_module_would_not_keep():
    """Do odd quoting, blank lines, short rows, a missing line end and quotes inside of a cell stay?"""
    text = '\ufeff"a",b,c\r\n\r\n"x, y","=""=1""", z \nshort\n"l1\nl2",6" tall,last'
    sheet = Sheet(text)
    assert sheet.text({}) == text
    assert sheet.text({(2, 2): "7.50"}) == text.replace(" z ", "7.50")
    assert (sheet.value(2, 1), sheet.value(4, 1), sheet.value(3, 2)) == ('="=1"', '6" tall', "")
    assert [sheet.is_whole(row) for row in range(5)] == [True, False, True, False, True]


def test_some_rows_and_columns():
    """Does a smaller file have just the rows and columns that are asked for, as they were written?"""
    assert Sheet('a;"b";c\n1;"2";3\n4;5;6\n').text({(2, 1): "9"}, {0, 2}, {0, 1}) == 'a;"b"\n4;9\n'


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"a,b\nM\xfcller,1\n", "not UTF-8"), (b"", "no CSV"), (b"\xef\xbb\xbf\n", "no CSV"), (b"a\0b", "no CSV"),
        (b'a,b\n1,"2\n3,4\n', "line 2 do not close"), (b"PK\x03\x04\0\0", "no CSV"), (None, "There is no file"),
    ],
)  # fmt: skip
def test_a_file_that_is_none(tmp_path, data, says):
    """Does a missing, damaged or resaved file get a sentence?"""
    if data is not None:
        (tmp_path / "f.csv").write_bytes(data)
    with pytest.raises(CourseError, match=says):
        read_sheet(tmp_path / "f.csv")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("37.50", 37.5), ("37,50", 37.5), ("1,234.5", 1234.5), ("1.234,50", 1234.5), ("1 234,50", 1234.5),
        ("1\N{NO-BREAK SPACE}234,5", 1234.5), ("1'234.50", 1234.5), ("40", 40.0), ("-3.5", -3.5), ("0", 0.0), ("12.", 12.0),
        ("1,234", 1.234), ("1.234.567,00", 1234567.0), ("", None), ("EX", None), ("N/A", None), ("A-", None), ("4/5", None), ("1e3", None),
    ],
)  # fmt: skip
def test_numbers_of_any_locale(text, value):
    """Is a number read as Canvas reads it, and everything else not taken for one?"""
    assert read_number(text) == value


def test_the_sign_of_a_file_is_found():
    """Are points written with the file's own decimal sign?"""
    assert decimal_sign(["100,00", "", "37,5"]) == ","
    assert (
        decimal_sign(["100.00"])
        == decimal_sign(["1,234.50"])
        == decimal_sign([])
        == decimal_sign(["40"])
        == "."
    )
    assert points(1234.5, ",") == "1234,50"


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "＝1+1", " =1", "=cmd|' /C calc'!A0", "--"]
)
def test_formulas_are_made_harmless(text):
    """Does what a spreadsheet would run begin with a quote?"""
    assert sanitize(text) == f"'{text}"


def test_formulas_that_begin_later():
    """Is a formula behind a tab, a line break or a semicolon none any more?"""
    assert [sanitize(text) for text in ("\t=1", "\r\n=1", "a;=1", "a; @b", "a\n=1")] == [
        "' =1",
        "'  =1",
        "a;'=1",
        "a;' @b",
        "a =1",
    ]


@pytest.mark.parametrize(
    "text", ["-1.5", "+3", "-1,5", "-2e-3", "-", "", "ada", "a=b", "O'Neil", "1-2", "5.", "-.5"]
)
def test_numbers_and_names_are_left_alone(text):
    """Do negative numbers and harmless names stay as they are?"""
    assert sanitize(text) == text


@given(st.lists(st.lists(TEXTS, min_size=1, max_size=3), min_size=1, max_size=4))
def test_our_own_csv_reads_back(rows):
    """Does every cell come back from a CSV reader, with at most a quote more, whatever is in it?"""
    read = [*csv.reader(io.StringIO(as_csv(rows), newline=""))]
    assert [row or [""] for row in read] == [[sanitize(cell) for cell in row] for row in rows]


@example(["x", 'a;"=1'])
@given(st.lists(st.text('a;="\n,\t-+ ', max_size=8), min_size=2, max_size=3))
def test_no_separator_splits_a_cell_into_a_formula(cells):
    """Is there no cell that begins a formula when a spreadsheet splits at semicolons or tabs?"""
    for separator in ";\t":
        for row in csv.reader(io.StringIO(as_csv([cells]), newline=""), delimiter=separator):
            assert not any(
                cell.lstrip(' "')[:1] in SIGNS and cell.strip(' ",-') for cell in row[1:] if cell
            ), row


def test_sheets_have_names_that_a_workbook_takes():
    """Are long, equal and forbidden names of sheets made short, different and plain?"""
    made = titles(
        ["01b_single_neuron_text_generation", "01b_single_neuron_text_generation_2", "a/b", "A:B", "'q'", ""]
    )
    assert len({name.casefold() for name in made}) == 6
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in made)
