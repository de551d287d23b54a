"""Group commit without a thread of its own: the first thread to write also writes for those that wait.

One durable write costs a wait for the disk. Sixteen request threads that each pay it queue up behind one
another; here the first writes its own item and every item that arrived meanwhile, in one transaction, and
then lets one of those still waiting write next.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class _Ticket(Generic[Item, Answer]):
    __slots__ = ("answer", "fault", "item", "served", "woken")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.answer: Answer | None = None
        self.fault: BaseException | None = None
        self.served = False
        self.woken = threading.Lock()
        self.woken.acquire()


class GroupCommit(Generic[Item, Answer]):
    """`write` returns, for each item of a batch, its answer or its exception; or raises for all of them."""

    def __init__(
        self, write: Callable[[Sequence[Item]], Sequence[Answer | Exception]], *, largest: int = 200
    ) -> None:
        self._write = write
        self._largest = largest
        self._mutex = threading.Lock()
        self._waiting: list[_Ticket[Item, Answer]] = []
        self._writing = False

    def submit(self, item: Item) -> Answer:
        """Returns when `item` is on disk. Raises what `write` raised for it."""
        ticket: _Ticket[Item, Answer] = _Ticket(item)
        with self._mutex:
            self._waiting.append(ticket)
            leads, self._writing = not self._writing, True
        if not leads:
            ticket.woken.acquire()
        if not ticket.served:
            self._lead()
        if ticket.fault is not None:
            raise ticket.fault
        return ticket.answer  # type: ignore[return-value]  # served without a fault: it has its answer

    def _lead(self) -> None:
        with self._mutex:
            batch, self._waiting = self._waiting[: self._largest], self._waiting[self._largest :]
        self._serve(batch)
        for ticket in batch:
            ticket.served = True
        with self._mutex:
            next_leader = self._waiting[0] if self._waiting else None
            self._writing = next_leader is not None
        for ticket in batch:
            ticket.woken.release()
        if next_leader is not None:
            next_leader.woken.release()

    def _serve(self, batch: list[_Ticket[Item, Answer]]) -> None:
        try:
            answers = self._write([ticket.item for ticket in batch])
        except BaseException as error:  # whatever it is: no thread may be left waiting
            for ticket in batch:
                ticket.fault = error
            return
        for ticket, answer in zip(batch, answers, strict=True):
            if isinstance(answer, Exception):
                ticket.fault = answer
            else:
                ticket.answer = answer
