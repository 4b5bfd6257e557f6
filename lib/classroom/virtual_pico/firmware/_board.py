"""The board's wires to the outside world: the program that supervises this process.

- tell() reports what the board does. start() says where to.
- ask() asks for something of the network, and waits for the answer: a connection of its own
  each time, as an interrupt may ask while the program asks.
- levels() reads what comes from outside, from a small file that the supervisor keeps up to date.
- Interrupts come over a socket that a thread reads; it begins with the first handler.
"""

import _thread
import gc
import json
import socket
import struct
import time

import micropython
import vfs

STATE = "<hh5HII"  # the Wi-Fi's status, its dBm, five ADC channels, the pins that are pressed, those that are high

settings = {}
handlers = {}  # (kind, number): callable(argument) that an interrupt leads to
_wires = []  # the sockets of tell() and of the interrupts, and the address for ask()
_posix = vfs.VfsPosix("/")  # stays in reach when the flash is mounted in its place
_told = [0, 0]  # when the heap was told, ms, and whether the thread runs


def start(given):
    """Connect the wires. given: dict of what the supervisor says about this start."""
    settings.update(given)
    _wires.append(open(given["events"], "wb"))
    _wires.append(open(given["interrupts"], "rb"))
    _wires.append(socket.getaddrinfo("127.0.0.1", given["ask"])[0][-1])


def tell(*words):
    _wires[0].write(json.dumps(words) + "\n")
    if time.ticks_diff(time.ticks_ms(), _told[0]) > 1000:
        heap()


def heap():
    """Tell how much of the heap is in use."""
    _told[0] = time.ticks_ms()
    _wires[0].write(json.dumps(["heap", gc.mem_alloc(), gc.mem_free()]) + "\n")


def ask(*words):
    """Return the answer, a list or a number."""
    line = socket.socket()
    try:
        line.connect(_wires[2])
        line.write(json.dumps(words) + "\n")
        return json.loads(line.readline())
    finally:
        line.close()


def soft_reset(names):
    """End this start of the board. names: the dict of what the program defined; files in it are closed.

    The process is killed by the one it tells: its own end may wait for a thread, for ever.
    """
    names.clear()
    gc.collect()
    tell("soft_reset")
    while True:
        time.sleep(1)


def levels():
    with _posix.open(settings["levels"], "rb") as file:
        return struct.unpack(STATE, file.read())


def on_interrupt(kind, number, handler):
    """Let handler(argument) be called, outside of an interrupt, when one of this kind comes; None: no more."""
    if handler is None:
        handlers.pop((kind, number), None)
        return
    handlers[kind, number] = handler
    if not _told[1]:
        _told[1] = 1
        _thread.start_new_thread(_listen, ())


def _listen():
    """Pass interrupts on: the work of a thread."""
    while True:
        try:
            line = _wires[1].readline()
            if not line:
                return
            _pass_on(*json.loads(line))
        except KeyboardInterrupt:
            _return_interrupt()  # it was meant for the program


def _return_interrupt():
    """Tell that the program has not got the last Ctrl-C."""
    while True:
        try:
            return tell("interrupt")
        except KeyboardInterrupt:
            pass


def _pass_on(kind, number, argument):
    """Let the program call the handler of an interrupt."""
    handler = handlers.get((kind, number))
    if handler is None:
        return
    begun = []

    def call(argument):
        try:
            begun.append(True)
            handler(argument)
        except KeyboardInterrupt:  # it would end here, with its traceback on the console, and the program go on
            _return_interrupt()

    try:
        micropython.schedule(call, argument)
    except RuntimeError:
        return  # the queue is full: lost, as on a board
    pause = 1
    while True:
        time.sleep_ms(pause)  # a program that is at work needs no more than that
        if begun:
            return
        # The signal of a collection wakes the program, if that sleeps or waits for a socket. One that was
        # just about to sleep misses it, and gets another.
        gc.collect()
        pause = min(2 * pause, 50)
