"""Negotiations of permessage-deflate with their known outcome, as plain tuples. Sections are those of RFC 7692."""

# What an offer or an answer may not hold: section 7
MALFORMED = (
    "foo",
    "foo=10",
    "Server_No_Context_Takeover",
    "server_no_context_takeover=1",
    "client_no_context_takeover=true",
    "client_no_context_takeover=15",
    "server_no_context_takeover; server_no_context_takeover",
    "client_no_context_takeover; server_max_window_bits=9; client_no_context_takeover",
    "server_max_window_bits",
    "server_max_window_bits=10; server_max_window_bits=10",
    "client_max_window_bits=10; client_max_window_bits=11",
    "client_max_window_bits=10; client_max_window_bits",
) + tuple(
    [
        side + "_max_window_bits=" + value
        for side in ("server", "client")
        for value in ("0", "7", "16", "08", "010", "1", "100", "-10", "+10", "1e1", "0xa", "ten", "10.0", "true")
    ]
)

# Settings of a server, an offer, the answer (None: declined), and what is agreed on then: for the client and for
# the server, whether a message may refer to earlier ones, and the bits of the window.
FREE = (True, 15)
AGREED = (
    ({}, "", "", FREE, FREE),
    ({}, "client_max_window_bits", "", FREE, FREE),
    ({}, "client_max_window_bits=10", "client_max_window_bits=10", (True, 10), FREE),
    ({}, "client_max_window_bits=8", "client_max_window_bits=8", (True, 8), FREE),
    ({}, "client_max_window_bits=15", "client_max_window_bits=15", FREE, FREE),
    ({}, "server_max_window_bits=10", "server_max_window_bits=10", FREE, (True, 10)),
    ({}, "server_max_window_bits=9", "server_max_window_bits=9", FREE, (True, 9)),
    ({}, "server_max_window_bits=8", "server_max_window_bits=8", FREE, None),
    ({}, "server_no_context_takeover", "server_no_context_takeover", FREE, (False, 15)),
    ({}, "client_no_context_takeover", "client_no_context_takeover", (False, 15), FREE),
    (
        {},
        "client_max_window_bits=9; client_no_context_takeover; server_max_window_bits=12; server_no_context_takeover",
        "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=9",
        (False, 9),
        (False, 12),
    ),
    ({"client_max_window_bits": None}, "client_max_window_bits", "", FREE, FREE),
    ({"client_max_window_bits": None}, "client_max_window_bits=9", "client_max_window_bits=9", (True, 9), FREE),
    ({"client_max_window_bits": 11}, "client_max_window_bits", "client_max_window_bits=11", (True, 11), FREE),
    ({"client_max_window_bits": 11}, "client_max_window_bits=10", "client_max_window_bits=10", (True, 10), FREE),
    ({"client_max_window_bits": 11}, "client_max_window_bits=12", "client_max_window_bits=11", (True, 11), FREE),
    ({"client_max_window_bits": 11}, "", "", FREE, FREE),
    ({"require_client_max_window_bits": True}, "", None, None, None),
    ({"require_client_max_window_bits": True, "client_max_window_bits": 9}, "", None, None, None),
    (
        {"require_client_max_window_bits": True, "client_max_window_bits": 9},
        "client_max_window_bits",
        "client_max_window_bits=9",
        (True, 9),
        FREE,
    ),
    ({"server_max_window_bits": 11}, "", "server_max_window_bits=11", FREE, (True, 11)),
    ({"server_max_window_bits": 11}, "server_max_window_bits=10", "server_max_window_bits=10", FREE, (True, 10)),
    ({"server_max_window_bits": 11}, "server_max_window_bits=15", "server_max_window_bits=11", FREE, (True, 11)),
    ({"server_max_window_bits": 8}, "", "server_max_window_bits=8", FREE, None),
    ({"server_no_context_takeover": True}, "", "server_no_context_takeover", FREE, (False, 15)),
    ({"client_no_context_takeover": True}, "", "client_no_context_takeover", (False, 15), FREE),
)

# Settings of a client, its offer, the answer, and what is agreed on, the client first; or the section it breaks.
FINALIZED = (
    ({}, "client_max_window_bits", "", FREE, FREE),
    ({}, "client_max_window_bits", "client_max_window_bits=12", (True, 12), FREE),
    ({}, "client_max_window_bits", "client_max_window_bits=8", None, FREE),
    ({}, "client_max_window_bits", "server_max_window_bits=12", FREE, (True, 12)),
    ({}, "client_max_window_bits", "server_max_window_bits=8", FREE, (True, 8)),
    ({}, "client_max_window_bits", "server_no_context_takeover", FREE, (False, 15)),
    ({}, "client_max_window_bits", "client_no_context_takeover", (False, 15), FREE),
    ({}, "client_max_window_bits", "client_max_window_bits", "7", None),
    ({"client_max_window_bits": None}, "", "", FREE, FREE),
    ({"client_max_window_bits": None}, "", "client_max_window_bits=15", "7.1.2.2", None),
    ({"client_max_window_bits": 11}, "client_max_window_bits=11", "", (True, 11), FREE),
    ({"client_max_window_bits": 11}, "client_max_window_bits=11", "client_max_window_bits=10", (True, 10), FREE),
    ({"client_max_window_bits": 11}, "client_max_window_bits=11", "client_max_window_bits=15", (True, 11), FREE),
    ({"client_max_window_bits": 8}, "client_max_window_bits=8", "", None, FREE),
    (
        {"server_max_window_bits": 10, "client_max_window_bits": None},
        "server_max_window_bits=10",
        "server_max_window_bits=10",
        FREE,
        (True, 10),
    ),
    (
        {"server_max_window_bits": 10, "client_max_window_bits": None},
        "server_max_window_bits=10",
        "server_max_window_bits=9",
        FREE,
        (True, 9),
    ),
    (
        {"server_max_window_bits": 10, "client_max_window_bits": None},
        "server_max_window_bits=10",
        "server_max_window_bits=11",
        "7.1.2.1",
        None,
    ),
    (
        {"server_max_window_bits": 10, "client_max_window_bits": None},
        "server_max_window_bits=10",
        "",
        "7.1.2.1",
        None,
    ),
    (
        {"server_no_context_takeover": True},
        "server_no_context_takeover; client_max_window_bits",
        "",
        "7.1.1.1",
        None,
    ),
    (
        {"server_no_context_takeover": True},
        "server_no_context_takeover; client_max_window_bits",
        "server_no_context_takeover",
        FREE,
        (False, 15),
    ),
    (
        {"client_no_context_takeover": True},
        "client_no_context_takeover; client_max_window_bits",
        "",
        (False, 15),
        FREE,
    ),
)

# A board's settings, an offer to it, and its answer (None: declined)
BOARD_AGREED = (
    ({}, "", None),
    ({}, "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10", None),
    ({}, "client_max_window_bits", "client_no_context_takeover; client_max_window_bits=10"),
    ({}, "client_max_window_bits=15", "client_no_context_takeover; client_max_window_bits=10"),
    ({}, "client_max_window_bits=9", "client_no_context_takeover; client_max_window_bits=9"),
    ({}, "client_max_window_bits=8", "client_no_context_takeover; client_max_window_bits=8"),
    (
        {},
        "server_no_context_takeover; server_max_window_bits=12; client_max_window_bits",
        "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=10",
    ),
    (
        {"client_max_window_bits": 12},
        "client_max_window_bits",
        "client_no_context_takeover; client_max_window_bits=12",
    ),
    (
        {"client_max_window_bits": None},
        "client_max_window_bits",
        "client_no_context_takeover; client_max_window_bits=10",
    ),
)
