"""Google Cloud clients, against the real services or local emulators.

A client is built when somebody calls for it, never at import. Given an emulator it carries no credentials at all, so a
local run cannot reach a real project by accident.
"""

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.pubsub_v1 import PublisherClient
from google.cloud.pubsub_v1.types import BatchSettings


def bigquery_client(project: str, *, emulator: str | None = None) -> bigquery.Client:
    """Returns a BigQuery client for `project`; `emulator` is a base URL such as `http://127.0.0.1:9050`."""
    if emulator is None:
        return bigquery.Client(project=project)
    url = emulator if "://" in emulator else f"http://{emulator}"
    return bigquery.Client(project=project, credentials=AnonymousCredentials(), client_options={"api_endpoint": url})


def publisher_client(*, emulator: str | None = None) -> PublisherClient:
    """Returns a publisher; `emulator` is `host:port`.

    Batches are as large as the service takes (1,000 messages) and wait 10 ms to fill.
    """
    batch = BatchSettings(max_messages=1000, max_latency=0.01)
    if emulator is None:
        return PublisherClient(batch_settings=batch)
    return PublisherClient(batch_settings=batch, transport=_insecure_publisher_transport(emulator))


def _insecure_publisher_transport(emulator: str) -> object:
    import grpc
    from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

    return PublisherGrpcTransport(channel=grpc.insecure_channel(emulator))
