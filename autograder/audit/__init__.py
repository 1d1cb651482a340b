"""Testing the tests: known answers, wrong and right, through the real grader; and measured targets."""
