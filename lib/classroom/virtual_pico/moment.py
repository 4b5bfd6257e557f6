"""Whether a Ctrl-C does harm at this moment: where the threads of MicroPython stand, as Linux's /proc tells.

A board raises KeyboardInterrupt between two bytecodes. The unix port raises it in the handler of
the signal, wherever that comes: in the middle of an allocation it leaves a lock that nobody
opens, or a heap half searched, and the next allocation waits for ever. So the process is
stopped, and looked at, and gets the signal only while each of its threads

- waits in one of WAITS: it sleeps, or reads, or polls, but does not wait for a lock, or see to the other threads; or
- is in the loop that executes bytecodes or in the one that parses, and not in what those call.

Where the file of MicroPython does not name its functions, only the first can be seen.
"""

import functools
import platform
import struct
from pathlib import Path

LOOPS = b"mp_execute_bytecode", b"mp_parse"  # functions of MicroPython: a program runs, or is imported
# The numbers of read, write, poll, select, nanosleep, connect, accept, sendto, recvfrom, and of their younger variants.
WAITS = {
    "x86_64": {0, 1, 7, 23, 35, 42, 43, 44, 45, 230, 270, 271, 288},
    "aarch64": {63, 64, 72, 73, 101, 115, 202, 203, 206, 207, 242},
}

# ELF, 64 bits, little-endian: what of its header, its segments, its sections and its symbols is needed.
_HEADER = struct.Struct("<4sBB26xQQ6xHHHH2x")
_SEGMENT = struct.Struct("<I4xQQ8xQ16x")
_SECTION = struct.Struct("<4xI16xQQI20x")
_SYMBOL = struct.Struct("<I4xQQ")
_MAGIC = (b"\x7fELF", 2, 1)
_LOAD, _SYMBOLS = 1, (2, 11)


def is_good(pid):
    """Tell whether each thread of a process that stands still can be interrupted; None: nobody knows. pid: int."""
    answers = [_is_good(pid, task) for task in Path(f"/proc/{pid}/task").iterdir()]
    return False if False in answers else None if None in answers else True


def _is_good(pid, task):
    if platform.machine() not in WAITS:
        return None
    try:
        number, *words = (task / "syscall").read_text().split()
    except PermissionError:
        return None
    except OSError:  # it has ended
        return False
    if number == "-1":  # in its own code; then come its stack and where it is
        return _is_in_loop(pid, int(words[1], 16))
    return number.isdigit() and int(number) in WAITS[platform.machine()]


def _is_in_loop(pid, address):
    """Tell whether the process runs one of LOOPS. address: int, where it is. None: its file does not name them."""
    known = False
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        place, rights, offset, _, _, *path = line.split(maxsplit=5)
        if "x" not in rights or not path:
            continue
        start, end = (int(word, 16) for word in place.split("-"))
        loops = _loops(path[0])
        known = known or bool(loops)
        if start <= address < end and any(address - start + int(offset, 16) in loop for loop in loops):
            return True
    return False if known else None


@functools.cache
def _loops(path):
    """Return where in the file `path` the loops are, a list of ranges: as many as can be found."""
    try:
        return list(_find(Path(path).read_bytes(), LOOPS))
    except (OSError, struct.error):
        return []


def _find(file, functions):
    """Yield the range of offsets of each of these functions in an ELF file (bytes)."""
    *magic, segments, sections, _, segment_count, section_size, section_count = _HEADER.unpack_from(file)
    if tuple(magic) != _MAGIC:
        return
    tables = [_SECTION.unpack_from(file, sections + i * section_size) for i in range(section_count)]
    loaded = [_SEGMENT.unpack_from(file, segments + i * _SEGMENT.size) for i in range(segment_count)]
    for kind, offset, size, link in tables:
        if kind not in _SYMBOLS:
            continue
        _, names, names_size, _ = tables[link]
        wanted = {file.find(b"\0%s\0" % name, names, names + names_size) + 1 - names for name in functions}
        for name, address, length in _SYMBOL.iter_unpack(file[offset : offset + size]):
            if name in wanted and length:
                yield from _in_file(loaded, address, length)


def _in_file(segments, address, length):
    for kind, offset, first, size in segments:
        if kind == _LOAD and first <= address < first + size:
            yield range(offset + address - first, offset + address - first + length)
