"""The settings of this board: /settings.json over the defaults below."""

import json

DEFAULTS = {
    "app": "echo",  # the program: the name of a module with `async def main(settings)`
    "wifi": [],  # [name, password] of each network, the preferred one first; null as password of an open one
    "url": "",  # of the server, ws:// or wss://
    "ca": "/ca.der",  # the certificate of the CA that the server's is checked against, for wss://
    "token": "",  # goes to the server as "Authorization: Bearer ..."
    "key": "",  # signs the URL for the server, anew for each connection; see signing.py
    "key_id": "pico",  # what the server calls that key
    "watchdog": 0,  # milliseconds for which a program may hang before the board is reset, 1 to 8388; 0: for ever
    "keepalive": 5,  # seconds between pings, and seconds that an answer may take
    "longest_wait": 8,  # seconds before another attempt, at most
    "interval": 1,  # seconds between two round trips or readings
    "rounds": 0,  # round trips until echo ends; 0 for no end
    "port": 80,  # on which led serves
}


def load(path="/settings.json"):
    """Return the settings, a dict with all keys of DEFAULTS.

    Without the file, or where it is no JSON, the defaults are returned, and a line says so.
    """
    settings = dict(DEFAULTS)
    try:
        with open(path) as file:
            settings.update(json.load(file))
    except (OSError, ValueError) as error:
        print("settings: %s cannot be read: %r" % (path, error))
    return settings
