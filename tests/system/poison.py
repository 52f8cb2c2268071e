"""Marks in a picture: of one the poisoned worker dies, over the other it never ends."""

POISON = b"dies of this"
ENDLESS = b"never ends"
