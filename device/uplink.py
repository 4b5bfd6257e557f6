"""The connection of this board's program to its server, as settings.json describes it."""

import time

from pocketws.client import connect as _connect

MAX_SIZE = 8192  # bytes of a message: nothing that the programs take is larger


def connect(settings):
    """Return pocketws.connect() to settings["url"], to be awaited or used with `async with`.

    With wss://, the server must show a certificate that the CA in settings["ca"] has
    signed, for the name in the URL: nobody else gets the token. A dead connection is
    noticed within twice settings["keepalive"]. With settings["key"], the URL is signed now:
    it counts for minutes, so call this anew for each connection, once the clock is set.
    Raises OSError if the CA's file is missing; see pocketws.connect for the rest.
    """
    seconds = settings["keepalive"]
    options = {"ping_interval": seconds, "ping_timeout": seconds, "close_timeout": seconds}
    if settings["url"].startswith("wss:"):
        from pocketws.tls import client_context  # a module that a board without TLS does not load

        options["ssl"] = client_context(cafile=settings["ca"])
    if settings["token"]:
        options["additional_headers"] = [("Authorization", "Bearer " + settings["token"])]
    url = settings["url"]
    if settings["key"]:
        from signing import signed_url  # as above

        url = signed_url(url, settings["key"], time.time(), settings["key_id"])
    return _connect(url, max_size=MAX_SIZE, **options)
