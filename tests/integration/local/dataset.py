"""A dataset of its own on the local BigQuery server, for statements as a person would type them."""

import uuid
from typing import Any

from google.cloud import bigquery

from shared.gcp.sql import Sql
from tests.conftest import BigqueryServer


class Dataset:
    """A dataset of its own on the server; in statements, `ds` stands for its name."""

    def __init__(self, server: BigqueryServer) -> None:
        self.name = f"r{uuid.uuid4().hex[:12]}"
        self.client = server.client()
        self.client.create_dataset(self.name)

    def run(self, sql: str, /, **params: Any) -> list[tuple[Any, ...]]:
        rows = Sql(self.client).run(sql.replace("ds.", f"{self.name}."), **params)
        return [tuple(row.values()) for row in rows]

    def columns(self, sql: str) -> list[str]:
        """Returns the names and types of what `sql` answers with."""
        answer = self.client.query(sql.replace("ds.", f"{self.name}.")).result()
        return [f"{field.name} {field.field_type}" for field in answer.schema]

    def changed(self, sql: str) -> int | None:
        """Returns how many rows a statement says that it changed."""
        job = self.client.query(sql.replace("ds.", f"{self.name}."))
        job.result()
        return job.num_dml_affected_rows

    def make(self, table: str, **types: str) -> None:
        """Makes a table anew by the API, as a client library does."""
        made = bigquery.Table(
            f"{self.client.project}.{self.name}.{table}",
            [bigquery.SchemaField(name, kind) for name, kind in types.items()],
        )
        self.client.delete_table(made, not_found_ok=True)
        self.client.create_table(made)
