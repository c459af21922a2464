"""Measured claims: every number in the README is printed by a command here."""
