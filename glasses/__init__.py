"""The app: command line, configuration, recordings on disk, model weights, doctor."""
