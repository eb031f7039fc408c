"""A part of a document that a command writes, between two comments that name the command."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Marks:
    """`command` writes the part that is called `part`."""

    part: str
    command: str

    @property
    def begin(self) -> str:
        return f"<!-- {self.part}: {self.command} -->\n"

    @property
    def end(self) -> str:
        return f"<!-- end of the {self.part} -->\n"

    def filled(self, document: str, text: str) -> str:
        """Returns `document` with `text` between its marks. Raises ValueError if it has not got them."""
        head, begin, rest = document.partition(self.begin)
        _, end, tail = rest.partition(self.end)
        if not (begin and end):
            raise ValueError(f"the document needs {self.begin.strip()} and {self.end.strip()}")
        return f"{head}{self.begin}\n{text}\n{self.end}{tail}"
