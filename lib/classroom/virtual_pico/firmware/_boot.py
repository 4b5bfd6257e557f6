"""The firmware of the virtual Pico, which MicroPython runs first: it makes the board out of the unix port.

It puts the modules of a board in place, mounts the flash at /, and runs boot.py and main.py.
The REPL of MicroPython follows.
"""


def _boot(names):
    import gc
    import io
    import json
    import os
    import sys

    import vfs

    names.pop("_boot")  # the programs, and then the REPL, find none of this
    with open(sys.argv[-1]) as file:
        settings = json.load(file)
    import _board

    _board.start(settings)
    import _socket

    import _micropython
    import _os
    import machine
    import neopixel  # noqa: F401 - these three are found only while sys.path leads here
    import network  # noqa: F401
    import ntptime  # noqa: F401

    for name, module in (("socket", _socket), ("os", _os), ("micropython", _micropython), ("machine", machine)):
        sys.modules[name] = sys.modules["u" + name] = module

    class Flash:
        """A block device in a file, which littlefs takes for the flash of a board.

        Nothing here takes memory: a file that nobody closed is written in a collection, where there is none.
        """

        def __init__(self, path):
            self.file = open(path, "r+b")
            self.blocks = settings["blocks"]

        def readblocks(self, block, buffer, offset=0):
            self.file.seek(block * 4096 + offset)
            self.file.readinto(buffer)

        def writeblocks(self, block, buffer, offset=0):
            self.file.seek(block * 4096 + offset)
            self.file.write(buffer)

        def ioctl(self, operation, argument):
            if operation == 4:
                return self.blocks
            return 4096 if operation == 5 else 0

    flash = Flash(settings["flash"])
    vfs.umount("/")  # this computer's files
    try:
        vfs.mount(vfs.VfsLfs2(flash), "/")
    except OSError:
        vfs.VfsLfs2.mkfs(flash)
        vfs.mount(vfs.VfsLfs2(flash), "/")
        os.mkdir("/lib")
        with open("/boot.py", "w") as file:
            file.write("# boot.py -- run on boot-up\n")
    os.chdir("/")
    sys.atexit(lambda: _board.soft_reset(names))
    sys.path[:] = ["", ".frozen", "/lib"]
    sys.argv[:] = []
    gc.collect()
    _board.heap()

    def run(name):
        """Run a program, if there is one of this name; return whether it came to its end."""
        try:
            os.stat(name)
        except OSError:
            return True
        try:
            execfile(name)  # noqa: F821 - MicroPython has it
            return True
        except SystemExit:
            _board.soft_reset(names)
        except (Exception, KeyboardInterrupt) as error:
            text = io.StringIO()
            sys.print_exception(error, text)
            print("\n".join(line for line in text.getvalue().split("\n") if line and "_boot.py" not in line))
            return False

    try:
        _board.tell("up")  # from here on, Ctrl-C may come at any point
        for name in settings["programs"]:
            if not run(name):
                break
    except KeyboardInterrupt:
        pass
    finally:
        while True:
            try:
                _board.heap()
                sys.stdout.write(settings["mark"])  # in step with what the programs printed
                break
            except KeyboardInterrupt:
                pass


_boot(globals())
