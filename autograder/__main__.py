"""`python -m autograder` is the command `autograder`; notebooks need nothing of it."""

import sys

INSTALL = "Commands need more than notebooks do: run `pip install 'neuron-to-transformer[instructor]'`."


def main() -> int:
    """Run one command; returns its exit code, 2 where something is missing that all of them import."""
    try:
        from autograder.cli import main as run
    except ModuleNotFoundError as error:
        name = (error.name or "autograder").partition(".")[0]
        if name == "autograder":
            raise
        print(f"{name} is missing here. {INSTALL}", file=sys.stderr)
        return 2
    return run()


if __name__ == "__main__":
    sys.exit(main())
