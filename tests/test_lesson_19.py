"""Lesson 19: it runs twice and leaves nothing, with a board and without, also with one at a port; and its claims."""

import contextlib
import os
import ssl
import threading

import pytest

from classroom import certificates, rig, scripts
from classroom.virtual_pico import VirtualPico
from classroom.workspace import ROOT
from tests.notebook_rules import LEFT, code_cells
from tests.student_client import said, solved
from tests.test_micropython import micropython

LESSON = ROOT / "notebooks" / "19_capstone.ipynb"
CELLS = code_cells(LESSON)

SOLVED = {
    '"host: " + ..., "date: " + ..., "GET " + ... + ': '"host: " + host, "date: " + date, "GET " + path + ',
    "    ...  # your code here": """    place, date = urlsplit(url), formatdate(now, usegmt=True)
    code = authorization(sign(key, string_to_sign(place.netloc, date, place.path)))
    return url + "?" + urlencode({"authorization": code, "date": date, "host": place.netloc})""",
}
ALONE = ["3", "[4, 2, 1]", "[True, True, False, False, False]", "['open', 401, 401]"]  # what needs no board
NO_BOARD = "from classroom import virtual_pico\nvirtual_pico.find_micropython = lambda: None"
CHILDREN = "import psutil\n[child.name() for child in psutil.Process().children(recursive=True)]"


def revealed(words):
    """Return what the cells revealed, as text."""
    found = [line for each in words for line in each.splitlines() if "You wrote no prediction" in line]
    return [line.split(". You wrote no prediction")[0] for line in found]


# ---------------------------------------------------------------- the notebook


@contextlib.contextmanager
def a_hand(pico, folder):
    """Pull the cable of `pico`, and put it in again, whenever the kernel of a lesson says so; give a cell for that.

    With a board at a port, the lesson prints what a hand has to do. The cell has it written into a pipe, too.
    """
    pipe = folder / "hand"
    os.mkfifo(pipe)

    def obey():
        while word := pipe.read_text():
            getattr(pico, word)()

    thread = threading.Thread(target=obey, daemon=True)
    thread.start()
    try:
        yield f"""
import pathlib
from classroom import rig
def hand(self, word, words, pipe=pathlib.Path({str(pipe)!r})):
    print(words)
    pipe.write_text(word)
rig.Board._by_hand = hand
"""
    finally:
        pipe.write_text("")
        thread.join(20)


@pytest.mark.thorough
@pytest.mark.timeout(300)
def test_each_cell_runs_twice_with_a_board_at_a_port_and_leaves_nothing(tmp_path):
    """The tests of the notebook's outputs run it on the virtual board of its own; this is the way of a real one."""
    micropython()
    with VirtualPico() as pico, a_hand(pico, tmp_path) as hand:
        names = {"PICO_PORT": pico.port, "PICO_WIFI": "classroom", "WIFI_PASSWORD": "websockets"}
        names["PICO_HOST"] = "127.0.0.1"
        runs = [cell for cell in CELLS for _ in range(1 if "rig.speech" in cell else 2)]  # two seconds of sound
        words = said(hand, f"import os\nos.environ.update({names!r})", *runs, LEFT, CHILDREN)
    assert words[-2:] == ["[]", "[]"]
    found = revealed(words)
    assert found.count("([], True)") == found.count("['open', 401, 401]") == found.count("False") == 2
    assert found.count("None") == 1  # the wiretap, which a real board does not reach
    text = "\n".join(words)
    assert "everybody on the network of 127.0.0.1 can reach this server" in text
    assert "Now cut the board off" in text and "Now put it right again" in text
    assert "50 frames, 64000 bytes of sound" in text and "a tone of 500 Hz" in text


def test_without_a_micropython_it_says_what_to_install_and_goes_on_and_the_tasks_can_be_solved():
    words = said(NO_BOARD, *solved(CELLS, SOLVED), LEFT)
    assert words[-1] == "[]"
    assert revealed(words) == ALONE
    assert sum("no board here" in each and "pip install" in each for each in words) == 1
    assert sum("[ok] Task 19." in each for each in words) == 2


@pytest.mark.thorough
def test_left_in_the_middle_it_is_cleaned_up_by_its_last_cell_and_pocketws_connects_as_well():
    *cells, clean_up = [scripts.on("pocketws", cell) for cell in CELLS]
    middle = next(number for number, cell in enumerate(cells) if "rig.take" in cell)
    words = said(NO_BOARD, *cells[:middle], clean_up, LEFT, CHILDREN)
    assert words[-3:] == ["True", "[]", "[]"]
    assert revealed(words) == ALONE


# ---------------------------------------------------------------- what it says


def test_a_record_of_tls_adds_22_bytes():
    school = certificates.Authority()
    trusting = ssl.create_default_context(cafile=school.cafile)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(*school.issue("localhost"))
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(to_client, to_server, server_hostname="localhost")
    other = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, other, client, other):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
    assert client.version() == "TLSv1.3" and to_server.pending == 0
    client.write(bytes(1288))
    assert to_server.pending == 1288 + 22


def test_its_sums_of_a_stream_of_sound():
    sound, below = 16_000 * 2 * 40 // 1000, 8 + 22 + 40
    assert (sound, 50 * (sound + 8), 25 * (sound + below), 25 * (sound + below) * 8) == (1280, 64_400, 33_750, 270_000)
    assert round(100 * below / (sound + below)) == 5
    assert round(100 * below / (320 + below)) == 18  # 10 ms: 320 bytes, and their length takes the same form
    text = LESSON.read_text(encoding="utf-8")
    assert all(words in text for words in ("64,400", "33,750 bytes", "270 kbit/s", "5 %", "18 %"))


def test_missing_are_numbers_below_one_that_came_for_each_start_of_the_board():
    server = rig.Server("127.0.0.1")
    for boot, number in (("a", 1), ("a", 2), ("a", 5), ("b", 1), ("b", 3), ("a", 6)):
        server.readings.append({"boot": boot, "number": number})
    assert server.numbers() == [[1, 2, 5, 6], [1, 3]] and server.missing() == [3, 4, 2]


def test_what_is_shown_of_the_boards_modules_is_theirs():
    whole = (ROOT / "device" / "signing.py").read_text(encoding="utf-8")
    for name in ("hmac_sha256", "http_date"):
        assert rig.source("signing", name) in whole
    for line in rig.source("stream", "next").splitlines():
        assert line.strip() in (ROOT / "device" / "stream.py").read_text(encoding="utf-8")
    with pytest.raises(KeyError):
        rig.source("stream", "no_such_thing")
