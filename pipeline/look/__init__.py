"""Pictures to the picture: frame quality, frame choice, encoding for a model."""
