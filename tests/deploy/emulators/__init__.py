"""The way of `docs/operations.md` on two emulators that share no code."""
