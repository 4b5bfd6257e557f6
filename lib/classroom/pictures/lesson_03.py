"""The picture of lesson 03."""

from .. import anatomy

HELLO = bytes.fromhex("81 85 37 fa 21 3d 7f 9f 4d 51 58")  # RFC 6455 section 5.7

PICTURES = {"03_hello.svg": lambda: anatomy.frame(HELLO).svg}
