"""Accounts that a subjects file lists: a deployment's own, and those of the media, authorities, partners and investors it knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.sift.handles import bare
from pipeline.sift.subject_file import Accounts, KnownAccounts
from schemas.sources import AuthorRecord
from schemas.text import searchable


class AccountList:
    """Accounts, each with what is said of it. False when it is empty."""

    def __init__(self, lists: Iterable[tuple[Accounts, str]]) -> None:
        self._handles: dict[tuple[str, str], str] = {}
        self._ids: dict[tuple[str, str], str] = {}
        for accounts, said in lists:
            for network, names in accounts.items():
                for name in names:
                    if name.startswith("@"):
                        self._handles[network, bare(name)] = said
                    else:
                        self._ids[network, name] = said

    def __bool__(self) -> bool:
        return bool(self._handles or self._ids)

    def of(self, network: str, account_id: str, handle: str | None) -> str | None:
        """What is said of an account, by its id, else by its handle."""
        found = self._ids.get((network, account_id))
        return self._handles.get((network, bare(handle))) if found is None and handle else found


class StakeholderLists:
    """Kind of stakeholder -> accounts, domains and organisations that are known to be such."""

    def __init__(self, kinds: Mapping[str, KnownAccounts]) -> None:
        self._accounts = AccountList((known.accounts, kind) for kind, known in kinds.items())
        self._domains = {domain.lower(): kind for kind, known in kinds.items() for domain in known.domains}
        self._affiliations = {searchable(name): kind for kind, known in kinds.items() for name in known.affiliations}

    def __bool__(self) -> bool:
        return bool(self._accounts or self._domains or self._affiliations)

    def by_account(self, network: str, author: AuthorRecord) -> str | None:
        """The kind of a listed account."""
        return self._accounts.of(network, author.id, author.handle)

    def by_domain(self, hosts: Sequence[str]) -> str | None:
        """The kind of the first of these hosts that is, or lies under, a listed domain."""
        for host in hosts:
            labels = host.split(".")
            for first in range(len(labels)):
                if (kind := self._domains.get(".".join(labels[first:]))) is not None:
                    return kind
        return None

    def by_affiliation(self, affiliation: str) -> str | None:
        """The kind of a listed organisation."""
        return self._affiliations.get(searchable(affiliation).strip())
