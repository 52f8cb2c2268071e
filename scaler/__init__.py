"""Decides how many app instances there should be, and makes it so."""
