"""The errors of this package.

Names and meanings are those of the `websockets` library. Each class has a single
base, because MicroPython refuses a class with two built-in ones.
"""


class WebSocketException(Exception):
    """Base of every error this package raises about a connection."""


class ProtocolError(WebSocketException):
    """The peer broke a rule of RFC 6455.

    section: str, the section of RFC 6455 that holds the rule, such as "5.2".
    field: str or None, the frame field at fault: "FIN", "RSV1-3", "opcode", "MASK",
        "payload len" or "payload".
    close_code: int, the status code to close the connection with (section 7.4.1).
    """

    def __init__(self, message, section, field=None, close_code=1002):
        super().__init__("%s (RFC 6455 section %s)" % (message, section))
        self.section = section
        self.field = field
        self.close_code = close_code


class PayloadTooBig(WebSocketException):
    """A message is larger than this endpoint accepts (RFC 6455 section 10.4).

    size: int, bytes announced so far. max_size: int, the limit in bytes.
    """

    close_code = 1009

    def __init__(self, size, max_size):
        super().__init__("a message of %d bytes or more; the limit is %d bytes" % (size, max_size))
        self.size = size
        self.max_size = max_size
