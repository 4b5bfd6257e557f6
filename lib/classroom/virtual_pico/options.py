"""What a virtual Pico is made of: the models, the options, and the image of its flash."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from .process import lock

BLOCK = 4096  # bytes of flash that are erased at once
FIRMWARE_HEAP = 26  # KiB of heap that the modules of firmware/ take; on a board they are in flash


@dataclass(frozen=True)
class Model:
    """name: str, as os.uname() has it. heap: KiB. blocks: of flash, for files. freq: Hz."""

    name: str
    title: str
    heap: int
    blocks: int
    freq: int


MODELS = {
    "pico_w": Model("Virtual Pico W with RP2040", "Virtual Pico W", 192, 212, 125_000_000),
    "pico_2_w": Model("Virtual Pico 2 W with RP2350", "Virtual Pico 2 W", 400, 640, 150_000_000),
}


@dataclass
class Options:
    """command: list of str that starts MicroPython. flash: str, the absolute path of the image.

    link: str or None, where the port appears. model: key of MODELS. fresh: bool, whether to
    begin with an empty flash. networks: {name: password, str or None}.
    """

    command: list
    flash: str
    link: str | None = None
    model: str = "pico_w"
    fresh: bool = False
    networks: dict = field(default_factory=lambda: {"classroom": "websockets"})


def open_flash(options):
    """Open the image, make it if there is none or a fresh one is wanted, and keep others from it.

    Raises BlockingIOError if another virtual Pico uses it, and ValueError if it is something else.
    """
    model = MODELS[options.model]
    path = Path(options.flash)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = open(path, "a+b")
    try:
        lock(file)
        size = model.blocks * BLOCK
        if options.fresh or file.seek(0, os.SEEK_END) == 0:
            file.truncate(0)
            file.write(b"\xff" * size)
            file.flush()
        elif file.tell() != size:
            raise ValueError(f"{path} is no flash image of a {model.title}: it should have {size} bytes")
    except BaseException:
        file.close()
        raise
    return file
