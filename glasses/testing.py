"""A pytest plugin for users: replay a recording in three lines of a test and assert on its events.

    def test_the_sign_is_read(glasses_replay):
        session = glasses_replay("recordings/shop-sign")
        assert "14:00" in session.answers[0]

The fixture comes with the package. Costs are fixed and the configuration is the built-in one, whatever
the machine's own says, so that a test means the same everywhere; models are loaded once a test run.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from glasses.models import Models
    from glasses.replaying import BackendFactory, CostsName, Replayed
    from glasses.settings import Listen, Speak, Weights


class Replay:
    """What the fixture `glasses_replay` gives: call it with a recording."""

    def __call__(
        self,
        path: str | Path,
        *,
        costs: CostsName = "fixed",
        settings: Mapping[str, Any] = {},
        backend: BackendFactory | None = None,
        out: Path | None = None,
    ) -> Replayed:
        """Replay `path`; `settings` are keys of the configuration such as {"listen.model": "tiny"}."""
        from glasses.config import defaults
        from glasses.replaying import replay

        config = defaults(settings)
        models = _loaded(config.listen, config.speak, config.weights)
        return replay(Path(path), config, models, costs=costs, backend=backend, out=out)


@pytest.fixture(scope="session")
def glasses_replay() -> Replay:
    """Replays a recording through the whole pipeline with the real models."""
    return Replay()


@cache
def _loaded(listen: Listen, speak: Speak, weights: Weights) -> Models:
    from glasses.models import Models
    from glasses.settings import Config

    return Models(Config(listen=listen, speak=speak, weights=weights))
