"""The picture of lesson 04: the same payload on the wire, without and with a mask."""

from pocketws.frames import apply_mask

from ..figure import BODY, BYTES, NOTE, SMALL, Figure, Run

PAYLOAD = b"GET /counter"
KEY = bytes.fromhex("37 fa 21 3d")  # of the example in RFC 6455, section 5.7

TITLE = "The same payload, without and with a mask"
NOTICE = "A page chose the payload. What does a proxy on the way see?"
SEEN = "Looks like a request: the answer is stored."
UNSEEN = "Looks like no request: nothing is stored."


def picture():
    """Return the SVG, as str."""
    pad = (KEY * len(PAYLOAD))[: len(PAYLOAD)]
    wire = apply_mask(PAYLOAD, KEY)
    rows = "\n".join(f"{name:12}{data.hex(' ')}" for name, data in (("payload", PAYLOAD), ("key", pad), ("wire", wire)))
    description = (
        f"Without a mask, the bytes on the wire are the payload, {PAYLOAD.hex(' ')}, which spells {PAYLOAD.decode()}. "
        f"{SEEN} With a mask, the payload is XORed with the key {KEY.hex(' ')}, over and over, "
        f"and the bytes on the wire are {wire.hex(' ')}. {UNSEEN}"
    )
    return Figure(lambda canvas: _draw(canvas, pad, wire), TITLE, rows, description).svg


def _draw(canvas, pad, wire):
    y = canvas.heading(TITLE, NOTICE)
    canvas.rule(y)
    y = _section(canvas, y + 28, "Without a mask", "forbidden to a client, RFC 6455 section 5.1")
    y = _wire(canvas, y, PAYLOAD, "error")
    y = _verdict(canvas, y, "bad", SEEN, "error")
    canvas.rule(y)
    y = _section(canvas, y + 28, "With a mask", "as a client must, section 5.3")
    y = _row(canvas, y, "payload", PAYLOAD, "data")
    y = _row(canvas, y, "XOR key", pad, "key")
    canvas.line((_x(canvas, 0), y - 19), (_x(canvas, len(pad)), y - 19))
    y = _wire(canvas, y + 4, wire, "muted")
    return _verdict(canvas, y, "ok", UNSEEN, "data")


def _x(canvas, index):
    """Return the left edge of byte number `index`."""
    return canvas.left + (62 if canvas.narrow else 104) + index * (22 if canvas.narrow else 38)


def _section(canvas, y, title, note):
    canvas.text(canvas.left, y, [Run(title + "  ", bold=True), Run(note, "muted")], size=BODY)
    return y + 36


def _row(canvas, y, name, data, role):
    """Draw the bytes of one row in their boxes; return the y of the next."""
    canvas.text(canvas.left, y, name, role, SMALL if canvas.narrow else NOTE)
    for index, byte in enumerate(data):
        left, right = _x(canvas, index), _x(canvas, index + 1)
        canvas.rect(left + 1, y - 16, right - left - 2, 22, role + "-tint")
        canvas.text((left + right) / 2, y, f"{byte:02x}", role, SMALL if canvas.narrow else BYTES, True, True, "middle")
    return y + 30


def _wire(canvas, y, data, role):
    """Draw what is on the wire, and below it the same as characters; return the y below."""
    y = _row(canvas, y, "on the wire", data, role)
    canvas.text(canvas.left, y - 4, "as letters", "muted", SMALL if canvas.narrow else NOTE)
    for index, byte in enumerate(data):
        char = chr(byte) if 32 < byte < 127 else "·"
        middle = (_x(canvas, index) + _x(canvas, index + 1)) / 2
        canvas.text(middle, y - 4, char, role, BYTES, mono=True, bold=role == "error", anchor="middle")
    return y + 26


def _verdict(canvas, y, mark, words, role):
    canvas.mark(mark, canvas.left + 8, y - 3)
    canvas.text(canvas.left + 26, y + 2, words, role, BODY, bold=True)
    return y + 26


PICTURES = {"04_masking.svg": picture}
