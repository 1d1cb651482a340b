"""How a student process may end, or never begin; systems without such processes know the words, too."""


class ProcessDied(Exception):
    """The student process ended or was ended; the text says why, for the student."""


class KilledFromOutside(ProcessDied):
    """Something outside ended the student process or kept it from running: nobody's fault."""


class NoProcess(Exception):
    """A student process could not even be started: not the student's fault."""
