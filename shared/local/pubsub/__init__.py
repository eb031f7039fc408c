"""A small Pub/Sub for one machine: the real gRPC API over state in memory.

For people without gcloud and Java; where those are installed, Google's own emulator is the judge. What goes wrong with
such a stand-in is drift, so one test suite runs against both, and what is not built here is refused as UNIMPLEMENTED
instead of being accepted and ignored (filters, ordering, exactly-once, snapshots, unwrapped pushes, streaming pull).
Nothing survives the process, and nobody is authenticated: it belongs on the loopback interface.
"""
