"""permessage-deflate: compressed messages (RFC 7692). Sections without the number of an RFC are its own.

    extensions = [PerMessageDeflate()]              # for either side of the opening handshake
    response, subprotocol, codecs = accept(request, extensions=extensions)
    protocol.opened(codecs[0] if codecs else None)

A message is a series of DEFLATE blocks (RFC 1951). The sender ends it with an empty
stored block, 00 00 00 FF FF, and leaves out the last four bytes; the receiver puts them
back (sections 7.2.1, 7.2.2). A block may repeat what came up to 32 KiB before it, also
in an earlier message: that is context takeover, which the handshake can rule out, as it
can limit the 32 KiB, for either direction.

CPython compresses and inflates with zlib. MicroPython has no compressor, and for its
inflater the memory of a small window only: there we send uncompressed, which section 6
allows, and agree only to what needs no context and at most 1 KiB of window.
"""

from .compat import MICROPYTHON
from .exceptions import NegotiationError, PayloadTooBig, ProtocolError

BOARD_BITS = 10  # on MicroPython: inflating takes 2.7 KB of heap with 10 bits, 34 KB with 15

_TAIL = b"\x00\x00\xff\xff"  # what the sender left out
_END = _TAIL + b"\x01\x00\x00\xff\xff"  # and an empty final block, which shows that the last one is whole
_STEP = 4096  # bytes given to zlib at a time: what it has to hand back after a final block stays short
_CHUNK = 256  # bytes taken from DeflateIO at a time

_TAKEOVER = ("server_no_context_takeover", "client_no_context_takeover")
_BITS = ("server_max_window_bits", "client_max_window_bits")
_VALUES = ("8", "9", "10", "11", "12", "13", "14", "15")


class PerMessageDeflate:
    """The extension, for a client or a server, as handshake.py takes it; one object for any number of connections.

    server_no_context_takeover, client_no_context_takeover: bool, True lets no message of
        that side refer to an earlier one (section 7.1.1).
    server_max_window_bits: int, 8 to 15, limits how far back the server's messages refer,
        to 2**bits bytes; None is no limit (section 7.1.2.1).
    client_max_window_bits: the same for the client. There None does not even offer to let
        the server limit it; True, the default, does (section 7.1.2.2). On a server, both
        are no limit.
    require_client_max_window_bits: bool, on a server: decline what leaves the client without
        a limit. Otherwise client_max_window_bits counts only for those who offer it.
    compress_settings: dict, what else zlib.compressobj takes: level, memLevel, strategy. By
        default memLevel is 5: 144 KiB for each connection that compresses, instead of 256.

    A side with a window of 8 bits sends uncompressed: zlib compresses with 9 or more only.

    On MicroPython there is no context takeover, whatever is asked for. The window of what
    the peer sends is BOARD_BITS, or the number asked for; a client that offers no limit is
    declined. Raises ValueError.
    """

    name = "permessage-deflate"

    def __init__(
        self,
        server_no_context_takeover=False,
        client_no_context_takeover=False,
        server_max_window_bits=None,
        client_max_window_bits=True,
        require_client_max_window_bits=False,
        compress_settings=None,
    ):
        if server_max_window_bits is not None and not _is_limit(server_max_window_bits):
            raise ValueError("server_max_window_bits is %r; expected 8 to 15, or None" % (server_max_window_bits,))
        if not _is_open(client_max_window_bits) and not _is_limit(client_max_window_bits):
            raise ValueError("client_max_window_bits is %r; expected 8 to 15, None or True" % (client_max_window_bits,))
        self.compress_settings = {"memLevel": 5} if compress_settings is None else compress_settings
        if "wbits" in self.compress_settings:
            raise ValueError("wbits is for the handshake to set; expected a limit by its ..._max_window_bits")
        self.inflates_only = MICROPYTHON
        if self.inflates_only:
            server_no_context_takeover = client_no_context_takeover = require_client_max_window_bits = True
            server_max_window_bits = server_max_window_bits or BOARD_BITS
            if _is_open(client_max_window_bits):
                client_max_window_bits = BOARD_BITS
        self.server_no_context_takeover = server_no_context_takeover
        self.client_no_context_takeover = client_no_context_takeover
        self.server_max_window_bits = server_max_window_bits
        self.client_max_window_bits = client_max_window_bits
        self.require_client_max_window_bits = require_client_max_window_bits

    def offer(self):
        """Return the parameters that a client asks for."""
        own_bits = True if self.inflates_only else self.client_max_window_bits  # any limit suits who compresses nothing
        return _parameters(
            self.server_no_context_takeover, self.client_no_context_takeover, self.server_max_window_bits, own_bits
        )

    def accept(self, parameters):
        """Return (the parameters that a server answers, its codec), or None to decline the offer `parameters`."""
        try:
            server_no, client_no, server_bits, client_bits = _read(parameters, True)
        except NegotiationError:
            return None
        if client_bits is None and self.require_client_max_window_bits:
            return None
        if not self.inflates_only:  # who never compresses promises nothing unasked
            server_no = server_no or self.server_no_context_takeover
            server_bits = _smaller(server_bits, self.server_max_window_bits)
        client_no = client_no or self.client_no_context_takeover  # a hint, which spares us the memory (7.1.1.2)
        if client_bits is not None:  # otherwise the answer MUST NOT name it (section 7.1.2.2)
            client_bits = _smaller(client_bits, self.client_max_window_bits)
        codec = self._codec(client_no, client_bits, server_no, server_bits)
        return _parameters(server_no, client_no, server_bits, client_bits), codec

    def finalize(self, parameters):
        """Return the codec of a client to which the server answered `parameters`. Raises NegotiationError."""
        server_no, client_no, server_bits, client_bits = _read(parameters, False)
        if self.server_no_context_takeover and not server_no:
            raise _refusal("the server did not agree to server_no_context_takeover", "7.1.1.1")
        limit = self.server_max_window_bits
        if limit is not None and (server_bits is None or server_bits > limit):
            raise _refusal("the server did not agree to server_max_window_bits=%d" % limit, "7.1.2.1")
        if client_bits is not None and "client_max_window_bits" not in dict(self.offer()):
            raise _refusal("the server set client_max_window_bits, which we did not offer", "7.1.2.2")
        # What we asked of ourselves needs no consent: the server may leave it out, or allow more.
        client_no = client_no or self.client_no_context_takeover
        client_bits = _smaller(client_bits, self.client_max_window_bits)
        return self._codec(server_no, server_bits, client_no, client_bits)

    def _codec(self, peer_no, peer_bits, own_no, own_bits):
        peer_bits, own_bits = peer_bits or 15, own_bits or 15
        inflater = BoardInflater(peer_bits) if self.inflates_only else ZlibInflater(peer_bits, not peer_no)
        if self.inflates_only or own_bits == 8:
            return Codec(inflater)
        return Codec(inflater, ZlibDeflater(own_bits, not own_no, self.compress_settings))


def _is_open(bits):
    """Tell whether `bits` limits nothing: None, or True, which is client_max_window_bits without a value."""
    return bits is None or bits is True


def _is_limit(bits):
    return isinstance(bits, int) and 8 <= bits <= 15


def _smaller(*limits):
    """Return the smallest of the `limits` that are numbers, or None."""
    numbers = [bits for bits in limits if not _is_open(bits)]
    return min(numbers) if numbers else None


def _parameters(server_no, client_no, server_bits, client_bits):
    """Return the list of parameters as handshake.py takes them. bits: int, None for none, True for no value."""
    found = [(name, None) for name, is_set in zip(_TAKEOVER, (server_no, client_no)) if is_set]
    for name, bits in zip(_BITS, (server_bits, client_bits)):
        if bits is not None:
            found.append((name, None if bits is True else str(bits)))
    return found


def _read(parameters, offer):
    """Return what _parameters() takes, of an offer or an answer. Raises NegotiationError (section 7)."""
    found = {}
    for name, value in parameters:
        if name in found:
            raise _refusal("permessage-deflate has %s twice" % name, "7")
        if name in _TAKEOVER:
            valid = value is None
        elif name in _BITS:
            valid = value in _VALUES or (value is None and offer and name == "client_max_window_bits")
        else:
            raise _refusal("permessage-deflate has no parameter %s" % name, "7")
        if not valid:
            shown = name if value is None else "%s=%s" % (name, value)
            raise _refusal("permessage-deflate has %s; expected %s" % (shown[:80], _expected(name)), "7")
        found[name] = True if value is None else int(value)
    takeover = [name in found for name in _TAKEOVER]
    return takeover + [found.get(name) for name in _BITS]


def _expected(name):
    return "a number from 8 to 15" if name in _BITS else "no value"


def _refusal(message, section):
    return NegotiationError(message, section, 7692)


class Codec:
    """What a connection needs to send and receive compressed messages; see Protocol.opened().

    compresses: bool; where it is False, there is no encode(): what we send goes out uncompressed (section 6).
    """

    def __init__(self, inflater, deflater=None):
        self.compresses = deflater is not None
        self.decode = inflater.decode
        self.encode = deflater.encode if deflater else None

    def bound(self, size):
        """Return how many bytes a message of `size` bytes may take compressed."""
        return _bound(size)


def _bound(size):
    """See Codec.bound.

    RFC 7692 knows no limit: a sender may add empty blocks at will. Compressors with fixed
    codes make 9 bits of a byte that does not compress, and zlib at its worst settings
    promises size + size/8 + size/64 + 7 bytes. This is more, and little enough to hold.
    """
    return size + size // 4 + 64


class ZlibDeflater:
    """Compresses what one side sends.

    bits: int, 9 to 15. takeover: bool, whether a message may refer to earlier ones.
    settings: dict for zlib.compressobj.
    """

    def __init__(self, bits, takeover, settings):
        import zlib  # not on MicroPython

        self._zlib = zlib
        self._bits = bits
        self._takeover = takeover
        self._settings = settings
        self._compressor = None

    def encode(self, data, final):
        """Return the compressed `data` (bytes-like), the next part of a message: all of it, nothing is held back.

        final: bool, this is the last part.
        """
        if self._compressor is None:
            self._compressor = self._zlib.compressobj(wbits=-self._bits, **self._settings)
        out = self._compressor.compress(data) + self._compressor.flush(self._zlib.Z_SYNC_FLUSH)
        if not final:
            return out
        if not self._takeover:
            self._compressor = None
        return out[: -len(_TAIL)]


class ZlibInflater:
    """Inflates the messages of one side.

    bits: int, 8 to 15. takeover: bool, whether a message may refer to earlier ones.

    Each message has a decompressor of its own, which is given the window. So a final block
    can show whether the message is whole; and after a final block of the sender's own
    (section 7.2.1) we go on as for the next message.

    Within a message, zlib lets a block refer farther back than agreed on, where it still
    has those bytes; it is never wrong about them.
    """

    def __init__(self, bits, takeover):
        import zlib  # not on MicroPython

        self._zlib = zlib
        self._bits = bits
        self._takeover = takeover
        self._window = b""  # what a block may refer to: the last bytes before this part of the message
        self._decompressor = None

    def decode(self, data, final, max_size):
        """Return what `data` (bytes-like), the next part of a message, inflates to: bytes-like.

        final: bool, this is the last part. max_size: int or None, bytes; no more than one beyond is inflated.
        Raises PayloadTooBig, or ProtocolError with 1007; the connection is to fail then.
        """
        view = memoryview(b"".join((data, _END)) if final else data)
        out = bytearray()
        for at in range(0, len(view), _STEP):
            piece = view[at : at + _STEP]
            while piece:
                if self._decompressor is None or self._decompressor.eof:
                    self._decompressor = self._zlib.decompressobj(-self._bits, self._window_after(out))
                room = 0 if max_size is None else max_size - len(out) + 1  # to zlib, 0 is no limit
                try:
                    out += self._decompressor.decompress(piece, room)
                except self._zlib.error:
                    raise _corrupt() from None
                if max_size is not None and len(out) > max_size:
                    raise PayloadTooBig(len(out), max_size)
                piece = self._decompressor.unused_data  # what follows a final block
        self._window = self._window_after(out)
        if final:
            if not self._decompressor.eof:
                raise _corrupt()
            self._decompressor = None
            if not self._takeover:
                self._window = b""
        return out

    def _window_after(self, out):
        size = 1 << self._bits
        return (self._window + out[-size:])[-size:]


class BoardInflater:
    """Inflates the messages of one side with MicroPython's `deflate`, each for itself, once it is whole.

    bits: int, 8 to 15.

    DeflateIO does not see everything that is wrong: where a block refers to what was before
    the message, it gives zeros, and where it meets an unused code, some byte.
    """

    def __init__(self, bits):
        self._bits = bits
        self._stream = None  # the parts of a message so far

    def decode(self, data, final, max_size):
        """Return what the message inflates to (bytes-like) with its last part, and b"" with the others.

        Arguments and errors are those of ZlibInflater, and two more. PayloadTooBig may also count the
        compressed data, against bound(). ProtocolError with 1003 is for content after a final block with
        content (section 7.2.1): it may refer to what came before, which a new window does not hold.
        """
        from io import BytesIO

        if self._stream is None:
            self._stream = BytesIO()
        self._stream.write(data)
        size = self._stream.tell()
        if max_size is not None and size > _bound(max_size):
            raise PayloadTooBig(size, max_size)
        if not final:
            return b""
        stream, self._stream = self._stream, None
        stream.write(_END)
        stream.seek(0)
        try:
            return self._inflate(stream, size + len(_END), max_size)
        except (OSError, EOFError):
            raise _corrupt() from None

    def _inflate(self, stream, end, max_size):
        from deflate import RAW, DeflateIO

        out = bytearray()
        chunk = memoryview(bytearray(_CHUNK))
        while stream.tell() < end:
            before = len(out)
            inflater = DeflateIO(stream, RAW, self._bits)  # reads up to a final block, and not a byte more
            while size := inflater.readinto(chunk):
                if before:
                    raise ProtocolError("no memory for blocks after a final block", "7.2.1", "payload", 1003, 7692)
                out += chunk[:size]
                if max_size is not None and len(out) > max_size:
                    raise PayloadTooBig(max_size + 1, max_size)
        return out


def _corrupt():
    return ProtocolError("the compressed data is corrupt", "7.2.2", "payload", 1007, 7692)
