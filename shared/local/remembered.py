"""Lets bqemulator translate a statement once, however often it is asked.

It parses each statement some twenty times (1.4.0), which is most of what a question costs, and programs send the same
few texts with other parameters. A parameter's value is bound to the translation, after all that is remembered here.

What follows from the text alone is remembered under the text. A translation also follows from what the catalog says
about the tables, so it is kept together with all that the catalog was asked for it, and used only while the catalog
would answer the same. What is an error is found out anew each time.
"""

from collections.abc import Awaitable, Callable, Collection, Hashable
from dataclasses import dataclass, replace
from functools import lru_cache, wraps
from inspect import iscoroutinefunction
from typing import Any

MOST = 256  # statements remembered, the latest; `make demo` sends fewer than a hundred
_ALWAYS_SAME = frozenset({"get_table", "list_row_access_policies", "list_all_materialized_views"})
_DEFINING = frozenset({"CREATE", "DROP", ""})  # "" is a statement that could not be classified
_CHANGING = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", ""})

Translate = Callable[..., Awaitable[str]]
Answers = tuple[tuple[str, tuple[str, ...], object], ...]


def remember() -> None:
    """Makes this process's bqemulator remember; to be called before it serves."""
    from bqemulator.catalog import ddl_sync
    from bqemulator.jobs import executor
    from bqemulator.scripting import interpreter
    from bqemulator.sql import inner_query

    for module, name in (
        (executor, "classify_statement_type"),
        (executor, "detect_drop_routine"),
        (executor, "parse_script"),
        (executor, "rewrite_table_refs"),
        (interpreter, "rewrite_table_refs"),
    ):
        setattr(module, name, lru_cache(MOST)(getattr(module, name)))

    classify = executor.classify_statement_type
    for module, name, verbs, place in (
        (ddl_sync, "_detect_plain_create_table", _DEFINING, 0),
        (executor, "assert_drop_schema_allowed", _DEFINING, 0),
        (executor, "sync_created_schema", _DEFINING, 0),
        (executor, "sync_created_table", _DEFINING, 0),
        (executor, "sync_created_view", _DEFINING, 0),
        (executor, "sync_dropped_object", _DEFINING, 0),
        (executor, "_reject_dml_on_immutable", _CHANGING, 1),
        (executor, "_capture_dml_snapshots", _CHANGING, 1),
    ):
        setattr(module, name, _only_for(verbs, getattr(module, name), classify, place))

    translate = translated_once(inner_query.rewrite_and_translate_statement)
    for module, name in ((executor, translate.__name__), (interpreter, translate.__name__)):
        setattr(module, name, translate)


def translated_once(translate: Translate) -> Translate:
    """Returns `translate`, asked again only when its answer may be another one.

    It is a function of the statement, the project, the caller and what `ctx.catalog` answers. A statement for which the
    catalog is asked anything but `_ALWAYS_SAME`, or which travels in time, is never remembered.
    """

    @lru_cache(MOST)
    def place(*_: Hashable) -> list[_Translation]:
        return []

    @wraps(translate)
    async def run(sql: str, *, project_id: str, ctx: Any, caller: Hashable, translator: object) -> str:
        kept = place(sql, project_id, caller)
        for known in kept:
            if known.holds(ctx.catalog):
                return known.text
        witness = _Witness(ctx.catalog)
        text = await translate(
            sql, project_id=project_id, ctx=replace(ctx, catalog=witness), caller=caller, translator=translator
        )
        certain = witness.heard_all and "SYSTEM_TIME" not in sql.upper()
        kept[:] = [_Translation(text, tuple(witness.heard))] if certain else []
        return text

    return run


@dataclass(frozen=True)
class _Translation:
    """A statement in DuckDB's words, and what the catalog had said when it was translated."""

    text: str
    answers: Answers

    def holds(self, catalog: object) -> bool:
        return all(getattr(catalog, question)(*given) == answer for question, given, answer in self.answers)


class _Witness:
    """A catalog that answers as the one behind it, and notes what it was asked and what it said."""

    def __init__(self, catalog: object) -> None:
        self._catalog = catalog
        self.heard: list[tuple[str, tuple[str, ...], object]] = []
        self.heard_all = True

    def __getattr__(self, question: str) -> Any:
        ask = getattr(self._catalog, question)
        if question not in _ALWAYS_SAME:
            self.heard_all = False
            return ask

        def noting(*given: str) -> object:
            answer = ask(*given)
            self.heard.append((question, given, answer))
            return answer

        return noting


def _only_for(
    verbs: Collection[str], act: Callable[..., Any], classify: Callable[[str], str], place: int
) -> Callable[..., Any]:
    """Returns `act` without the parsing by which it finds out that a statement has none of its `verbs`.

    The statement is its argument number `place`. For others it does nothing and returns None.
    """
    nothing = _nothing if iscoroutinefunction(act) else lambda: None

    def run(*given: Any) -> Any:
        return act(*given) if classify(given[place]).partition("_")[0] in verbs else nothing()

    return run


async def _nothing() -> None:
    pass
