"""Which status list of a tenant new awards begin to look for a place on."""

from __future__ import annotations

from services.evaluator.ports import Awards, Tally
from shared.contracts.identity import STATUS_LIST_BITS

FULL = 0.95
"""beyond it, looking for a free place on a list takes longer than it is worth"""


class Places:
    """A cache of what the store says; being late with it costs attempts and nothing else."""

    def __init__(self, awards: Awards, tally: Tally) -> None:
        self._awards = awards
        self._tally = tally
        self._first: dict[str, int] = {}
        self._highest: dict[str, int] = {}

    def first(self, tenant: str) -> int:
        """The first list with room."""
        return self._first.get(tenant, 1)

    def used(self, tenant: str, status_list: int) -> None:
        """A place on that list was given."""
        self._highest[tenant] = max(status_list, self._highest.get(tenant, 1))

    async def look(self) -> None:
        """How full the lists are that this process gives places on."""
        for tenant, highest in list(self._highest.items()):
            number = self.first(tenant)
            while number <= highest:
                free = STATUS_LIST_BITS - await self._awards.taken(tenant, number)
                self._tally.free_slots(tenant, number, free)
                if number == self.first(tenant) and free <= STATUS_LIST_BITS * (1 - FULL):
                    self._first[tenant] = number + 1
                number += 1
