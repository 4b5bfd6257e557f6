"""Utf8Decoder against CPython's own incremental decoder: the same verdict at the same byte."""

import codecs
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from pocketws.utf8 import Utf8Decoder

# Both sides of each border that RFC 3629 section 4 draws between bytes.
EDGES = (0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1)
EDGES += (0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFF)


class Strict:
    """CPython's decoder, and the one thing it shows a byte late.

    It keeps half a surrogate for the error handler "surrogatepass", which wants all three bytes. RFC 3629
    section 4 has no continuation A0-BF after ED, so the second byte tells.
    """

    def __init__(self):
        self.decoder = codecs.getincrementaldecoder("utf-8")()

    def decode(self, data, final=False):
        text = self.decoder.decode(data, final)
        if self.decoder.getstate()[0] >= b"\xed\xa0" and self.decoder.getstate()[0][0] == 0xED:
            raise UnicodeError("half a surrogate")
        return text


def story(decoder, pieces):
    """Return what each piece gives, up to the error that ends it: "" stands for the end of the text."""
    told = []
    try:
        for piece in pieces:
            told.append(decoder.decode(piece))
        told.append(decoder.decode(b"", True))
    except UnicodeError:
        told.append("refused")
    return told


def test_every_edge_of_1_to_4_bytes_is_judged_at_the_same_byte():
    single = [bytes((byte,)) for byte in range(256)]
    wrong = []
    for size in (1, 2, 3, 4):
        for sequence in product(range(256) if size == 1 else EDGES, repeat=size):
            pieces = [single[byte] for byte in sequence]
            if story(Utf8Decoder(), pieces) != story(Strict(), pieces):
                wrong.append(bytes(sequence).hex())
    assert not wrong, wrong[:10]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.binary(max_size=6) | st.text(max_size=4).map(str.encode), max_size=6), st.data())
def test_any_bytes_cut_anywhere_are_judged_as_by_cpython(parts, data):
    wire = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=6)))
    pieces = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    assert story(Utf8Decoder(), pieces) == story(Strict(), pieces)
