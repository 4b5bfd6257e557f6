"""Takes a WebSocket frame apart, bit by bit, as a picture and as text.

    frame(bytes.fromhex("81 85 37fa213d 7f9f4d5158"))

The fields and the verdict on them come from `pocketws.frames`, so that a picture and
the library never disagree.
"""

import textwrap
from collections import namedtuple

from pocketws.compat import decode_utf8
from pocketws.exceptions import ProtocolError
from pocketws.frames import (
    CLOSE_CODES,
    OP_BINARY,
    OP_CLOSE,
    OP_TEXT,
    OPCODE_NAMES,
    apply_mask,
    check_header,
    decode_close,
    decode_header,
)

from .figure import BYTES, NOTE, SMALL, Figure, Run, capital, plural, shorten, text_width, wrap

MAX_HEADER = 14  # bytes: two, a length of eight, a masking key of four
SHOWN = 5  # bytes of the payload that are shown one by one
LISTED = 256  # bytes of the payload that the text forms list
COLUMNS = 78  # of the text form

_MEANINGS = {
    "continuation": "continuation of a message",
    "text": "text, UTF-8",
    "binary": "binary, any bytes",
    "close": "close, ends the connection",
    "ping": "ping, asks for a pong",
    "pong": "pong, answers a ping",
    "reserved": "reserved, without a meaning",
}

_MASK_MEANINGS = {
    ("client", True): "masked, as a client must",
    ("client", False): "not masked: a client must",
    ("server", True): "masked: a server must not",
    ("server", False): "a server never masks",
}


def frame(data, sender="client"):
    """Return a Figure of the frame that `data` (bytes-like) begins with.

    sender: "client" or "server", which decides whether the frame must be masked.
    A frame that breaks a rule, is cut short or has bytes behind it is shown as such.
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        kind = type(data).__name__
        raise TypeError(f'frame() takes bytes, such as bytes.fromhex("81 05 48 65 6c 6c 6f"), not {kind}: {data!r:.40}')
    if sender not in ("client", "server"):
        raise ValueError(f'sender is "client" or "server", not {sender!r}')
    facts = _Facts(bytes(data), sender)
    return Figure(lambda canvas: _draw(canvas, facts), facts.title, _as_text(facts), _as_sentences(facts))


# Some of the 16 bits of the first two bytes, from number `first`, as a str of 0, 1 and ? for "not here".
_Field = namedtuple("_Field", "name first bits value meaning role")

# Bytes that belong together on the wire: those in `data` have arrived, of `size` in all.
_Group = namedtuple("_Group", "name data size role")

# What `count` bytes of the payload, from number `first`, say.
_Part = namedtuple("_Part", "name first count value meaning role")

# A row of payload bytes; `flips` holds the bits of each that an XOR has just changed.
_Row = namedtuple("_Row", "name short_name data role flips", defaults=(b"",))

# A boxed remark below the picture.
Notice = namedtuple("Notice", "role head body")


class _Facts:
    """All that the picture and the text say about a frame, worked out once."""

    def __init__(self, data, sender):
        self.data = data
        self.sender = sender
        # Zeros stand for what has not arrived, so that half a header has fields too.
        self.header = decode_header(data[:MAX_HEADER] + bytes(MAX_HEADER))
        self.masked = len(data) > 1 and data[1] > 0x7F
        self.key_start = self.header.size - (4 if self.masked else 0)
        self.length_known = len(data) >= max(2, self.key_start)
        self.header_missing = max(0, self.header.size - len(data))
        end = self.header.size + self.header.length
        self.wire = data[self.header.size : end]
        self.payload = apply_mask(self.wire, self.header.mask_key) if self.masked else self.wire
        self.payload_missing = 0 if self.header_missing else self.header.length - len(self.wire)
        self.trailing = b"" if self.header_missing else data[end:]
        self.name = OPCODE_NAMES.get(self.header.opcode, "reserved")
        self.error = self._judge()
        self.guilty = self.error.field if self.error else None
        self.fields = self._fields()
        self.groups = self._groups()
        self.title = self._title()
        self.note = f"{sender} to {'server' if sender == 'client' else 'client'}, " + self._amount()
        # After a bad header, whatever follows is noise.
        self.payload_shown = bool(self.payload) and self.guilty in (None, "payload")
        self.parts = self._parts() if self.payload_shown else []
        self.notices = self._notices()

    def _judge(self):
        """Return the ProtocolError that the library raises for this frame, or None."""
        if len(self.data) < 2:
            return None
        try:
            check_header(self.header, masked=self.sender == "client", whole=not self.header_missing)
            if self.header.opcode == OP_CLOSE and not (self.header_missing or self.payload_missing):
                decode_close(self.payload)
        except ProtocolError as error:
            return error
        return None

    def _fields(self):
        known = "".join(f"{byte:08b}" for byte in self.data[:2])
        bits = known + "?" * (16 - len(known))
        length = int(bits[9:], 2) if len(known) == 16 else 0
        fin = "last piece of the message" if self.header.fin else "more pieces follow"
        rsv = "not allowed here" if self.header.rsv else "unused without an extension"
        long_form = {126: "real length: the next 2 bytes", 127: "real length: the next 8 bytes"}
        columns = (
            ("FIN", 0, 1, bits[0], fin, "control"),
            ("RSV1-3", 1, 3, bits[1:4], rsv, "control"),
            ("opcode", 4, 4, f"0x{self.header.opcode:x}", _MEANINGS[self.name], "control"),
            ("MASK", 8, 1, bits[8], _MASK_MEANINGS[self.sender, self.masked], "key"),
            ("payload len", 9, 7, str(length), long_form.get(length, f"{plural(length)} of payload"), "size"),
        )
        fields = []
        for name, first, count, value, meaning, role in columns:
            if first >= len(known):
                value, meaning = "?", "not here yet"
            role = "error" if name == self.guilty else role
            fields.append(_Field(name, first, bits[first : first + count], value, meaning, role))
        return fields

    def _groups(self):
        size, key = self.header.size, self.key_start
        groups = [
            _Group("start", self.data[:2], 2, "control"),
            _Group("length", self.data[2:key], key - 2, "size"),
            _Group("masking key", self.data[key:size], size - key, "key"),
        ]
        if self.length_known:
            name = "masked payload" if self.masked else "payload"
            groups.append(_Group(name, self.wire, self.header.length, "data"))
        groups.append(_Group("next frame", self.trailing, len(self.trailing), "muted"))
        return [group for group in groups if group.size]

    def _title(self):
        if self.guilty == "payload":
            return "Malformed: the payload of a close frame"
        if self.error:
            value = next(field.value for field in self.fields if field.name == self.guilty)
            return f"Malformed: {self.guilty} is {value}"
        if self.header_missing:
            return "Incomplete: the header is cut short" if self.data else "Incomplete: no bytes yet"
        if self.payload_missing:
            return f"Incomplete {self.name} frame: {len(self.wire)} of {plural(self.header.length)} of payload"
        return capital(f"{'masked ' if self.masked else ''}{self.name} frame, {plural(self.header.length)}")

    def _amount(self):
        whole = len(self.data) - len(self.trailing)
        if self.header_missing or self.payload_missing:
            return f"{plural(whole)} so far"
        behind = f", then {plural(len(self.trailing))} more" if self.trailing else ""
        return f"{plural(whole)} on the wire{behind}"

    def _parts(self):
        """Return what the payload says, as far as its opcode lets us know."""
        if self.header.opcode == OP_CLOSE:
            return self._close_parts()
        text, clean = _quoted(self.payload)
        if self.header.opcode == OP_BINARY:
            return []
        if self.header.opcode == OP_TEXT:
            return [_Part("text", 0, len(self.payload), text, "" if clean else "not UTF-8 by itself", "data")]
        return [_Part("as text", 0, len(self.payload), text, "", "data")] if clean else []

    def _close_parts(self):
        """Return the code and the reason of a Close frame, the guilty one with the role "error"."""
        code, reason = self.payload[:2], self.payload[2:]
        if len(code) < 2:
            return [_Part("code", 0, 1, code.hex(), "half a code", "error")] if self.guilty == "payload" else []
        number = int.from_bytes(code, "big")
        meaning = CLOSE_CODES.get(number, "for applications to define")
        parts = [_Part("code", 0, 2, str(number), meaning, "control")]
        if self.guilty == "payload" and self.error.section == "7.4":
            parts = [_Part("code", 0, 2, str(number), "may not be sent", "error")]
        if reason:
            text, clean = _quoted(reason)
            guilty = self.guilty == "payload" and not clean
            meaning = "UTF-8" if clean else "not UTF-8"
            parts.append(_Part("reason", 2, len(reason), text, meaning, "error" if guilty else "data"))
        return parts

    def _notices(self):
        notices = []
        if self.error:
            section = self.error.section
            rule = capital(str(self.error).removesuffix(f" (RFC 6455 section {section})"))
            end = f"The receiver ends the connection with code {self.error.close_code}."
            notices.append(Notice("error", f"RFC 6455, section {section}", f"{rule}. {end}"))
        elif self.header_missing or self.payload_missing:
            body = f"Missing: {self._missing()}. The receiver keeps what it has, and waits."
            notices.append(Notice("size", "Not all here yet", body))
        if self.trailing:
            body = "A stream has no borders: one read may return a frame and the start of the next."
            notices.append(Notice("muted", f"{capital(plural(len(self.trailing)))} behind this frame", body))
        return notices

    def _missing(self):
        if len(self.data) < 2:
            return f"{plural(2 - len(self.data))} of the header, and what they announce"
        short = [
            f"{plural(group.size - len(group.data))} of the {group.name}"
            for group in self.groups
            if len(group.data) < group.size
        ]
        return ", ".join(short) + ("" if self.length_known else ", then the payload")


def _quoted(data):
    """Return (what, clean): the repr of `data` (bytes) as text if it is clean UTF-8, of the bytes if not."""
    try:
        return repr(decode_utf8(data)), True
    except UnicodeError:
        return repr(data), False


def _characters(data):
    """Return (first, count, char) for each character of UTF-8 that `data` (bytes) begins with."""
    found, first = [], 0
    for char in data.decode(errors="replace"):
        count = len(char.encode())
        if data[first : first + count] != char.encode():
            break
        found.append((first, count, char))
        first += count
    return found


def _payload_rows(facts):
    """Return the rows of bytes in the payload's section: one, or the three of an unmasking."""
    payload = facts.payload[:SHOWN]
    if not facts.masked:
        return [_Row("payload", "bytes", payload, "data")]
    key = (facts.header.mask_key * 2)[: len(payload)]
    return [
        _Row("on the wire", "wire", facts.wire[:SHOWN], "data"),
        _Row("XOR key", "key", key, "key"),
        _Row("payload", "plain", payload, "data", flips=key),
    ]


# ---- the picture


def _draw(canvas, facts):
    """Draw the whole card; return its height in px."""
    bad = facts.error is not None
    y = canvas.heading(facts.title, facts.note, "bad" if bad else "", "error" if bad else "ink")
    y = _draw_groups(canvas, y + 4, facts.groups)
    if facts.data:
        canvas.rule(y)
        y = _draw_fields(canvas, y + 28, facts)
    if facts.key_start > 2 and facts.length_known:
        y = _draw_length(canvas, y, facts)
    if facts.payload_shown:
        canvas.rule(y - 10)
        y = _draw_payload(canvas, y + 18, facts)
    for notice in facts.notices:
        y = draw_notice(canvas, y, notice)
    return y + 4


def _draw_groups(canvas, y, groups):
    """Draw the bytes as they were sent, as many as there is room for; a missing byte is an empty dashed box."""
    cell, gap = (25, 8) if canvas.narrow else (34, 12)
    x = canvas.left
    for group in groups:
        room = int((canvas.right - x) // cell)
        if room < min(group.size, 5) or x + text_width("payload", SMALL) > canvas.right:
            x, y, room = canvas.left, y + 68, int(canvas.room // cell)
        shown = group.size if group.size <= room else room - (4 if canvas.narrow else 3)
        here = group.data[:shown]
        wide = cell * shown
        if here:
            canvas.rect(x, y, cell * len(here), 30, group.role + "-tint", radius=4)
        for index in range(len(here), shown):
            canvas.rect(x + cell * index + 2, y + 1, cell - 4, 28, stroke=group.role, thick=1.25, dash="4 2")
        for index, byte in enumerate(here):
            middle = x + cell * (index + 0.5)
            canvas.text(middle, y + 20.5, f"{byte:02x}", group.role, BYTES, True, True, "middle")
        if shown < group.size:
            rest = shorten(f"+{group.size - shown} more", canvas.right - x - wide - 8, SMALL)
            canvas.text(x + wide + 8, y + 20, rest, "muted", SMALL)
        canvas.bracket(x + 2, x + wide - 2, y + 35, group.role)
        x += _draw_label(canvas, x, y + 54, wide, group) + gap
    return y + 70


def _draw_label(canvas, x, y, wide, group):
    """Name a group under its bracket, `wide` px; return the px that both take."""
    name = group.name if text_width(group.name, SMALL) <= wide + 8 else group.name.split()[-1]
    needed = text_width(name, SMALL)
    if needed > wide + 8:
        canvas.text(x + 2, y, name, group.role, SMALL)
        return needed
    canvas.text(x + wide / 2, y, name, group.role, SMALL, anchor="middle")
    return wide


def _bit_x(canvas, bit):
    """Return the left edge of bit 0..15: a small gap after each hex digit, a large one after the byte."""
    pitch, digit_gap, byte_gap = (17.5, 8, 26) if canvas.narrow else (16.5, 8, 24)
    return canvas.left + bit * pitch + (bit // 4 - bit // 8) * digit_gap + (bit // 8) * byte_gap


def _draw_fields(canvas, y, facts):
    """Draw the first two bytes as bits, each field led to its name; return the y below."""
    canvas.text(canvas.left, y, "The first two bytes, bit by bit", bold=True)
    y += 32
    pitch = _bit_x(canvas, 1) - _bit_x(canvas, 0)
    for index, digit in enumerate(facts.data[:2].hex()):
        canvas.text(_bit_x(canvas, index * 4) + 2 * pitch, y, digit, "muted", BYTES, True, True, "middle")
    y += 26
    spans = []
    for field in facts.fields:
        bits = range(field.first, field.first + len(field.bits))
        left, right = _bit_x(canvas, bits[0]), _bit_x(canvas, bits[-1]) + pitch
        wrong = field.role == "error"
        dash = {"stroke": field.role, "dash": "4 2"} if wrong or "?" in field.bits else {}
        tint = None if "?" in field.bits else field.role + "-tint"
        canvas.rect(left + 1, y - 16, right - left - 2, 22, tint, **dash)
        middles = [_bit_x(canvas, bit) + pitch / 2 for bit in bits]
        canvas.text(middles, y, field.bits, field.role, BYTES, mono=True, bold=wrong, anchor="middle")
        spans.append((field, left, right))
    return _draw_numbered(canvas, y, spans) if canvas.narrow else _draw_led(canvas, y, spans)


def _draw_led(canvas, y, spans):
    """Lead a line from each field, (field, left, right), to its name on the right; return the y below."""
    x = spans[-1][2] + 26
    row = y + 34
    for field, left, right in reversed(spans):
        foot = y + 9
        if len(field.bits) > 1:
            canvas.bracket(left + 3, right - 3, foot, field.role)
            foot += 4
        middle = (left + right) / 2
        canvas.line((middle, foot), (middle, row - 5), (x - 8, row - 5), stroke=field.role)
        _draw_field_text(canvas, x, row, field)
        row += 42
    return row + 12


def _draw_numbered(canvas, y, spans):
    """Number the fields, (field, left, right), and list them below; return the y below."""
    row = y + 58
    for number, (field, left, right) in enumerate(spans, 1):
        canvas.badge((left + right) / 2, y + 24, number, field.role)
        canvas.badge(canvas.left + 9, row - 5, number, field.role)
        _draw_field_text(canvas, canvas.left + 27, row, field)
        row += 42
    return row + 8


def _draw_field_text(canvas, x, y, field):
    canvas.text(x, y, [Run(field.name + "  ", field.role, bold=True), Run(field.value, mono=True, bold=True)])
    canvas.text(x, y + 17, field.meaning, "muted", NOTE)
    if field.role == "error":
        canvas.mark("bad", canvas.right - 10, y - 4)


def _draw_length(canvas, y, facts):
    """Write what a length says that has bytes of its own; return the y below."""
    role = facts.fields[-1].role
    in_hex = facts.groups[1].data.hex(" ")
    value = [Run(f"= {facts.header.length}", mono=True, bold=True), Run(" bytes, big-endian", "muted")]
    canvas.text(canvas.left, y + 2, [Run("length  ", role, bold=True), Run(in_hex, role, mono=True, bold=True)])
    canvas.text(canvas.left, y + 22, value, size=NOTE)
    return y + 54


def _draw_payload(canvas, y, facts):
    """Draw the first bytes of the payload, unmasked bit by bit; return the y below."""
    canvas.text(canvas.left, y, _payload_heading(facts, short=canvas.narrow), bold=True)
    x, pitch = (canvas.left + 46, 56) if canvas.narrow else (canvas.left + 104, 88)
    rows = _payload_rows(facts)
    y += 30
    for row in rows:
        if row.flips:
            above = y - (18 if canvas.narrow else 14)
            canvas.line((x, above), (x + pitch * len(row.data), above))
            y += 8
        guilty = _guilty_bytes(facts) if row is rows[-1] else ()
        canvas.text(canvas.left, y, row.short_name if canvas.narrow else row.name, row.role, NOTE)
        for index, byte in enumerate(row.data):
            middle = x + pitch * (index + 0.5)
            _draw_payload_byte(canvas, middle, y, byte, "error" if index in guilty else row.role)
            if not canvas.narrow:
                _draw_bits(canvas, middle, y + 22, byte, row.flips[index] if row.flips else 0)
        y += 34 if canvas.narrow else 52
    return _draw_parts(canvas, y, x, pitch, facts)


def _guilty_bytes(facts):
    """Return the numbers (range) of the bytes of the payload that break a rule."""
    spans = [range(part.first, part.first + part.count) for part in facts.parts if part.role == "error"]
    return spans[0] if spans else range(0)


def _draw_payload_byte(canvas, middle, y, byte, role):
    wrong = {"stroke": "error", "dash": "4 2"} if role == "error" else {}
    canvas.rect(middle - 17, y - 16, 34, 22, role + "-tint", **wrong)
    canvas.text(middle, y, f"{byte:02x}", role, BYTES, mono=True, bold=True, anchor="middle")


def _draw_bits(canvas, middle, y, byte, flips):
    """Write the bits of `byte` around x `middle`; those set in `flips` (int) stand out."""
    bits = f"{byte:08b}"
    places = [middle - 31 + index * 8 + index // 4 * 6 for index in range(8)]
    for flipped, role in ((False, "muted"), (True, "key")):
        chosen = [index for index in range(8) if bool(flips >> (7 - index) & 1) == flipped]
        if chosen:
            text = "".join(bits[index] for index in chosen)
            canvas.text([places[index] for index in chosen], y, text, role, SMALL, True, flipped, "middle")


def _draw_parts(canvas, y, x, pitch, facts):
    """Say below the bytes of the payload what they mean; return the y below."""
    is_text = bool(facts.parts) and facts.parts[0].name.endswith("text")
    if is_text:
        spans = [(first, count, "muted", repr(char)) for first, count, char in _characters(facts.payload[:SHOWN])]
        canvas.text(canvas.left, y, facts.parts[0].name, "muted", NOTE)
    else:
        spans = [(part.first, min(part.count, SHOWN - part.first), part.role, part.name) for part in facts.parts]
    for first, count, role, label in spans:
        left, right = x + pitch * first, x + pitch * (first + count)
        if count > 1 or not is_text:
            canvas.bracket(left + 12, right - 12, y - 19, role)
        canvas.text((left + right) / 2, y, label, "ink" if is_text else role, mono=is_text, anchor="middle")
    y += 30 if facts.parts else 0
    if len(facts.payload) > SHOWN:
        canvas.text(canvas.left, y, _rest_line(facts), "muted", NOTE)
        y += 26
    for part in facts.parts:
        if not is_text or len(facts.payload) > SHOWN or part.meaning:
            y = _draw_part(canvas, y, part)
    if facts.masked and not canvas.narrow:
        legend = [
            Run("Bold purple bits", "key", bold=True),
            Run(" were flipped: that is where the key has a 1.", "muted"),
        ]
        canvas.text(canvas.left, y, legend, size=NOTE)
        y += 24
    return y


def _draw_part(canvas, y, part):
    """Write what one part says; return the y below."""
    name = f"{part.name}  "
    room = canvas.room - text_width(name, bold=True)
    value = Run(shorten(part.value, room, mono=True), mono=True)
    canvas.text(canvas.left, y, [Run(name, part.role, bold=True), value])
    if part.meaning:
        canvas.text(canvas.left, y + 17, part.meaning, "muted", NOTE)
    return y + (42 if part.meaning else 26)


def draw_notice(canvas, y, notice):
    """Draw a boxed remark; return the y below."""
    inside = canvas.left + 18
    room = canvas.right - 14 - inside
    height = 36 + 20 * len(wrap(notice.body, room))
    head = wrap(notice.head, room, bold=True)
    height += 20 * (len(head) - 1)
    canvas.panel(canvas.left, y, canvas.room, height, notice.role)
    below = canvas.para(inside, y + 22, notice.head, room, notice.role, bold=True)
    canvas.para(inside, below + 1, notice.body, room)
    return y + height + 18


# ---- the text forms


def _as_text(facts):
    """Return the figure for a terminal: plain ASCII, but for what the payload itself says."""
    blocks = [[facts.title, facts.note], _list_groups(facts.groups)]
    if facts.data:
        blocks.append(_bit_box(facts))
    if facts.key_start > 2 and facts.length_known:
        length = facts.groups[1].data.hex(" ")
        blocks.append([f"length {length} = {facts.header.length} bytes, most significant byte first (big-endian)"])
    if facts.payload_shown:
        blocks.append(_list_payload(facts))
    blocks += [[notice.head] + textwrap.wrap(notice.body, COLUMNS) for notice in facts.notices]
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks)


def _list_groups(groups):
    """Return lines that hold the bytes of every group, 16 on a line, "--" for one that is missing."""
    lines = []
    for group in groups:
        size = min(group.size, LISTED)
        pairs = [f"{byte:02x}" for byte in group.data[:size]]
        pairs += ["--"] * min(size - len(pairs), 16)
        for start in range(0, len(pairs), 16):
            name = "" if start else group.name
            lines.append(f"{name:16}{' '.join(pairs[start : start + 16])}")
        if group.size > len(pairs):
            lines.append(f"{'':16}+{group.size - len(pairs)} more")
    return lines


def _bit_box(facts):
    """Return the first two bytes drawn as RFC 6455 draws them, each field led to its name and meaning."""
    edge, cells, legs = "", "", []
    for field in facts.fields:
        if field.first == 8:  # the second byte stands apart
            edge += "+ "
            cells += "| "
        bits = " ".join(field.bits)
        legs.append(len(cells) + 1 + len(bits) // 2)
        edge += "+" + "-" * len(bits)
        cells += "|" + bits
    edge += "+"
    digits = "".join(f"{digit:^8}" + ("  " if index == 1 else "") for index, digit in enumerate(facts.data[:2].hex()))
    lines = [digits, edge, cells + "|", edge]
    for number, field in reversed(list(enumerate(facts.fields))):
        before = "".join("|" if column in legs[:number] else " " for column in range(legs[number]))
        lead = before + "+".ljust(legs[-1] + 3 - legs[number], "-")
        lines.append(f"{lead} {field.name:11} {field.value:4} {field.meaning}{_pointer(field, facts)}")
    return lines


def _pointer(item, facts):
    """Return what points at a guilty field or part in the text form."""
    return f"  <-- {facts.error.section}" if item.role == "error" else ""


def _list_payload(facts):
    """Return the first bytes of the payload, unmasked bit by bit, and what they say."""
    lines = [_payload_heading(facts)]
    for row in _payload_rows(facts):
        if row.flips:
            lines.append(" " * 14 + "-" * (11 * len(row.data) - 2))
        lines.append(f"{row.name:14}" + "  ".join(f"{byte:02x}       " for byte in row.data))
        lines.append(" " * 14 + "  ".join(f"{byte >> 4:04b} {byte & 15:04b}" for byte in row.data))
    if len(facts.payload) > SHOWN:
        lines.append(_rest_line(facts))
    for part in facts.parts:
        meaning = f", {part.meaning}" if part.meaning else ""
        lines.append(f"{part.name:14}{_clip(part.value, 60)}{meaning}{_pointer(part, facts)}")
    return lines


def _as_sentences(facts):
    """Return the figure for a screen reader, the bytes included."""
    listed = "; ".join(
        f"{group.name} {group.data[:LISTED].hex(' ') or 'none'}"
        + (f" and {plural(len(group.data) - LISTED)} more" if len(group.data) > LISTED else "")
        for group in facts.groups
    )
    fields = "; ".join(f"{field.name} {field.value}, {field.meaning}" for field in facts.fields)
    sentences = [f"{facts.note}. Bytes: {listed}. Fields: {fields}."]
    if facts.key_start > 2 and facts.length_known:
        sentences.append(f"Length: {facts.header.length}.")
    if facts.masked and facts.payload_shown:
        sentences.append(f"Unmasked payload: {facts.payload[:LISTED].hex(' ')}.")
    sentences += [
        f"{capital(part.name)}: {_clip(part.value, LISTED)} {part.meaning}".rstrip() + "." for part in facts.parts
    ]
    sentences += [f"{notice.head}. {notice.body}" for notice in facts.notices]
    return " ".join(sentences)


def _rest_line(facts):
    return f"The first {SHOWN} of {plural(len(facts.payload))} are shown."


def _clip(text, limit):
    """Return `text`, its middle left out where it is longer than `limit` characters."""
    return text if len(text) <= limit else f"{text[: limit - 15]} ... {text[-10:]}"


def _payload_heading(facts, short=False):
    if not facts.masked:
        return "Payload"
    return "Unmasking: payload XOR key" + ("" if short else ", key repeats every 4 bytes")
