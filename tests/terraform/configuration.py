"""Terraform's files as text: enough to find resources in them, and what is granted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TERRAFORM = Path(__file__).resolve().parents[2] / "terraform"

_RESOURCE = re.compile(r'^resource "(?P<type>\w+)" "(?P<name>\w+)" \{\n(?P<body>.*?)^\}', re.MULTILINE | re.DOTALL)
_ROLE = re.compile(r'"(roles/[\w.]+)"')


@dataclass(frozen=True)
class Resource:
    """A resource as it is written: in which module (empty: the root), of which type, under which name, with what."""

    module: str
    type: str
    name: str
    body: str

    @property
    def address(self) -> str:
        return f"{self.module}/{self.type}.{self.name}" if self.module else f"{self.type}.{self.name}"

    @property
    def roles(self) -> set[str]:
        return set(_ROLE.findall(self.body))


def sources() -> Iterator[Path]:
    """Yields every file that is applied: the root's, the modules' and the examples'."""
    yield from sorted(path for path in TERRAFORM.rglob("*.tf") if ".terraform" not in path.parts)


def without_comments(path: Path) -> str:
    return re.sub(r"^\s*#.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)


def resources() -> Iterator[Resource]:
    """Yields every resource of the root and of the modules."""
    for path in sources():
        parts = path.relative_to(TERRAFORM).parts
        if parts[0] != "examples":
            module = parts[1] if parts[0] == "modules" else ""
            for found in _RESOURCE.finditer(without_comments(path)):
                yield Resource(module, found["type"], found["name"], found["body"])
