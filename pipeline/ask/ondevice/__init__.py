"""The backend `ondevice`: what is asked (intents), what is written (facts, reading), what is said (answers)."""

from pipeline.ask.ondevice.backend import OnDevice

__all__ = ["OnDevice"]
