"""Recorded sessions on disk: the one module that reads and writes their format, and reads ordinary clips.

A recording is a folder that any video player can open:

    session.mkv    the camera (true capture times, variable frame rate) and the microphone; beside that, as a stream of
                   its own, what the speaker played, so that replay does not take its echo for somebody who speaks
    events.jsonl   what the pipeline did, one event a line; absent in a raw recording
    session.toml   where it comes from, its licence, and what a test may expect of it
"""

from glasses.recordings.log import EventWriter
from glasses.recordings.recorder import Recorder, Summary
from glasses.recordings.recording import Recording, open_recording, read_events
from glasses.recordings.session_info import Expect, SessionInfo
from glasses.recordings.writer import RecordingWriter

__all__ = [
    "EventWriter",
    "Expect",
    "Recorder",
    "Recording",
    "RecordingWriter",
    "SessionInfo",
    "Summary",
    "open_recording",
    "read_events",
]
