"""Downloads of learning platforms for tests: made, collected by nbgrader, and looked at."""

import io
import sys
import tarfile
import zipfile

from autograder.gradebook import own_programs_first

ID = "01a_single_neuron_classification"


def runner(monkeypatch, home, capsys):
    """What runs one of nbgrader's commands in a course's folder, in this process, and returns what it said."""
    from nbgrader.apps import NbGraderApp  # slow; only where it is used

    for name in ("HOME", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(name, str(home))

    def run(course, *arguments, code=0):
        monkeypatch.chdir(course.root)
        capsys.readouterr()
        before = [*sys.path]
        ended = 0
        try:
            with own_programs_first():
                NbGraderApp.launch_instance(list(arguments))
        except SystemExit as end:
            ended = end.code
        sys.path[:] = before  # nbgrader puts the working directory there
        for app, _ in NbGraderApp.subcommands.values():
            app.clear_instance()
        said = " ".join(capsys.readouterr().err.split())
        assert ended == code, said
        return said

    return run


def download(course, files):
    """Put files, by path and text or bytes, where `nbgrader zip_collect` looks for them."""
    for name, content in files.items():
        path = course.downloaded(ID) / "archive" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def collected(course):
    """(student, file): text of everything in submitted/, timestamps included."""
    folder = course.root / "submitted"
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert all(path.parent.name == ID for path in files)
    return {(path.parent.parent.name, path.name): path.read_text() for path in files}


def zipped(files, symlink=""):
    """A zip of names and texts, and of a link named `link`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        if symlink:
            link = zipfile.ZipInfo("link")
            link.create_system, link.external_attr = 3, 0o120777 << 16
            archive.writestr(link, symlink)
    return buffer.getvalue()


def tarred(files, links=(), mode="w:gz"):
    """A tar of names and texts, after entries of other kinds: (name, kind, target)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, kind, target in links:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname, entry.mode = kind, target, 0o777
            archive.addfile(entry)
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content.encode()))
    return buffer.getvalue()
