"""Find, filter and sort in the report, in a real browser where there is one."""

import json
import re
import shutil
import subprocess

import pytest

from autograder.reports.around import Around
from autograder.reports.page import render
from autograder.tests.test_report_page import Member
from autograder.tests.test_reports import CLASS, NOW, SECOND, check, graded

BROWSER = next(filter(shutil.which, ("chromium", "chromium-browser", "google-chrome")), None)
pytestmark = pytest.mark.skipif(not BROWSER, reason="no Chromium here")
ROSTER = {
    "ada": Member("Ada", "Lovelace", "Tuesday"), "bob": Member("José", "Aaron", "Friday"),
    "cyd": Member("", "", "Friday", "Red"), "dan": Member("Dan", "Zuse", "Tuesday"),
}  # fmt: skip
RESULTS = [*CLASS, graded("ada", check(), assignment=SECOND, points=8.0)]
NAMES = {"Aaron, José": "bob", "cyd": "cyd", "Lovelace, Ada": "ada", "Zuse, Dan": "dan"}

# Does what a person would, and writes down who is shown.
STEPS = """
const find = document.getElementById("find").elements, found = {};
const rows = () => Array.from(document.querySelectorAll(".class tbody tr")).filter((row) => !row.hidden);
const note = (name) => {
  found[name] = rows().map((row) => row.cells[0].textContent);
  found[name + ", below"] = Array.from(document.querySelectorAll(".student")).filter((one) => !one.hidden)
    .map((one) => one.querySelector("summary bdi").textContent);
};
const set = (name, value) => {
  find[name][name === "needs" ? "checked" : "value"] = value;
  find[name].dispatchEvent(new Event("input", { bubbles: true }));
};
const head = (place) => document.querySelectorAll(".class thead th")[place];
const last = head(0).parentElement.cells.length - 1;
note("all");
set("text", "  JOSE fri"); note("jose"); found.count = document.querySelector("#find output").textContent; set("text", "");
set("section", "Tuesday"); note("tuesday"); set("section", "");
set("team", "Red"); note("red"); set("team", "");
set("missing", find.missing.options[2].value); note("without 03");
set("needs", true); note("without 03, needs a person"); set("missing", ""); note("needs a person"); set("needs", false);
for (const order of ["up", "down"]) {
  head(last).firstElementChild.click(); note(order);
  found[order + ", said"] = Array.from(document.querySelectorAll("[aria-sort]"), (one) => one.ariaSort + " " + one.cellIndex);
}
head(1).firstElementChild.click(); note("by id");
set("text", "zuse");
location.hash = document.querySelector(".class tbody a").hash;
addEventListener("hashchange", () => setTimeout(() => {
  found.opened = Array.from(document.querySelectorAll(".student[open]:not([hidden]) summary bdi"), (one) => one.textContent);
  find.text.form.reset();
  setTimeout(() => {
    note("reset");
    document.body.append(Object.assign(document.createElement("pre"), { id: "found", textContent: JSON.stringify(found) }));
  });
}));
"""


def dump(path, html):
    """The page as the browser has it in the end."""
    path.write_text(html)
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={path.parent / 'profile'}"]
    done = subprocess.run(
        [BROWSER, *options, "--virtual-time-budget=2000", "--dump-dom", path.as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.stdout


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Who is shown after each step; the page's policy would not let the steps run."""
    html = render(RESULTS, NOW, Around(roster=ROSTER))
    html = re.sub(r"<meta http-equiv[^>]*>", "", html).replace("</body>", f"<script>{STEPS}</script></body>")
    page = dump(tmp_path_factory.mktemp("steps") / "index.html", html)
    return json.loads(re.search(r'<pre id="found">(.*?)</pre>', page, re.DOTALL)[1].replace("&amp;", "&"))


def who(found, step):
    return [NAMES[name] for name in found[step]]


def test_the_policy_lets_the_script_run(tmp_path):
    """Does our script run in the page as it is, and no other?"""
    page = dump(
        tmp_path / "index.html",
        render(RESULTS, NOW).replace("</body>", "<script>document.title = 'x'</script></body>"),
    )
    assert (
        '<th scope="col" class="text" aria-sort="ascending"><button type="button">Student</button></th>'
        in page
    )
    assert "<title>Class report</title>" in page
    assert re.search(r'<form id="find"[^>]*>', page)[0].count("hidden") == 0


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        ("all", ["bob", "cyd", "ada", "dan"]),
        ("jose", ["bob"]),
        ("tuesday", ["ada", "dan"]),
        ("red", ["cyd"]),
        ("without 03", ["bob", "cyd", "dan"]),
        ("without 03, needs a person", ["bob", "cyd"]),
        ("needs a person", ["bob", "cyd"]),
        ("reset", ["ada", "bob", "cyd", "dan"]),
    ],
)
def test_filters(found, step, shown):
    """Are those shown who fit, in the table and below?"""
    assert who(found, step) == shown
    assert len(found[f"{step}, below"]) == len(shown)


@pytest.mark.parametrize(
    ("step", "order"),
    [
        ("up", ["cyd", "bob", "dan", "ada"]),
        ("down", ["ada", "dan", "bob", "cyd"]),
        ("by id", ["ada", "bob", "cyd", "dan"]),
    ],
)
def test_sorts(found, step, order):
    """Are table and parts in the order of the column, by numbers as numbers?"""
    assert who(found, step) == order
    names = {"Ada Lovelace": "ada", "José Aaron": "bob", "cyd": "cyd", "Dan Zuse": "dan"}
    assert [names[name] for name in found[f"{step}, below"]] == order


def test_what_is_sorted_is_said(found):
    """Does the head of the column, and no other, say to a screen reader how it is sorted?"""
    (up,), (down,) = found["up, said"], found["down, said"]
    assert (up.split()[0], down.split()[0]) == ("ascending", "descending")
    assert found["count"] == "1 of 4"


def test_links_open_the_student(found):
    """Does a link to a student open the part below, also where a filter hides it?"""
    assert found["opened"] == ["Ada Lovelace"]
