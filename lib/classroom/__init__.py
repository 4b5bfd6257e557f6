"""What the notebooks use and a board never sees."""

import os


def _reach_loopback_directly():
    """Add this machine itself to NO_PROXY.

    Schools set HTTPS_PROXY, and `websockets` honours it, even for a server that
    runs in the notebook next door.
    """
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        missing = [host for host in ("127.0.0.1", "localhost", "::1") if host not in hosts]
        os.environ[name] = ",".join(hosts + missing)


_reach_loopback_directly()
