"""The policy: pure functions from what was seen to what to do."""
