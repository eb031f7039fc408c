"""Compares the tables that pipeline.yaml names with those that are there, by their metadata alone: no row is read.

What can go wrong: metadata does not tell everything. A view shows no partitions although there may be some under it,
and a table of external files shows none either; both are said to be so and left to a person.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from google.api_core.retry import Retry
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY

from shared import queries
from shared.core.findings import Note
from shared.core.pipeline import Pipeline
from shared.core.places import Column, Fit, Place
from shared.errors import Fault, SourceMissing
from shared.gcp.faults import refusal, warehouse_faults

_AT_ONCE = 8  # requests; the client keeps ten connections
_UNCOUNTABLE = {"RECORD", "STRUCT", "JSON", "GEOGRAPHY"}
_UNGROUPABLE = _UNCOUNTABLE | {"FLOAT", "FLOAT64"}  # which COUNT(DISTINCT) takes, and PARTITION BY does not


@dataclass(frozen=True)
class Unseen:
    """A table that could not be looked at; `why` continues a sentence that begins with its name."""

    why: str


class Catalog:
    """The metadata of one project's tables, each fetched once.

    Raises WarehouseUnavailable from every method when BigQuery does not answer within `patience` seconds.
    """

    def __init__(self, client: bigquery.Client, *, patience: float = 10.0) -> None:
        self._client = client
        self._patience = patience
        self._seen: dict[str, bigquery.Table | Unseen] = {}

    def look(self, refs: Iterable[str]) -> Mapping[str, bigquery.Table | Unseen]:
        """Returns what is at each of `refs`, which are `dataset.table` or `project.dataset.table`."""
        new = [ref for ref in dict.fromkeys(refs) if ref not in self._seen]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            self._seen.update(zip(new, pool.map(self._fetch, new), strict=True))
        return self._seen

    def reference(self, ref: str) -> bigquery.TableReference:
        """Returns `ref` with its project."""
        return bigquery.TableReference.from_string(ref, default_project=self._client.project)

    def tables_in(self, dataset: bigquery.DatasetReference) -> list[tuple[str, str]]:
        """Returns name and kind (`TABLE`, `VIEW`, ...) of everything in `dataset`, by name.

        Raises:
            SourceMissing: it is not there, or may not be read.
        """
        with warehouse_faults(f"listing {dataset.dataset_id}"):
            items = list(self._client.list_tables(dataset, timeout=self._patience, retry=self._retry()))
        return sorted((item.table_id, item.table_type) for item in items)

    def _fetch(self, ref: str) -> bigquery.Table | Unseen:
        try:
            with warehouse_faults(f"looking at {ref}"):
                return self._client.get_table(self.reference(ref), timeout=self._patience, retry=self._retry())
        except SourceMissing as error:
            return Unseen(refusal(error))

    def _retry(self) -> Retry:
        return DEFAULT_RETRY.with_timeout(self._patience)


def tables(catalog: Catalog, places: Iterable[Place]) -> Iterator[Fault]:
    """Yields what is wrong with the tables at `places`: with being there, their columns and their partitions."""
    described = list(places)
    seen = catalog.look(place.ref for place in described)
    for place in described:
        found = seen[place.ref]
        if isinstance(found, Unseen):
            yield Fault(f"{place.path}.table", f"{place.ref} {found.why}")
            continue
        wrong = list(columns(place, found))
        yield from wrong
        if all(fault.path != place.date.path for fault in wrong):
            yield from partitions(place, found)


def with_dates(catalog: Catalog, places: Iterable[Place]) -> list[Place]:
    """Returns those of `places` whose table is there and has its date: the only ones that can be asked anything."""
    described = list(places)
    seen = catalog.look(place.ref for place in described)
    return [
        place
        for place in described
        if isinstance(found := seen[place.ref], bigquery.Table)
        and all(fault.path != place.date.path for fault in columns(place, found))
    ]


def columns(place: Place, table: bigquery.Table) -> Iterator[Fault]:
    """Yields a fault for each named column that `table` does not have, or has in a type that does not fit."""
    fields = {field.name.lower(): field for field in table.schema}  # BigQuery's column names know no case
    for column in place.columns:
        field = fields.get(column.name.lower())
        if field is None:
            yield Fault(column.path, f"{place.ref} has no column {column.name}; expected {column.fit}")
        elif not _fits(column, field):
            yield Fault(column.path, f"expected {column.fit}; {column.name} of {place.ref} is {_type(field)}")


def partitions(place: Place, table: bigquery.Table) -> Iterator[Fault]:
    """Yields a fault if `table` is partitioned by anything but its date column, a note if nobody can say or it is not.

    Partitions of a day, a month or a year are equally fine: all of them are found by the date.
    """
    path, date = place.date.path, place.date.name
    by = _partitioned_by(table)
    if table.table_type == "VIEW":
        yield Note(path, f"{place.ref} is a view: whether a scan reads only its dates is up to what lies under it")
    elif by is None:
        yield Note(path, f"{place.ref} is not partitioned: a scan reads the whole table, fine while it is small")
    elif by.lower() != date.lower():
        message = f"expected {place.ref} to be partitioned by {date}, not by {by}: a scan would read the whole table"
        yield Fault(path, message)


def ledger(catalog: Catalog, pipeline: Pipeline) -> Iterator[Fault]:
    """Yields a fault for each table or view of the ledger that is not there."""
    refs = [f"{pipeline.ledger_dataset}.{name}" for name, _ in queries.schema(pipeline)]
    seen = catalog.look(refs)
    for ref in refs:
        if isinstance(found := seen[ref], Unseen):
            yield Fault(f"ledger {ref}", f"{found.why}; `gaphealer init` makes what is missing of the ledger")


def unregistered(catalog: Catalog, pipeline: Pipeline, places: Iterable[Place]) -> Iterator[Fault]:
    """Yields a note for each table in the datasets of the phases that pipeline.yaml does not name."""
    known = {catalog.reference(place.ref) for place in places}
    own = catalog.reference(f"{pipeline.ledger_dataset}.any").dataset_id
    homes = {table.ref.rpartition(".")[0]: catalog.reference(table.ref) for table in pipeline.tables.values()}
    for home, reference in homes.items():
        if reference.dataset_id == own:
            continue
        dataset = bigquery.DatasetReference(reference.project, reference.dataset_id)
        try:
            found = catalog.tables_in(dataset)
        except SourceMissing as error:
            yield Note(home, f"cannot be searched for tables that nobody registered: it {refusal(error)}")
            continue
        for name, kind in found:
            if dataset.table(name) not in known:
                what = kind.lower().replace("_", " ")
                yield Note(f"{home}.{name}", f"a {what} that pipeline.yaml does not name: nobody looks for its gaps")


def _fits(column: Column, field: bigquery.SchemaField) -> bool:
    if column.fit is Fit.ANY:
        return True
    if field.mode == "REPEATED":
        return False  # an array can neither be counted nor be NULL
    match column.fit:
        case Fit.COUNTABLE:
            return field.field_type not in _UNCOUNTABLE
        case Fit.GROUPABLE:
            return field.field_type not in _UNGROUPABLE
        case Fit.NULLABLE:
            return True
        case _:
            return field.field_type == column.fit.value


def _type(field: bigquery.SchemaField) -> str:
    return f"ARRAY of {field.field_type}" if field.mode == "REPEATED" else str(field.field_type)


def _partitioned_by(table: bigquery.Table) -> str | None:
    if table.time_partitioning is not None:
        return table.time_partitioning.field or "the time of ingestion"
    return None if table.range_partitioning is None else str(table.range_partitioning.field)
