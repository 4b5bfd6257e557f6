"""permessage-deflate (RFC 7692) on top of zlib: a codec that owes nothing to the one under test."""

import zlib

from pocketws.exceptions import ProtocolError

from .model import SERVER

NAME = "permessage-deflate"
CLIENT_FORGETS = "client_no_context_takeover"
TAIL = b"\x00\x00\xff\xff"  # ends what zlib flushes; it is not sent (section 7.2.1)

_BITS = [str(bits) for bits in range(8, 16)]


def compress(data, bits=15, mode=zlib.Z_SYNC_FLUSH):
    """Return `data` (bytes) compressed on its own, for tables of frames."""
    codec = zlib.compressobj(wbits=-bits)
    return (codec.compress(bytes(data)) + codec.flush(mode)).removesuffix(TAIL)


class Codec:
    """Compresses our messages and decompresses the peer's.

    peer: SERVER or CLIENT, the role of the peer. parameters: dict, what the response of
    the server says: names, and values (str) or None.

    forgets: bool, we may not refer to earlier messages.
    """

    def __init__(self, peer, parameters):
        ours, theirs = ("client", "server") if peer == SERVER else ("server", "client")
        self._bits = int(parameters.get(ours + "_max_window_bits", 15))
        self._peer_bits = int(parameters.get(theirs + "_max_window_bits", 15))
        self.forgets = ours + "_no_context_takeover" in parameters
        self._peer_forgets = theirs + "_no_context_takeover" in parameters
        self._compressor = self._decompressor = None

    def compress(self, data):
        """Return a whole message (bytes) compressed."""
        if self._compressor is None or self.forgets:
            self._compressor = zlib.compressobj(wbits=-max(self._bits, 9))  # zlib cannot do 8; 9 is a fault then
        return (self._compressor.compress(data) + self._compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL)

    def decompress(self, data):
        """Return a whole message (bytes) as it was. Raises ProtocolError."""
        if self._decompressor is None or self._peer_forgets:
            self._decompressor = zlib.decompressobj(wbits=-self._peer_bits)
        try:
            found = self._decompressor.decompress(data + TAIL)
        except zlib.error as error:
            raise ProtocolError(f"the compressed data is broken: {error}", "6", close_code=1007) from None
        if self._decompressor.eof:  # a block that is marked as the last one: section 7.2.3.4
            self._decompressor = None
        return found


def offer(wanted):
    """Return the value of a client's Sec-WebSocket-Extensions header that asks for `wanted` (model.Deflate)."""
    offers = []
    while wanted is not None:
        parts = [NAME]
        if not wanted.bare:
            parts += ["client_max_window_bits"] if wanted.context else [CLIENT_FORGETS, "client_max_window_bits"]
        if wanted.no_takeover:
            parts.append("server_no_context_takeover")
        if wanted.max_bits:
            parts.append(f"server_max_window_bits={wanted.max_bits}")
        offers.append("; ".join(parts))
        wanted = wanted.fallback
    return ", ".join(offers)


def agreed(wanted, extensions):
    """Return the Codec of a client that made the offers of `wanted`, or None if the server took none.

    extensions: what handshake.parse_extensions found in the response. Raises ValueError, with
    words for a person, for a response that no offer allows (section 7.1).
    """
    if not extensions:
        return None
    if len(extensions) > 1 or extensions[0][0] != NAME:
        raise ValueError("extensions that we did not offer: " + ", ".join(name for name, _ in extensions))
    parameters = _parameters(extensions[0][1])
    if parameters is None:
        raise ValueError(f"{NAME} with parameters that RFC 7692 does not allow: {extensions[0][1]}")
    if parameters.get("client_max_window_bits", "") is None:
        raise ValueError("client_max_window_bits without a value, which a response needs")
    while wanted is not None:
        window = int(parameters.get("server_max_window_bits", 15))
        promised = not wanted.no_takeover or "server_no_context_takeover" in parameters
        allowed = not wanted.bare or "client_max_window_bits" not in parameters  # section 7.1.2.2
        if promised and allowed and (not wanted.max_bits or window <= wanted.max_bits):
            return Codec(SERVER, parameters)
        wanted = wanted.fallback
    raise ValueError(f"{NAME} with other parameters than we asked for: {extensions[0][1]}")


def answer(wanted, extensions):
    """Return (header value, parameters) with which a server takes one of a client's offers; (None, None) if it cannot.

    extensions: what handshake.parse_extensions found in the request.
    """
    while wanted is not None:
        for name, items in extensions:
            offered = _parameters(items)
            if name != NAME or offered is None or (wanted.max_bits and "client_max_window_bits" not in offered):
                continue
            taken = {key: value for key, value in offered.items() if key.startswith("server_")}
            if wanted.no_takeover:
                taken[CLIENT_FORGETS] = None
            if wanted.max_bits:
                taken["client_max_window_bits"] = str(wanted.max_bits)
            parts = [NAME] + [key if value is None else f"{key}={value}" for key, value in taken.items()]
            return "; ".join(parts), taken
        wanted = wanted.fallback
    return None, None


def _parameters(items):
    """Return the parameters of permessage-deflate as a dict, or None if section 7.1 does not allow them."""
    found = {}
    for name, value in items:
        if name in found:
            return None
        if name in ("server_no_context_takeover", "client_no_context_takeover"):
            valid = value is None
        elif name == "client_max_window_bits":
            valid = value is None or value in _BITS
        else:
            valid = name == "server_max_window_bits" and value in _BITS
        if not valid:
            return None
        found[name] = value
    return found
