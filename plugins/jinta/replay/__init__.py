"""Replays: the build's own SQL on other inputs, in private, leaving nothing behind."""

from jinta.replay.engine import Replay, open_replay

__all__ = ["Replay", "open_replay"]
