"""A question to an answer: the backends, one file per wire format."""
