"""A process of its own: runs cells from stdin, and writes to stdout what the drawn ones showed, both JSON."""

import json
import os
import sys
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

PNG = "image/png"


class Publisher(DisplayPublisher):
    """Keeps the pictures that are shown with words, and nothing else."""

    pictures: list[dict[str, str]]

    def publish(self, data: dict, metadata: dict | None = None, *_: Any, **__: Any) -> None:
        alt = (metadata or {}).get(PNG, {}).get("alt")
        if PNG in data and alt:
            self.pictures.append({"png": data[PNG], "alt": alt})


class Hook(DisplayHook):
    """The value of a cell's last expression, of which the picture counts alone."""

    def write_output_prompt(self) -> None: ...

    def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
        assert self.shell is not None  # IPython makes it with one
        self.shell.display_pub.publish(format_dict, md_dict)


class Shell(InteractiveShell):
    """IPython with these two, and without a window system."""

    display_pub_class = Type(Publisher)
    displayhook_class = Type(Hook)

    def enable_gui(self, gui: str | None = None) -> None: ...


def main() -> None:
    cells = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what cells print is nobody's
    json.dump(_draw(cells), answers)
    answers.close()
    os._exit(0)  # threads that a cell started do not keep it waiting


def _draw(cells: list[dict[str, Any]]) -> dict[str, Any]:
    """What each drawn cell showed, or which cell failed and why."""
    shell, shown = _shell(), []
    for cell in cells:
        shell.display_pub.pictures = []
        result = shell.run_cell(cell["source"])
        if error := result.error_before_exec or result.error_in_exec:
            return {"cell": cell["name"], "failed": f"{type(error).__name__}: {error}"}
        if cell["drawn"]:
            shown.append(shell.display_pub.pictures)
    return {"shown": shown}


def _shell() -> Shell:
    config = Config()
    config.HistoryManager.enabled = False
    return Shell.instance(config=config)


if __name__ == "__main__":
    main()
