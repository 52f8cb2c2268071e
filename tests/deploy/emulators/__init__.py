"""The way of `docs/operations.md` on emulators that share no code with ours."""
