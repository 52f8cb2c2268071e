"""The machine image of both tiers: released, built on a builder instance, verified, kept."""
