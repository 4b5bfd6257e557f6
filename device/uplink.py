"""The connection of this board's program to its server, as settings.json describes it."""

from pocketws.client import connect as _connect

MAX_SIZE = 8192  # bytes of a message: nothing that the programs take is larger


def connect(settings):
    """Return pocketws.connect() to settings["url"], to be awaited or used with `async with`.

    With wss://, the server must show a certificate that the CA in settings["ca"] has
    signed, for the name in the URL: nobody else gets the token. A dead connection is
    noticed within twice settings["keepalive"].
    Raises OSError if the CA's file is missing; see pocketws.connect for the rest.
    """
    seconds = settings["keepalive"]
    options = {"ping_interval": seconds, "ping_timeout": seconds, "close_timeout": seconds}
    if settings["url"].startswith("wss:"):
        from pocketws.tls import client_context  # a module that a board without TLS does not load

        options["ssl"] = client_context(cafile=settings["ca"])
    if settings["token"]:
        options["additional_headers"] = [("Authorization", "Bearer " + settings["token"])]
    return _connect(settings["url"], max_size=MAX_SIZE, **options)
