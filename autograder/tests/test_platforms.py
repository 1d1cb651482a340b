"""Downloads of every platform in the forms that their sources and documents name, joined with a roster."""

import csv

import pytest

from autograder.platforms import roster_command
from autograder.platforms.collect.names import SYSTEMS, system_of
from autograder.platforms.download import Download
from autograder.platforms.identities import Identity, read_identities
from autograder.platforms.roster import Person, Roster, read_roster
from autograder.tests.downloads import ID, collected, download, zipped

HEADER = "id,first_name,last_name,email,team,canvas_id,sis_id,login,github\n"
CLASS = (
    HEADER
    + """ann,Ann,Example,ann@example.org,Red,12345,s1,aexample,ann-x
bob,Bob,O'Example,bob@example.org,Red,12346,s2,b_example,bob-x
cyd,Cyd,Łę-Ng,cyd@example.org,,12347,s3,cyd,cyd-x
dan,Dan,Example,dan@example.org,Blue 7,7,s4,dan,dan-x
"""
)
FILE = f"{ID}.ipynb"
UUID = "0a1b2c3d-0000-4000-8000-0123456789ab"


def roster(course, text=CLASS):
    """Write a roster.csv."""
    course.roster.write_text(text)


def beside(course, name, text):
    """Put a list of the platform's beside the download."""
    path = course.downloaded(ID) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8-sig")


def texts(course):
    """student: text of the notebook, for everything in submitted/."""
    return {student: text for (student, name), text in collected(course).items() if name == FILE}


def times(course):
    """student: timestamp, for everything in submitted/."""
    return {student: text for (student, name), text in collected(course).items() if name == "timestamp.txt"}


# platform, parts of a path, where the name is: student, key, time, late, file
NAMES = {
    "canvas, anonymous": ("canvas", f"anon_k3XyZ_67890_03_{FILE}", 0, ("anon_k3XyZ", "anon_k3XyZ", "", False, f"03_{FILE}")),
    "canvas, anonymous and late": ("canvas", f"LATE_anon_k3XyZ_67890_{FILE}", 0, ("anon_k3XyZ", "anon_k3XyZ", "", True, FILE)),
    "canvas, somebody called Anon": ("canvas", f"anonymous_12345_67890_{FILE}", 0, ("12345", "12345", "", False, FILE)),
    "canvas, group": ("canvas", f"group7_LATE_12345_67890_{FILE}", 0, ("12345", "12345", "", True, FILE)),
    "canvas, name of any script": ("canvas", f"学生_12345_67890_{FILE}", 0, ("12345", "12345", "", False, FILE)),
    "moodle, before 4.1": ("moodle", "Ann Example_880123_assignsubmission_file_", 0, ("Ann Example", "880123", "", False, "")),
    "moodle, anonymous": ("moodle", "Participant_880123_assignsubmission_file", 0, ("Participant 880123", "880123", "", False, "")),
    "moodle, team": ("moodle", "Team A_77_assignsubmission_file", 0, ("Team A", "77", "", False, "")),
    "blackboard, Dutch": ("blackboard", f"RNN_aexample_poging_2026-11-23-10-15-30_{FILE}", 0, ("aexample", "aexample", "2026-11-23T10:15:30", False, FILE)),
    "brightspace": ("brightspace", "123-456 - Ann - Lee Example - Nov 3, 2026 926 PM/x.ipynb", 0, ("123", "123", "2026-11-03T21:26:00", False, "")),
    "brightspace, after one": ("brightspace", "123-456 - Ann Example - Nov 3, 2026 115 PM/x.ipynb", 0, ("123", "123", "2026-11-03T13:15:00", False, "")),
    "brightspace, midnight": ("brightspace", "123-456 - Ann Example - Nov 3, 2026 1205 AM/x.ipynb", 0, ("123", "123", "2026-11-03T00:05:00", False, "")),
    "brightspace, flat": ("brightspace", f"123-456 - Ann Example - Nov 23, 2026 1015 AM - {FILE}", 0, ("123", "123", "2026-11-23T10:15:00", False, FILE)),
    "brightspace, French": ("brightspace", "123-456 - Ann Example - 23 novembre 2026 1015/x.ipynb", 0, ("123", "123", "", False, "")),
    "sakai": ("sakai", f"RNN/Example, Ann(aexample)/Submission attachment(s)/{FILE}", 1, ("aexample", "aexample", "", False, "")),
    "sakai, anonymous": ("sakai", f"RNN/{UUID} Anonymous/Submission attachment(s)/{FILE}", 1, (UUID, UUID, "", False, "")),
    "github": ("github", f"{ID.replace('_', '-')}-submissions/{ID.replace('_', '-')}-ann-x/{FILE}", 1, ("ann-x", f"{ID.replace('_', '-')}-ann-x", "", False, "")),
}  # fmt: skip


@pytest.mark.parametrize(("system", "path", "place", "expected"), NAMES.values(), ids=NAMES.keys())
def test_names_say_who_when_and_what(system, path, place, expected):
    """Is each documented form seen as its platform's, and read right without a roster?"""
    parts = tuple(path.split("/"))
    assert system_of(parts, place) == system
    named = SYSTEMS[system](Download(ID)).read(parts[place], parts[:place])
    assert (named.student, named.key, named.time, named.late, named.file) == expected


def test_a_number_in_a_name_shifts_canvas_s(course, nbgrader):
    """Is `lee_7` of the roster not taken for student 7, and may a file's name still not choose its student?"""
    roster(course, HEADER + "ann,,,,,12345,,,\nbob,,,,,12346,,,\n")
    download(course, {f"lee_7_12345_67890_{FILE}": "ann", f"bob_12346_67891_12345_9_{FILE}": "bob"})
    nbgrader(course, "zip_collect", ID)
    assert collected(course) == {("ann", FILE): "ann", ("bob", f"12345_9_{FILE}"): "bob"}


def test_canvas_without_names(course, nbgrader):
    """Do anonymous students stay apart, keep LATE, and become the roster's once identities.csv says who they are?"""
    roster(course)
    download(course, {f"anon_k3XyZ_1_{FILE}": "one", f"LATE_anon_AbCdE_2_{FILE}": "two"})
    said = nbgrader(course, "zip_collect", ID)
    assert texts(course) == {"anon_k3XyZ": "one", "anon_AbCdE": "two"}
    assert "anon_AbCdE is late, and no name says how much; write timestamp.txt by hand" in said
    assert "2 handed in anonymously, such as anon_AbCdE, and have another name in the next assignment" in said
    path = course.downloaded(ID) / "identities.csv"
    path.write_text(path.read_text().replace("anon_k3XyZ,anon_k3XyZ", "anon_k3XyZ,ann"))
    nbgrader(course, "zip_collect", ID, "--force")
    assert texts(course)["ann"] == "one"
    assert Identity("canvas", "anon_k3XyZ", "ann", f"anon_k3XyZ_1_{FILE}") in read_identities(course, ID)


def test_a_roster_that_comes_late_splits_nobody_unseen(course, nbgrader):
    """Is a folder that was collected under the platform's number named, when the roster has another id?"""
    download(course, {f"exampleann_12345_1_{FILE}": "ann", f"zed_99_2_{FILE}": "zed"})
    nbgrader(course, "zip_collect", ID)
    roster(course)
    said = nbgrader(course, "zip_collect", ID, "--force")
    assert set(texts(course)) == {"12345", "ann", "99"}
    assert "submitted/ has 12345 from before the roster" in said
    assert "Not in roster.csv: 99;" in said


def test_a_team_of_canvas(course, nbgrader):
    """Does what one member handed in for the roster's team become everybody's, and only theirs?"""
    roster(course)
    download(
        course, {f"red_12345_1_{FILE}": "red", f"łęngcyd_12347_2_{FILE}": "cyd", f"blue7_7_3_{FILE}": "blue"}
    )
    nbgrader(course, "zip_collect", ID)
    assert texts(course) == {"ann": "red", "bob": "red", "cyd": "cyd", "dan": "blue"}
    keys = [(one.key, one.student) for one in read_identities(course, ID)]
    assert keys == [("12345", "ann"), ("12345", "bob"), ("12347", "cyd"), ("7", "dan")]


SHEET = """Identifier,"Full name","Email address",Status,Group,Grade,"Maximum grade","Grade can be changed","Last modified (submission)","Online text","Last modified (grade)"
"Participant 880123","Ann Example",ann@example.org,"Submitted for grading","Team A",,40.00,Yes,"Sunday, 29 November 2026, 11:20 AM",,-
"Participant 880124","Bob O'Example",BOB@example.org,"Submitted for grading","Team A",,40.00,Yes,-,,-
"Participant 880125","Dan Example",dan@example.org,"Submitted for grading","Default group",,40.00,Yes,-,"Team A",-
"""


def test_moodle_s_numbers_are_the_worksheet_s(course, nbgrader):
    """Do two people of one name, and one whose name is spelt otherwise, become the right ids by the worksheet?"""
    roster(course, CLASS + "eve,Ann,Example,eve@example.org,,,,,\n")
    beside(
        course,
        "Grades-NN-RNN-55.csv",
        SHEET + '"Participant 880126","Ann Example",eve@example.org,-,,,40.00,Yes,-,,-\n',
    )
    folder = "{}_assignsubmission_file/" + FILE
    download(course, {"NN-RNN-55.zip": zipped({
        folder.format("Ann Example_880123"): "ann", folder.format("Ann Example_880126"): "eve",
        folder.format("OExample B_880124"): "bob",
    })})  # fmt: skip
    nbgrader(course, "zip_collect", ID, "--LMSCollector.lms=moodle")
    assert texts(course) == {"ann": "ann", "eve": "eve", "bob": "bob"}
    assert Identity("moodle", "880126", "eve", "Ann Example_880126_assignsubmission_file") in read_identities(
        course, ID
    )


def test_moodle_s_blind_marking(course, nbgrader):
    """Without names, in any language: is everybody collected, under the roster's id where the worksheet knows more?"""
    download(
        course,
        {
            f"Participant_{number}_assignsubmission_file/{FILE}": number
            for number in ("880123", "880124", "5")
        },
    )
    nbgrader(course, "zip_collect", ID)
    assert set(texts(course)) == {"Participant 880123", "Participant 880124", "Participant 5"}
    roster(course)
    beside(course, "sheet.csv", SHEET)
    said = nbgrader(course, "zip_collect", ID, "--force")
    assert {student: text for student, text in texts(course).items() if student in ("ann", "bob")} == {
        "ann": "880123",
        "bob": "880124",
    }
    assert "1 handed in anonymously, such as Participant 5" in said


def test_moodle_s_blind_marking_abroad(course, nbgrader):
    """Is the one word that all have no name of several people of one name?"""
    folder = "Teilnehmerin_{}_assignsubmission_file/" + FILE
    download(course, {folder.format("1"): "one", folder.format("2"): "two"})
    nbgrader(course, "zip_collect", ID)
    assert texts(course) == {"Teilnehmerin 1": "one", "Teilnehmerin 2": "two"}


def test_a_team_of_moodle(course, nbgrader):
    """Are a team's members those of the worksheet's group, whatever a student writes elsewhere, else the roster's?"""
    roster(course)
    beside(course, "sheet.csv", SHEET)
    files = {
        f"Team A_77_assignsubmission_file/{FILE}": "A",
        f"Blue 7_78_assignsubmission_file/{FILE}": "blue",
    }
    download(course, files | {"x_y.txt": ""})
    nbgrader(course, "zip_collect", ID)
    assert texts(course) == {"ann": "A", "bob": "A", "dan": "blue"}
    download(course, {f"Default group_assignsubmission_file/{FILE}": "default"})
    said = nbgrader(course, "zip_collect", ID, "--force")
    assert "dan is the name of 2 people" in said
    (course.downloaded(ID) / "sheet.csv").unlink()
    assert "'Default group' is no name" in nbgrader(course, "zip_collect", ID, "--force")


def test_a_team_that_nobody_knows_stays_one(course, nbgrader):
    """Without a worksheet and a roster: is it collected under its name, as before?"""
    download(
        course,
        {
            f"Team A_77_assignsubmission_file/{FILE}": "A",
            f"Ann Example_1_assignsubmission_file/{FILE}": "ann",
        },
    )
    nbgrader(course, "zip_collect", ID)
    assert texts(course) == {"Team A": "A", "Ann Example": "ann"}


def test_blackboard_s_text_file_says_who_it_is(course, nbgrader):
    """Is a user name with `_` behind an unknown title read from the text file, in any language, and no other's?"""
    time = "attempt_2026-11-23-10-15-30"
    download(course, {
        f"Lab_3_a_example_{time}.txt": "Name: Ann (x) Example (a_example)\nAssignment: Lab_3\n",
        f"Lab_3_a_example_{time}_{FILE}": "ann",
        f"Lab_3_bob_{time}.txt": "Naam: Bob (eve)\n",
        f"Lab_3_bob_{time}_{FILE}": "bob",
    })  # fmt: skip
    said = nbgrader(course, "zip_collect", ID)
    assert texts(course) == {"a_example": "ann"}
    assert "say how Blackboard calls the assignment" in said
    assert "name no zone and are taken for UTC" in said
    roster(course, HEADER + "bob,,,,,,,Bob,\n")
    nbgrader(course, "zip_collect", ID, "--force", "--LMSCollector.timezone=Europe/Berlin")
    assert texts(course)["bob"] == "bob"
    assert times(course)["bob"] == "2026-11-23 09:15:30"


def test_a_time_that_clocks_showed_twice_is_not_guessed(course, nbgrader):
    """Is it collected without a time, with a sentence?"""
    download(course, {f"{ID}_ann_attempt_2026-10-25-02-30-00_{FILE}": "ann"})
    said = nbgrader(course, "zip_collect", ID, "--LMSCollector.timezone=Europe/Berlin")
    assert "ann: the name says a time that Europe/Berlin had twice" in said
    assert (texts(course), times(course)) == ({"ann": "ann"}, {})


def test_brightspace(course, nbgrader):
    """Does the last attempt count, and is a student known by name, or by number where two have one name?"""
    roster(course, HEADER + "ann,Ann,Example,,,,123,,\neve,Ann,Example,,,,124,,\nbob,Bob,O'Example,,,,,,\n")
    folder = "{}-9 - {} - Nov {}, 2026 1015 AM/" + FILE
    download(course, {"class.zip": zipped({
        "index.html": "", folder.format(123, "Ann Example", 3): "old", folder.format(123, "Ann Example", 23): "ann",
        folder.format(124, "Ann Example", 3): "eve", folder.format(77, "Bob O'Example", 3): "bob",
        folder.format(78, "Zed", 3): "zed",
    })})  # fmt: skip
    said = nbgrader(course, "zip_collect", ID)
    assert texts(course) == {"ann": "ann", "eve": "eve", "bob": "bob", "78": "zed"}
    assert times(course)["ann"] == "2026-11-23 10:15:00"
    assert "Not in roster.csv: 78" in said


METADATA = """---
submission_1:
  :submitters:
  - :name: Ann Example
    :sid: s1
    :email: ANN@example.org
  :created_at: 2026-11-23 10:15:30.123456000 Z
  :score: 10.0
  :results:
    tests: []
submission_2:
  :submitters:
  - :name: Bob
    :sid: s2
    :email:
  - :name: Zed
    :email: zed@example.org
  :created_at: '2026-11-23 11:15:30 +0100'
submission_3:
  :submitters: []
"""


def test_gradescope(course, nbgrader):
    """Are single students, a group and one without a name told from the YAML, with their times?"""
    roster(course)
    download(course, {"export.zip": zipped({
        "assignment_7_export/submission_metadata.yml": METADATA,
        f"assignment_7_export/submission_1/{FILE}": "ann", "assignment_7_export/submission_1/submission_2/x.ipynb": "own",
        "assignment_7_export/submission_1/submission_metadata.yml": "submission_1: {':submitters': []}",
        f"assignment_7_export/submission_2/{FILE}": "two", f"assignment_7_export/submission_3/{FILE}": "three",
        f"assignment_7_export/submission_4/{FILE}": "four",
    })})  # fmt: skip
    said = nbgrader(course, "zip_collect", ID)
    assert texts(course) == {"ann": "ann", "bob": "two", "zed@example.org": "two", "submission_3": "three"}
    assert collected(course)["ann", "x.ipynb"] == "own"
    assert "submission_metadata.yml does not name submission_4" in said
    assert times(course)["ann"] == "2026-11-23 10:15:30.123456"
    assert times(course)["bob"] == "2026-11-23 10:15:30"


@pytest.mark.parametrize(
    "text", ["a: [", "a: !!python/object/apply:os.system [id]", "- 1", "a: b: c", "\x00"]
)
def test_a_damaged_export_of_gradescope_gets_a_sentence(course, nbgrader, text):
    """Is nothing run or collected?"""
    download(course, {"x/submission_metadata.yml": text, f"x/submission_1/{FILE}": "ann"})
    said = nbgrader(course, "zip_collect", ID, code=0 if text == "- 1" else 1)
    assert "export the submissions again" in said
    assert texts(course) == {}


def test_sakai(course, nbgrader):
    """Students, a group by its members.txt, an anonymous one, times, and no feedback of an instructor's?"""
    roster(course)
    place = "RNN/{}/Submission attachment(s)/" + FILE
    download(course, {"bulk_download.zip": zipped({
        "RNN/grades.csv": "", "RNN/Example, Ann(aexample)/timestamp.txt": "2026-11-23T10:15:30.123Z",
        place.format("Example, Ann(aexample)"): "ann",
        f"RNN/Example, Ann(aexample)/Feedback Attachment(s)/{FILE}": "an instructor's",
        f"RNN/Team 1 ({UUID})/members.txt": "O'Example, Bob(b_example); Ng, Zed(zed)",
        place.format(f"Team 1 ({UUID})"): "team",
        place.format(f"{UUID} Anonymous"): "hidden",
    })})  # fmt: skip
    nbgrader(course, "zip_collect", ID)
    assert texts(course) == {"ann": "ann", "bob": "team", "zed": "team", UUID: "hidden"}
    assert times(course) == {"ann": "2026-11-23 10:15:30.123000"}


def test_ilias(course, nbgrader):
    """Once it is said: user names with `_` by the roster, a late file, and a team's by who uploaded it?"""
    roster(course)
    files = {
        f"Submissions/Example_Bob_b_example_301/Late Submission - {FILE}": "bob",
        f"Submissions/Ng_Zed_zed_302/{FILE}": "zed",
    }
    download(course, files)
    assert "nothing in its name says whose it is" in nbgrader(course, "zip_collect", ID)
    said = nbgrader(course, "zip_collect", ID, "--force", "--LMSCollector.lms=ilias")
    assert texts(course) == {"bob": "bob", "zed": "zed"}
    assert "bob is late" in said
    other = SYSTEMS["ilias"](Download(ID, Roster([Person("bob", team="Red", login="b_example")])))
    assert other.read("Example_Bob_b_example_301", ("Team 12",)).team == "Red"


GRADES = """assignment_name,assignment_url,starter_code_url,github_username,roster_identifier,student_repository_name,student_repository_url,submission_timestamp,points_awarded,points_available,group_name
RNN,,,ann-x,ann@example.org,rnn-red,,2026-11-23T10:15:30Z,,,Red
RNN,,,nobody,bob@example.org,rnn-red,,2026-11-23T10:15:30Z,,,Red
"""


def test_github_classroom(course, nbgrader):
    """Clones by the grades' list, by login, with GitHub's `-1`, by a team's name; and no .git?"""
    roster(course)
    beside(course, "grades.csv", GRADES)
    download(course, {
        f"rnn-submissions/rnn-red/{FILE}": "red", "rnn-submissions/rnn-red/.git/HEAD": "ref",
        f"rnn-submissions/rnn-cyd-x-1/{FILE}": "cyd", f"rnn-submissions/rnn-blue-7/sub/{FILE}": "blue",
        f"rnn-submissions/rnn-a-stranger/{FILE}": "stranger",
    })  # fmt: skip
    nbgrader(course, "zip_collect", ID)
    assert texts(course) == {
        "ann": "red",
        "bob": "red",
        "cyd": "cyd",
        "dan": "blue",
        "a-stranger": "stranger",
    }
    assert times(course) == {"ann": "2026-11-23 10:15:30", "bob": "2026-11-23 10:15:30"}
    assert not list(course.downloaded(ID).glob("extracted/**/.git"))


def test_thirty_students_from_canvas_and_from_moodle(course, nbgrader, monkeypatch):
    """Does the roster made of both exports give one id to each of 30, whichever download they come from?"""
    monkeypatch.setattr(roster_command, "name_in_gradebook", lambda *_: None)  # seconds; see test_roster.py
    people = [
        (f"Last{n:02}", f"First{n:02}", str(5000 + n), f"user{n:02}", f"user{n:02}@example.org")
        for n in range(30)
    ]
    gradebook, sheet = course.root / "canvas.csv", course.downloaded(ID) / "sheet.csv"
    with gradebook.open("w") as file:
        rows = [
            [f"{last}, {first}", number, login, "Tuesday", ""] for last, first, number, login, _ in people
        ]
        csv.writer(file).writerows([["Student", "ID", "SIS Login ID", "Section", "RNN (4711)"],
                                    ["    Points Possible", "", "", "", "40.00"], *rows])  # fmt: skip
    beside(course, "sheet.csv", SHEET.partition("\n")[0] + "\n" + "".join(
        f'"Participant {880000 + n}","{first} {last}",{email},-,,,40.00,Yes,-,,-\n'
        for n, (last, first, _, _, email) in enumerate(people)))  # fmt: skip
    assert roster_command.update_roster(course, [gradebook, sheet]).doubts == []
    expected = {f"user{n:02}": str(n) for n in range(30)}
    assert read_roster(course).find(email="USER07@example.org").canvas_id == "5007"
    download(course, {"submissions.zip": zipped({
        f"{last}{first}_{number}_{9000 + n}_{FILE}".lower(): str(n) for n, (last, first, number, _, _) in enumerate(people)
    })})  # fmt: skip
    nbgrader(course, "zip_collect", ID)
    assert texts(course) == expected
    (course.downloaded(ID) / "archive" / "submissions.zip").unlink()
    download(course, {"all.zip": zipped({
        f"{first} {last}_{880000 + n}_assignsubmission_file/{FILE}": str(n) for n, (last, first, _, _, _) in enumerate(people)
    })})  # fmt: skip
    nbgrader(course, "zip_collect", ID, "--force")
    assert texts(course) == expected
    found = [one for one in read_identities(course, ID) if one.platform == "moodle"]
    assert {(one.key, one.student) for one in found} == {(str(880000 + n), f"user{n:02}") for n in range(30)}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("roster.csv", "id\nann\nann\n"),
        (f"downloaded/{ID}/x.csv", "a\0"),
        (f"downloaded/{ID}/identities.csv", "a,b\n"),
    ],
)
def test_a_damaged_list_stops_collecting(course, nbgrader, name, text):
    """Is nothing collected under a wrong id, and does the sentence name the file?"""
    download(course, {f"Ann Example_1_assignsubmission_file/{FILE}": "ann"})
    path = course.root / name
    path.write_text(text)
    assert path.name in nbgrader(course, "zip_collect", ID, code=1)
    assert texts(course) == {}


def test_an_expression_of_ones_own_is_joined_with_the_roster(course, nbgrader):
    """Is whatever the expression calls a student looked up in all columns?"""
    roster(course)
    download(course, {f"AEXAMPLE@{FILE}": "ann", f"12346@{FILE}": "bob", f"zed@{FILE}": "zed"})
    nbgrader(
        course,
        "zip_collect",
        ID,
        r"--FileNameCollectorPlugin.named_regexp=.*/(?P<student_id>[^/@]+)@(?P<file_id>.+)",
    )
    assert texts(course) == {"ann": "ann", "bob": "bob", "zed": "zed"}
