"""What is in a picture, without a network: print, things, codes, colours, light. For any backend."""
