"""Reads ahead in a thread, so that source and warehouse work at the same time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Item = TypeVar("Item")

# Batches that wait to be written; more would only cost memory.
_DEPTH = 2


class _End(Generic[Item]):
    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _Producer(threading.Thread, Generic[Item]):
    """Puts items into a queue until they end or nobody wants them any more."""

    def __init__(self, items: Iterator[Item]) -> None:
        super().__init__(name="jinta-reader", daemon=True)
        self.items = items
        self.waiting: queue.Queue[Item | _End[Item]] = queue.Queue(_DEPTH)
        self.stopped = threading.Event()

    def run(self) -> None:
        end: _End[Item] = _End()
        try:
            for item in self.items:
                if not self._put(item):
                    break
        except BaseException as error:  # noqa: BLE001 - raised again by the user
            end = _End(error)
        finally:
            # A generator is closed in the thread it ran in.
            close = getattr(self.items, "close", None)
            if close is not None:
                close()
        self._put(end)

    def _put(self, item: Item | _End[Item]) -> bool:
        while not self.stopped.is_set():
            try:
                self.waiting.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def consume(self) -> Iterator[Item]:
        while True:
            item = self.waiting.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item


@contextmanager
def read_ahead(items: Iterator[Item]) -> Iterator[Iterator[Item]]:
    """Iterate in a thread; errors arrive where the items are used.

    The source's iterator is closed in its thread, also if the user stops early.
    """
    producer = _Producer(items)
    producer.start()
    try:
        yield producer.consume()
    finally:
        producer.stopped.set()
        producer.join()
