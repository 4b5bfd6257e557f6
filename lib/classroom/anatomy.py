"""Takes what goes over the wire apart, as a picture and as text.

    frame(bytes.fromhex("81 85 37fa213d 7f9f4d5158"))
    handshake(request, response)

The verdicts come from `pocketws`, so that a picture and the library never disagree.
"""

from .anatomy_frame import frame
from .anatomy_handshake import handshake

__all__ = ["frame", "handshake"]
