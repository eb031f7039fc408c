"""What the local Pub/Sub says no with: one class per status of the real API that it uses.

The words follow Google's emulator where it has any, because people search for them.
"""


class Refused(Exception):
    """Root of the family; the message is sent to the client as it is."""


class NotFound(Refused):
    """The topic or subscription does not exist."""


class AlreadyExists(Refused):
    """The name is taken."""


class InvalidArgument(Refused):
    """The request is malformed, whatever the state of the server."""


class OutOfRange(Refused):
    """A number lies outside of what the service takes; the API says this only of delivery attempts."""


class Unimplemented(Refused):
    """The real service can do this and the local one cannot; ignoring it would change results."""
