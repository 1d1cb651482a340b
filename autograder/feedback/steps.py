"""nbgrader's step that reads the gradebook for a feedback page, with the grade of record."""

from nbgrader.api import Gradebook
from nbgrader.preprocessors import GetGrades

from autograder.grading.of_record import grades_of, part_of


class GetGradeOfRecord(GetGrades):
    """nbgrader's, which takes comments and scores into the cells; and what the score is made of."""

    def preprocess(self, nb, resources):
        nb, resources = super().preprocess(nb, resources)
        facts = resources["nbgrader"]
        with Gradebook(facts["db_url"]) as gradebook:
            grades = grades_of(gradebook, [facts["assignment"]], [facts["student"]])
            place = facts["notebook"], facts["assignment"], facts["student"]
            penalty = gradebook.find_submission_notebook(*place).late_submission_penalty
        whole = grades[facts["student"], facts["assignment"]]
        facts["of_record"] = part_of(whole, facts["notebook"], facts["assignment"], penalty)
        return nb, resources
