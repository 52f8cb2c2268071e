"""Reads files that `torch.save` wrote, without torch, and without running anything in them."""
