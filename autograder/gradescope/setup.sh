#!/usr/bin/env bash
# Gradescope runs this as root, once, when it builds the image. Nothing here knows the course's repository.
set -euo pipefail
source=/autograder/source
chmod -R o= "$source"  # solutions and hidden tests: not for the user that student code becomes

if command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update
    apt-get install --yes --no-install-recommends ca-certificates libseccomp2 python3-venv
fi

# The default image has an older Python than the one whose versions are pinned. uv takes the system's Python
# where that is the right one, else it fetches a build of it; into /opt, since root's home is closed to others.
python3 -m venv --clear /opt/uv
/opt/uv/bin/pip install --quiet --disable-pip-version-check uv
export UV_PYTHON_INSTALL_DIR=/opt/python UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1
umask 022
/opt/uv/bin/uv venv --clear --python "$(cat "$source/python")" /opt/autograder
/opt/uv/bin/uv pip install --python /opt/autograder/bin/python --requirement "$source/requirements.txt"
/opt/uv/bin/uv pip install --python /opt/autograder/bin/python --no-deps "$source"/*.whl

/opt/autograder/bin/python -P -m autograder.gradescope --walls
