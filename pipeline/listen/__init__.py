"""Sound to words: voice activity, end of turn, transcription."""
