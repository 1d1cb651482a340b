"""A class of 300 in 7 notebooks: is its report still small, and quick to make?"""

import time
from datetime import UTC, datetime

import pytest

from autograder.reports.around import Around
from autograder.reports.changes import Earlier
from autograder.reports.page import render
from autograder.tests import large_class
from autograder.tests.test_reports import NOW, Page

MOST = 2_000_000  # bytes


@pytest.fixture(scope="module")
def large():
    """The page with everything that it can have, but for files to link to, and the seconds of CPU it cost."""
    results, before = large_class.results(), large_class.results(seed=1)
    begin = time.process_time()
    html = render(
        results, NOW, Around(large_class.roster(), Earlier(before, datetime(2026, 11, 20, tzinfo=UTC)))
    )
    return html, time.process_time() - begin


def links() -> int:
    """The size that links of all submissions add."""
    address = '<a href="../autograded/{0}/{1}/{1}.ipynb">notebook</a> <a href="../feedback/{0}/{1}/{1}.html">feedback</a>'
    return sum(
        len(address.format(large_class.student_id(i), name))
        for i in range(large_class.STUDENTS) for name in large_class.ASSIGNMENTS
    )  # fmt: skip


def test_the_page_of_a_large_class_is_small(large):
    """Is it below 2 MB, with two links for each submission?"""
    html, _ = large
    assert len(html.encode()) + links() < MOST


def test_the_page_of_a_large_class_is_whole(large):
    """Is everybody in it, once in the table and once below, with what failed?"""
    found = Page(large[0])
    ids, addresses = set(found.ids), set(found.addresses)
    assert (found.open, len(found.ids)) == ([], len(ids))
    assert found.tags.count("tr") > large_class.STUDENTS
    everybody = {f"s{i}" for i in range(1, large_class.STUDENTS + 1)}
    assert everybody <= ids & {address[1:] for address in addresses}
    assert {address[1:] for address in addresses if address[0] == "#"} <= ids


def test_the_page_of_a_large_class_is_made_quickly(large):
    """Does making it take time in proportion to the class? Looking at all results for each cell takes minutes."""
    assert large[1] < 30
