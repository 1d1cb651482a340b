"""nbgrader's settings for this course; each line says why it is here."""

from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata

from autograder.build.nbgrader_steps import CheckSource, TidyRelease
from autograder.feedback.exporter import FeedbackExporter
from autograder.feedback.release import ReleaseFeedback
from autograder.feedback.steps import GetGradeOfRecord
from autograder.grading.nbgrader_steps import HideTests, RestoreCells, SaveSealedGrades, SealedExecute
from autograder.platforms.collect.collector import LMSCollector
from autograder.platforms.collect.extractor import BoundedExtractor
from autograder.platforms.export.nbgrader import SafeCsvExport

c = get_config()

# The name under which the gradebook and the exchange know the course.
c.CourseDirectory.course_id = "neuron-to-transformer"
# nbgrader's own default is "solution".
c.CourseDirectory.solution_directory = "solutions"
# What lies beside a source notebook and holds answers; nbgrader would copy it to release/ and autograded/.
answers = ["*.py", "audit", "calibration.*", "challenge.*"]
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", *answers]
# Timestamps would make every build of the solutions different.
c.Execute.record_timing = False
# "Generate" in the formgrader refuses what `autograder build` refuses, and makes the same release.
c.GenerateAssignment.preprocessors.prepend([CheckSource])
c.GenerateAssignment.preprocessors.append(TidyRelease)
# Locked cells, tests and points come from the source, so nothing that a student edits can count.
c.Autograde.sanitize_preprocessors = [RestoreCells, CheckCellMetadata]
# Student code runs in a sealed process, and the tests run outside of it.
c.Autograde.autograde_preprocessors = [SealedExecute, SaveSealedGrades, AssignLatePenalties]
# Students read the feedback page, so the hidden tests must not be on it.
c.GenerateFeedback.preprocessors = [GetGradeOfRecord, HideTests]
# A page that says first what to do, needs no network, and takes bounded time whatever a student wrote.
c.GenerateFeedback.exporter_class = FeedbackExporter
# Grading does not number the cells, so the formgrader would say "In [ ]" and "Out[ ]" everywhere.
c.HTMLExporter.exclude_input_prompt = c.HTMLExporter.exclude_output_prompt = True
# One submission that did not come through the exchange must not keep the others' feedback from them.
c.ExchangeFactory.release_feedback = ReleaseFeedback
# Knows how learning platforms name what they let you download; see docs/collecting.md.
c.ZipCollectApp.collector_plugin = LMSCollector
# A bad archive costs nobody else anything, and none writes outside of its folder.
c.ZipCollectApp.extractor_plugin = BoundedExtractor
# A name with a comma is one cell, and no cell of grades.csv is a formula; see docs/exporting.md.
c.ExportApp.plugin_class = SafeCsvExport
# What this course asks of its own notebooks beyond what grading needs; see docs/authoring.md.
c.Lint.points = 100
c.Lint.hidden = True
c.Lint.calibrated = True
c.Lint.described = True
# The models in the order of the course, as the table of results in README.md calls them.
c.Models.names = {
    "01b": "one layer of neurons",
    "02": "multilayer perceptron",
    "03": "RNN",
    "04": "LSTM",
    "05-rnn": "RNN with attention",
    "05-lstm": "LSTM with attention",
    "06": "Transformer",
}
