"""What a view has to show: the same facts as data and as what a template is rendered with."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Line = Sequence[str | int | None]
"""The cells of a row; None is an empty one."""


@dataclass(frozen=True)
class Listing:
    """What a sheet lists, for a spreadsheet: `name` without an ending, and `lines`, which may raise RequestInvalid."""

    name: str
    columns: tuple[str, ...]
    lines: Callable[[], Iterable[Line]]


@dataclass(frozen=True)
class Sheet:
    """`template` and its `context` make the page, `data` is the JSON behind it; `styles` are more of the page's own.

    `moves` says that work is going on: a look in a moment may find something else, so the page looks again by itself.
    `listing` is what there is for a spreadsheet, where the sheet's place has a path for that.
    """

    template: str
    context: Mapping[str, object]
    data: Mapping[str, object]
    styles: tuple[str, ...] = ()
    moves: bool = False
    listing: Listing | None = None
