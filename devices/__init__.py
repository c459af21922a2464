"""The outside world, one file per driver."""
