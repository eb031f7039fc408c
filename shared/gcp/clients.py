"""Google Cloud clients, against the real services or local emulators.

A client is built when somebody calls for it, never at import. Given an emulator it carries no credentials at all, so a
local run cannot reach a real project by accident.
"""

import grpc
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.pubsub_v1 import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport


def bigquery_client(project: str, *, emulator: str | None = None) -> bigquery.Client:
    """Returns a BigQuery client for `project`; `emulator` is a base URL such as `http://127.0.0.1:9050`."""
    if emulator is None:
        return bigquery.Client(project=project)
    url = emulator if "://" in emulator else f"http://{emulator}"
    return bigquery.Client(project=project, credentials=AnonymousCredentials(), client_options={"api_endpoint": url})


def publisher_client(*, emulator: str | None = None) -> PublisherClient:
    """Returns a client that sends whole publish requests; `emulator` is `host:port`.

    Not `google.cloud.pubsub_v1`, which wraps this one to collect messages in the background.
    """
    if emulator is None:
        return PublisherClient()
    return PublisherClient(transport=PublisherGrpcTransport(channel=grpc.insecure_channel(emulator)))
