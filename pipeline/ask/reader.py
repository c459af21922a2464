"""The name under which addresses.py is given the eyes of `ondevice`, from when all they did was read."""

from pipeline.see.eyes import Eyes as Reader

__all__ = ["Reader"]
