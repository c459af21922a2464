"""A pytest plugin for users: replay a recording in a test and assert on its events."""
