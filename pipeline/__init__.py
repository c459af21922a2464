"""What happens to the data: listen, look, ask, speak. Knows no device, no screen, no file format."""
