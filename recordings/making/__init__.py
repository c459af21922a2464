"""What recordings are made of: a world to look at, a head that moves, voices in a room."""
