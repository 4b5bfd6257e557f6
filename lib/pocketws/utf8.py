"""UTF-8 that arrives in pieces (RFC 6455 section 8.1, RFC 3629).

A text message may be cut anywhere, also in the middle of a character. What cannot
become valid is refused at the first byte that shows it, not at the end of the message.
"""

from .compat import UTF8_NEVER, UTF8_SECOND, decode_utf8


class Utf8Decoder:
    """Decodes a text piece by piece: one object for each text."""

    def __init__(self):
        self._tail = b""  # the beginning of a character, at most 3 bytes

    def decode(self, data, final=False):
        """Return the str of all characters that `data` (bytes-like) completes.

        Raises UnicodeError for bytes that no continuation can make valid, and, where
        `final` says that nothing follows, for half a character.
        """
        if self._tail:
            data = self._tail + data
        cut = _last_border(data)
        text = decode_utf8(data[:cut])
        self._tail = bytes(data[cut:])
        if self._tail:
            _check_beginning(self._tail)
            if final:
                raise UnicodeError("the text ends in the middle of a character")
        return text


def _last_border(data):
    """Return how many bytes of `data` lie before a last, incomplete character."""
    size = len(data)
    for back in range(1, min(size, 3) + 1):
        byte = data[size - back]
        if byte >= 0xC0:  # a first byte: the character takes 2, 3 or 4
            takes = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return size - back if takes > back else size
        if byte < 0x80:
            break
    return size


def _check_beginning(tail):
    """Raise UnicodeError unless some character begins with `tail`."""
    first = tail[:1]
    if first in UTF8_NEVER:
        raise UnicodeError("byte 0x%02x never occurs in UTF-8" % tail[0])
    if len(tail) > 1:
        for lead, lowest, highest in UTF8_SECOND:
            if first == lead and not lowest <= tail[1] <= highest:
                raise UnicodeError("byte 0x%02x may not follow 0x%02x in UTF-8" % (tail[1], tail[0]))
