"""What a view has to show: the same facts as data and as what a template is rendered with."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Sheet:
    """`template` and its `context` make the page, `data` is the JSON behind it; `styles` are more of the page's own.

    `moves` says that work is going on: a look in a moment may find something else, so the page looks again by itself.
    """

    template: str
    context: Mapping[str, object]
    data: Mapping[str, object]
    styles: tuple[str, ...] = ()
    moves: bool = False
