"""The commands, one for each arrow in the way of the data: new, build, solve, grade, feedback, report.

Each takes the course folder it is started in. A CourseError becomes one sentence and exit code 2.
"""

import argparse
import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.markup import escape

import autograder.quick  # noqa: F401 - before anything imports nbformat
from autograder import faults, terminal
from autograder.course import Course, CourseError
from autograder.gradescope import options as gradescope_options
from autograder.platforms.export.options import add_options
from autograder.sandbox.places import BEST, PLACES
from autograder.shared import shared

console = terminal.Terminal()
EXTRAS = {"distributed": "distributed", "psycopg": "postgresql"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 something needs a person, 2 could not start."""
    terminal.prepare()
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except CourseError as error:
        return _refuse(str(error))
    except ModuleNotFoundError as error:
        if (error.name or "autograder").startswith("autograder"):
            raise
        extra = EXTRAS.get(error.name, "instructor")
        return _refuse(f"This needs {error.name}: run `pip install 'neuron-to-transformer[{extra}]'`.")
    except KeyboardInterrupt:
        terminal.Terminal(stderr=True).print("Stopped. What was written stays; run the same command again.")
        return 130
    except Exception as error:
        if not (sentence := faults.sentence(error)):
            raise
        return _refuse(sentence)


def _run(options: argparse.Namespace) -> int:
    """Run the command, for the group where there is one, and alone if it writes the gradebook."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(CourseError):  # not every command needs a course
            stack.enter_context(shared(_course(options)))
        if options.alone:
            from autograder.alone import alone

            stack.enter_context(alone(_course(options)))
        return options.run(options)


def _refuse(sentence: str) -> int:
    """Say why a command cannot do its job; returns its exit code."""
    terminal.Terminal(stderr=True, soft_wrap=True).print(f"[red]✗[/] {escape(sentence)}")
    return 2


def new(options: argparse.Namespace) -> int:
    """A new assignment to start from, and a course around it where there is none."""
    from autograder.new.make import begin

    course, made = begin(Path(options.course).absolute(), options.assignment, options.here, options.plain)
    for path in made:
        console.print(f"[green]✓[/] {escape(str(path.relative_to(course.root)))}", soft_wrap=True)
    console.print(f"Next: `autograder build`, then `autograder audit {options.assignment}`.", soft_wrap=True)
    return 0


def build(options: argparse.Namespace) -> int:
    """Source to release."""
    from autograder.build.pair import synchronise
    from autograder.build.release import build as build_release

    course = _course(options)
    for assignment in course.choose(options.assignments):
        with console.status(f"building {assignment}"):
            notebooks = course.notebooks(assignment)
            pairs = [synchronise(course, assignment, options.keep, one) for one in notebooks]
            pair = ", ".join(dict.fromkeys(pairs))
            release = build_release(course, assignment, trial=not options.untried)
        console.print(f"[green]✓[/] {assignment}: {pair}; {release}", soft_wrap=True)
    if options.untried:
        console.print("[yellow]![/] Nobody has graded the solutions: `autograder build` does, where it can.")
    return 0


def solve(options: argparse.Namespace) -> int:
    """Source to executed solutions, with full training; their results to README.md."""
    from autograder.build.results import show_results
    from autograder.build.solve import solve as solve_notebook

    course = _course(options)
    assignments = course.choose(options.assignments)
    with _bar() as bar:
        for assignment in assignments:
            task = bar.add_task(assignment, total=None, note="")
            path = solve_notebook(
                course, assignment,
                lambda done, of, title, task=task: bar.update(task, completed=done, total=of, note=title),
            )  # fmt: skip
            bar.update(task, note=str(path.relative_to(course.root)))
            show_results(course)
    return 0


def grade(options: argparse.Namespace) -> int:
    """Submitted to autograded, gradebook and report."""
    from autograder.platforms.collect.teams import mark_teams
    from autograder.platforms.roster import read_roster
    from autograder.reports.around import around
    from autograder.reports.changes import keep_earlier
    from autograder.reports.page import write_report
    from autograder.reports.table import changes
    from autograder.reports.waits import waits

    course = _course(options)
    read_roster(course)  # a damaged one is told now, and not after everybody was graded
    before = earlier_results(course)
    results = grade_class(
        course, course.choose(options.assignments), options.students, jobs=options.jobs,
        scheduler=options.scheduler, sandbox=options.sandbox, force=options.force,
    )  # fmt: skip
    mark_teams(course, [*results, *before])
    graded = with_earlier(course, results, before)
    keep_earlier(course.reports)
    page = write_report(graded, course.reports, around(course))
    show_class(results)
    for change in changes(before, results):
        console.print(f"[yellow]![/] {escape(change)}", soft_wrap=True)
    console.print(
        f"Report: {page}\nNext: `autograder feedback`, or marks by hand in `jupyter lab`'s formgrader."
    )
    return int(bool(waits(results)))


def earlier_results(course: Course) -> list:
    """The results of earlier runs; none when there are none that can be read."""
    from autograder.reports.page import read_results

    try:
        return read_results(course.reports / "results.json")
    except CourseError:
        return []


def with_earlier(course: Course, results: list, before: list) -> list:
    """`results`, and those of `before` for what is still in submitted/ and was not graded now.

    Their grades of record are those of now, too.
    """
    from autograder.grading.record import with_grades

    now = {(result.student, result.assignment) for result in results}
    kept = [
        result for result in before if (result.student, result.assignment) not in now
        and course.submitted(result.student, result.assignment).parent.is_dir()
    ]  # fmt: skip
    return [*results, *with_grades(course, kept)] if kept else results


def grade_class(
    course: Course, assignments: list[str], students: Sequence[str] = (), hear: Callable | None = None, **how
) -> list:
    """Grade under a progress bar; `hear` gets each result, `how` is autograder.grading.batch.grade's."""
    from autograder.grading.batch import grade as grade_submissions
    from autograder.reports.words import plain

    counts, slowest = {"passed": 0, "failed": 0, "could not run": 0}, None
    with _bar() as bar:
        task = bar.add_task("grading", visible=False, note="")

        def report(result, done: int, of: int) -> None:
            nonlocal slowest
            if result and hear:
                hear(result)
            for status in counts:
                counts[status] += result.count(status) if result else 0
            slowest = max(filter(None, (slowest, result)), key=lambda one: one.seconds, default=None)
            note = ", ".join(f"{number} {status}" for status, number in counts.items())
            if slowest:
                note += f"; slowest {escape(plain(slowest.student))}, {slowest.seconds:.0f} s"
            bar.update(task, completed=done, total=of, note=note, visible=True)

        def say(sentence: str) -> None:
            console.print(f"[yellow]![/] {escape(sentence)}", soft_wrap=True)

        return grade_submissions(course, assignments, list(students), report=report, say=say, **how)


def show_class(results: list) -> None:
    """The class table, a summary and whatever needs a person."""
    from autograder.reports.suspicion import sentences
    from autograder.reports.table import class_table, common_causes, summary, waiting

    console.print(class_table(results))
    console.print(summary(results))
    if causes := common_causes(results):
        console.print(causes)
    for problem in [*waiting(results), *sentences(results)]:
        console.print(f"[yellow]![/] {escape(problem)}", soft_wrap=True)


def audit(options: argparse.Namespace) -> int:
    """Known mistakes and right answers through the grader: what do the tests see?"""
    from autograder.audit.counts import holds
    from autograder.audit.page import write_page
    from autograder.audit.run import audit as audit_assignments
    from autograder.audit.stored import write_json
    from autograder.audit.table import audit_table, beyond_table, lines, progress_note

    course = _course(options)
    if not options.assignments and not options.all:
        raise CourseError("Name the assignments to audit, or say `autograder audit --all`.")
    with _bar() as bar:
        task = bar.add_task("auditing", total=None, note="")
        found = audit_assignments(
            course, course.choose(options.assignments), seed=options.seed, jobs=options.jobs,
            sandbox=options.sandbox, report=lambda tried, of: bar.update(
                task, completed=len(tried), total=of, note=progress_note(tried)
            ),
        )  # fmt: skip
    console.print(audit_table(found))
    console.print()
    console.print(beyond_table(found))
    for line in lines(found.findings):
        console.print(line, soft_wrap=True)
    if options.json:
        write_json(found, options.json)
    console.print(f"Which mistake fails which check: {write_page(found, course.reports)}", soft_wrap=True)
    return int(not holds(found))


def calibrate(options: argparse.Namespace) -> int:
    """Losses that training reaches over many seeds, to thresholds in source/<id>/calibration.json."""
    from autograder.calibrate.run import Plan
    from autograder.calibrate.steps import calibrate as calibrate_targets
    from autograder.calibrate.verdict import table

    course, plan, found = _course(options), Plan(options.seeds, options.mistake_seeds), []
    with _bar() as bar:
        for assignment in course.choose(options.assignments):
            task = bar.add_task(assignment, total=None, note="")
            calibration, problems = calibrate_targets(
                course, assignment, plan, options.jobs,
                lambda done, of, task=task: bar.update(task, completed=done, total=of),
            )  # fmt: skip
            if calibration["checks"]:
                bar.console.print(table(calibration, assignment))
            found += [f"{assignment}: {problem}" for problem in problems]
    for problem in found:
        console.print(f"[yellow]![/] {escape(problem)}", soft_wrap=True)
    return int(bool(found))


def due(options: argparse.Namespace) -> int:
    """When an assignment is due, for all or for some; without a time: what is set."""
    from autograder.grading.due import set_due

    course = _course(options)
    for line in set_due(course, *course.choose([options.assignment]), options.time, options.students):
        console.print(escape(line), soft_wrap=True)
    if options.time:
        console.print("Late penalties follow at the next `autograder grade`.")
    return 0


def feedback(options: argparse.Namespace) -> int:
    """Autograded to a page per student, by nbgrader."""
    from autograder.feedback.write import write_feedback
    from autograder.reports.page import renew

    course = _course(options)
    with _bar() as bar:
        task = bar.add_task("feedback", visible=False, note="")
        written = write_feedback(
            course, course.choose(options.assignments), options.students,
            lambda done, of: bar.update(task, completed=done, total=of, visible=True),
        )  # fmt: skip
    renew(course)
    console.print(f"Feedback on {written} submissions in {course.root / 'feedback'}")
    return 0


def export(options: argparse.Namespace) -> int:
    """Grades and feedback pages to a learning platform, or grades to a table."""
    from autograder.platforms.export.command import export as export_grades

    return export_grades(_course(options), options, console)


def report(options: argparse.Namespace) -> int:
    """The report of the last grading, again."""
    from autograder.grading.record import with_grades
    from autograder.reports.around import around
    from autograder.reports.page import read_results, write_report

    course = _course(options)
    results = with_grades(course, read_results(course.reports / "results.json"))
    show_class(results)
    console.print(f"Report: {write_report(results, course.reports, around(course))}")
    return 0


def why(options: argparse.Namespace) -> int:
    """Why a submission lost points, with measured values and hidden tests: for instructors only."""
    from autograder.reports.page import read_results
    from autograder.reports.why import as_text
    from autograder.reports.why import why as why_points_were_lost

    course = _course(options)
    [assignment] = course.choose([options.assignment])
    results = read_results(course.reports / "results.json")
    found = why_points_were_lost(course, results, options.student, assignment)
    for one in found:
        console.print(as_text(one), soft_wrap=True)
    if not found:
        console.print("Every check passed.")
    return 0


def roster(options: argparse.Namespace) -> int:
    """Lists that platforms export to roster.csv, and everybody's name to the gradebook."""
    from autograder.platforms.roster_command import sentences, update_roster

    joined = update_roster(_course(options), options.files)
    for line in sentences(joined):
        console.print(escape(line), soft_wrap=True)
    for line in [*joined.remarks, *joined.doubts]:
        console.print(f"[yellow]![/] {escape(line)}", soft_wrap=True)
    return int(bool(joined.doubts))

def gradescope(options: argparse.Namespace) -> int:
    """The zip with which Gradescope grades an assignment."""
    return gradescope_options.answer(_course(options), options, console)


def doctor(options: argparse.Namespace) -> int:
    """What is missing on this machine, and how to get it."""
    from autograder.doctor import examine, examine_course

    findings = examine(install=options.install)
    findings += examine_course(_course(options)) if options.plain else []
    for finding in findings:
        mark = {True: "[green]✓[/]", False: "[red]✗[/]", None: "[yellow]-[/]"}[finding.fine]
        console.print(f"{mark} {finding.name}: {escape(finding.text)}", soft_wrap=True)
    return int(any(finding.fine is False for finding in findings))


def demo(options: argparse.Namespace) -> int:
    """The whole way on a simulated class."""
    try:
        from autograder.demo.run import run
    except ModuleNotFoundError:
        raise CourseError(
            "The demo is part of the course's repository, not of the installed package."
        ) from None
    return run(_course(options), options)


def _course(options: argparse.Namespace) -> Course:
    return Course.find(Path(options.course))


@contextlib.contextmanager
def _bar() -> Iterator:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(),
               TimeRemainingColumn(), TextColumn("{task.fields[note]}"))  # fmt: skip
    with Progress(*columns, console=console) as progress:
        yield progress


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autograder", description="Build, grade and report the course.")
    parser.add_argument("--course", default=".", metavar="FOLDER", help="the course folder (default: here)")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(
        run, *, assignments: bool = False, students: bool = False, alone: bool = False
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(
            run.__name__, help=run.__doc__.lower().rstrip("."), description=run.__doc__
        )
        command.set_defaults(run=run, alone=alone)
        if assignments:
            command.add_argument("assignments", nargs="*", metavar="ID", help="assignments (default: all)")
        if students:
            command.add_argument("--students", nargs="+", default=[], metavar="STUDENT", help="only these")
        return command

    def add_grading(command: argparse.ArgumentParser, *, cluster: bool = False) -> argparse.ArgumentParser:
        where = command.add_mutually_exclusive_group()
        where.add_argument(
            "--jobs", type=_positive, metavar="N", help="submissions at a time (default: cores)"
        )
        if cluster:
            where.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster that judges instead")
        command.add_argument(
            "--sandbox", choices=[BEST, *PLACES], help="walls (default: the best there are here); "
            "'none' only for code that you trust",
        )
        return command

    started = add(new)
    started.add_argument("assignment", metavar="ID", help="its name: letters, digits, - and _")
    started.add_argument("--plain", action="store_true", help="with plain asserts, as other nbgrader courses")
    started.add_argument("--here", action="store_true", help="begin a course among other files")
    keep = "when both changed: which one counts"
    built = add(build, assignments=True, alone=True)
    built.add_argument("--keep", choices=["text", "notebook"], help=keep)
    built.add_argument("--untried", action="store_true", help="without grading the solution first")
    add(solve, assignments=True)
    graded = add_grading(add(grade, assignments=True, students=True, alone=True), cluster=True)
    graded.add_argument("--force", action="store_true", help="also what has not changed since it was graded")
    dated = add(due, students=True, alone=True)
    dated.add_argument("assignment", metavar="ID", help="one assignment")
    dated.add_argument("time", nargs="?", default="", metavar="TIME", help="such as '2026-11-23 10:15 +0100'")
    add(feedback, assignments=True, students=True)
    add_options(add(export))
    add(report)
    explained = add(why)
    explained.add_argument("student", metavar="STUDENT", help="the folder in submitted/")
    explained.add_argument("assignment", metavar="ID", help="one assignment")
    checked = add_grading(add(audit, assignments=True))
    checked.add_argument("--all", action="store_true", help="all assignments")
    checked.add_argument("--seed", type=int, default=0, metavar="N", help="other hidden inputs (default: 0)")
    checked.add_argument("--json", type=Path, metavar="FILE", help="write what was found as JSON, too")
    measured = add(calibrate, assignments=True)
    measured.add_argument("--seeds", type=_positive, default=200, metavar="N", help="runs of the reference")
    measured.add_argument("--mistake-seeds", type=_positive, default=40, metavar="N", help="of each mistake")
    measured.add_argument("--jobs", type=_positive, metavar="N", help="runs at a time (default: cores)")
    add(roster, alone=True).add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="a list that a platform exported"
    )

    gradescope_options.add_to(add(gradescope))
    examined = add(doctor)
    examined.add_argument("--install", action="store_true", help="install what apt-get can")
    told = "also which plain test cells of the course run sealed"
    examined.add_argument("--course", dest="plain", action="store_true", help=told)
    shown = add_grading(add(demo, alone=True))
    shown.add_argument("--full", action="store_true", help="all assignments instead of the first three")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number
