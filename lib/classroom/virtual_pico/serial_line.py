"""The host's end of the serial line: a pseudo terminal that mpremote opens as if a board were behind it."""

import asyncio
import errno
import fcntl
import os
import struct
import termios
import tty
from pathlib import Path

BACKLOG = 1 << 16  # bytes kept for a host that does not read; then the oldest are dropped, as over USB


class SerialLine:
    """A pseudo terminal.

    received: callable(data) for the bytes that the host sends.
    link: path of a symbolic link to its device, for a name that stays the same, or None.

    device: str, such as "/dev/pts/3". Raises OSError where the link cannot be made.
    """

    def __init__(self, received, link=None):
        self._received = received
        self._backlog = b""
        # The far end stays open here, or reading would fail while no host has it open.
        self._near, self._far = os.openpty()
        self.device = os.ttyname(self._far)
        self._link = Path(link) if link else None
        try:
            tty.setraw(self._far)
            fcntl.ioctl(self._near, termios.TIOCPKT, struct.pack("i", 1))  # tells when the host flushes
            os.set_blocking(self._near, False)
            if self._link:
                _make_link(self._link, self.device)
        except BaseException:
            os.close(self._near)
            os.close(self._far)
            raise
        asyncio.get_running_loop().add_reader(self._near, self._read)

    def _read(self):
        try:
            packet = os.read(self._near, 4096)
        except BlockingIOError:
            return
        if not packet:
            return
        if packet[0] == termios.TIOCPKT_DATA:
            self._received(packet[1:])
        elif packet[0] & termios.TIOCPKT_FLUSHREAD:
            # A host opens the port, and wants nothing of what was said to the one before.
            self._backlog = b""
            asyncio.get_running_loop().remove_writer(self._near)

    def send(self, data):
        """Send bytes to the host, at once or when it reads."""
        self._backlog = (self._backlog + data)[-BACKLOG:]
        self._write()

    def _write(self):
        loop = asyncio.get_running_loop()
        try:
            while self._backlog:
                self._backlog = self._backlog[os.write(self._near, self._backlog[:4096]) :]
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EIO):
                raise
        if self._backlog:
            loop.add_writer(self._near, self._write)
        else:
            loop.remove_writer(self._near)

    def close(self):
        """Take the link away; a host that has the port open sees its end."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._near)
        loop.remove_writer(self._near)
        os.close(self._near)
        os.close(self._far)
        if self._link and self._link.is_symlink() and os.readlink(self._link) == self.device:
            self._link.unlink()


def _make_link(link, device):
    if link.is_symlink():
        link.unlink()  # of one that was killed; a file is not touched
    link.symlink_to(device)
