"""The helpers of a session, by configuration: machines that hear and speak for this one."""

from __future__ import annotations

import os
from typing import cast

from glasses.config import read_keys
from glasses.egress import EgressLog
from glasses.models import listed
from glasses.settings import Config
from pipeline.ask.reach import Reach, farther, known_reach_of_url
from pipeline.clock import Clock
from pipeline.errors import UsageError
from pipeline.events import EventLog
from pipeline.helpers.addresses import Helping, open_hearing, open_voice
from pipeline.helpers.helped import Helpers
from pipeline.helpers.helper import HearingHelper, VoiceHelper, too_far


def helpers(config: Config, clock: Clock, log: EventLog) -> Helpers:
    """Those that the configuration names; the session closes them. Raises UsageError as `opened`."""
    hearing, voice = opened(config, clock, log)
    return Helpers(clock, log, hearing, voice)


def opened(config: Config, clock: Clock, log: EventLog) -> tuple[HearingHelper | None, VoiceHelper | None]:
    """The helpers for hearing and for the voice that the configuration names, as far as they may be asked.

    Sound and words go no farther than `ask.reach`, and not beyond this machine where that is empty. A helper that is
    known to lie beyond it is left out with a line in `log`; where it is empty, that was forgotten, and UsageError is
    raised, as it is for a wrong address.
    """
    listen, speak, helping = config.listen, config.speak, _helping(config, clock, log)
    hearing = voice = None
    if _may_be_asked(listen.helper, config, log):
        hearing = open_hearing(listen.helper, helping, listen.language or None, listed(listen.hot_words))
    if _may_be_asked(speak.helper, config, log):
        voice = open_voice(speak.helper, helping, speak.speed)
    return hearing, voice


def _helping(config: Config, clock: Clock, log: EventLog) -> Helping:
    key = read_keys(os.environ).get("GLASSES_API_KEY", "").strip()
    return Helping(clock, _limit(config), key, EgressLog(clock, log))


def _limit(config: Config) -> Reach:
    return cast("Reach", config.ask.reach or "machine")


def _may_be_asked(address: str, config: Config, log: EventLog) -> bool:
    """Whether there is a helper, and it is not known to lie too far away."""
    reach, limit = known_reach_of_url(address), _limit(config)
    if not address or reach is None or not farther(reach, limit):
        return bool(address)
    what = too_far(address, reach, limit)
    if not config.ask.reach:
        raise UsageError(what)
    log.emit("fault", turn=0, what=what, told="")
    return False
