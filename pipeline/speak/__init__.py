"""Words to sound: clauses from a token stream, voices, playback bookkeeping."""
