"""What tests on both runtimes share."""


def raises(error, function, *args, **kwargs):
    """Call the function and return the `error` it raises; fail if it raises none."""
    try:
        result = function(*args, **kwargs)
    except error as caught:
        return caught
    raise AssertionError("expected %s, but got %r" % (error.__name__, result))


def chopped(data):
    """Yield (name, pieces): `data` whole, byte by byte, and in odd sizes."""
    yield "whole", [data]
    yield "byte by byte", [data[i : i + 1] for i in range(len(data))]
    yield "by sevens", [data[i : i + 7] for i in range(0, len(data), 7)]
