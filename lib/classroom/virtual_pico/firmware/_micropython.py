"""The module micropython, whose kbd_intr() also tells the outside."""

from _board import tell as _tell
from micropython import *  # noqa: F403
from micropython import kbd_intr as _kbd_intr


def kbd_intr(char):
    """Let the character of this number interrupt programs, or none with -1."""
    _tell("kbd_intr", char)
    _kbd_intr(char)
