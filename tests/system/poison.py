"""The mark in a picture that the poisoned worker dies of."""

POISON = b"dies of this"
