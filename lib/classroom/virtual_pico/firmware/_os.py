"""The module os, with uname() as a board has it, and without what only a computer has."""

from os import *  # noqa: F403

from _board import settings as _settings

for _name in ("system", "getenv", "putenv", "unsetenv", "errno", "VfsPosix"):
    if _name in globals():
        del globals()[_name]

_RELEASE = "%d.%d.%d" % __import__("sys").implementation.version[:3]


class _Uname(tuple):
    sysname = "rp2"
    nodename = "rp2"
    release = _RELEASE
    version = "virtual"
    machine = _settings["name"]


def uname():
    """Return what there is to know about the board; the last says that it is virtual."""
    return _Uname((_Uname.sysname, _Uname.nodename, _Uname.release, _Uname.version, _Uname.machine))


def sync():
    """Do nothing: each write reaches the flash at once."""
