"""Recorded sessions that the tests replay, and what makes them (`python -m recordings.make`)."""
