"""How the recordings are made: scenes, a head that looks at them, a camera on it, and the sound of a room."""
