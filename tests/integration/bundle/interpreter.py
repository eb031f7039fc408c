"""A Python that has the deployed requirements and nothing else: what a bundle meets when it is deployed.

Nothing is downloaded. The distributions are those of the running environment, file by file, as links.
"""

import venv
from importlib.metadata import distribution
from pathlib import Path

from tests.pins import read_pins


def make_interpreter(folder: Path, requirements: Path) -> Path:
    """Returns a Python in `folder` that knows what is pinned in `requirements`; to be run with `-I`.

    Raises AssertionError if the running environment has another version of it.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    site = next(folder.glob("lib/python*/site-packages"))
    for pin in read_pins(requirements):
        if pin.here:
            found = distribution(pin.name)
            assert found.version == pin.version, f"{pin.name} is {found.version} here; deployed is {pin.version}"
            for file in found.files or ():
                if ".." not in file.parts:  # scripts lie elsewhere
                    link = site / file
                    link.parent.mkdir(parents=True, exist_ok=True)
                    link.symlink_to(Path(str(file.locate())))
    return folder / "bin" / "python"
