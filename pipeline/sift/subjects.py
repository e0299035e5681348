"""Which subjects (organisations, brands, products) a post concerns: by its words, its native hint, whom it answers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar

from pydantic import ValidationError

from pipeline.privacy import OwnTerms
from pipeline.sift.account_lists import AccountList, StakeholderLists
from pipeline.sift.name_index import NameIndex, Term
from pipeline.sift.subject_file import INVENTED, Subject, SubjectFile
from pipeline.sift.terms import Inflected, compile_term
from pipeline.written import Fault, Lines, WrittenError, in_words, line_of, own_errors, read_yaml
from schemas.sources import SignalRecord
from schemas.text import searchable

LEAST_STEM = 3
"""Letters before a term's ``*`` or ``~`` that make a word the organisation's own; with fewer half of all names would be."""


class Subjects:
    """The subjects of a deployment, and the accounts it knows. Immutable: shards share it."""

    def __init__(self, subjects: Iterable[Subject], *, feedback_subject: str | None = None, known: StakeholderLists | None = None) -> None:
        self.all = tuple(subjects)
        self.feedback_subject = feedback_subject
        self.known = known or StakeholderLists({})
        self.competitors = frozenset(subject.id for subject in self.all if subject.competitor)
        self.names = {subject.id: subject.name for subject in self.all}
        self._ids = [subject.id for subject in self.all]
        self._places = {name: place for place, name in enumerate(self._ids)}
        self._alone = [(name,) for name in self._ids]
        self._find = NameIndex(term for number, subject in enumerate(self.all) for term in _terms(number, subject)).find
        self._hints = {searchable(hint): subject.id for subject in self.all for hint in (subject.id, *subject.hints)}
        self._native_ids = {
            hint: subject.id for subject in self.all if not subject.competitor for hint in subject.hints if re.search("[0-9:]", hint)
        }
        self._parents = {subject.id: subject.parent for subject in self.all if subject.parent is not None}
        self._own = AccountList((subject.accounts, subject.id) for subject in self.all if not subject.competitor)
        self._knows_accounts = bool(self._own) or bool(self._native_ids)

    def of_text(self, text: str, network: str = "") -> tuple[str, ...]:
        """Ids of the subjects named in a text, in the order of the configuration. ``network``: the source it was read from."""
        found = self._find(text, network)
        if isinstance(found, int):
            return self._alone[found] if found >= 0 else ()
        return self._one_a_brand(tuple(self._ids[number] for number in sorted(found)))

    def of_hint(self, hint: object) -> str | None:
        """Subject of a native app, product or queue id."""
        return self._hints.get(searchable(hint)) if isinstance(hint, str) else None

    def of_signal(self, signal: SignalRecord, text: str) -> tuple[str, ...]:
        """Ids of the subjects that a signal concerns: what its hint says, then what ``text`` names, then whose post it answers."""
        found = self.of_text(text, signal.source)
        if signal.subject is None and signal.in_reply_to_author is None:
            return found
        hinted = None if signal.subject is None else self.of_hint(signal.subject)
        answered = None if signal.in_reply_to_author is None else self._account(signal.source, signal.in_reply_to_author, None)
        if hinted is None and (answered is None or answered in found):
            return found
        added = tuple(name for name in (hinted, *found, answered) if name is not None)
        return self._one_a_brand(tuple(dict.fromkeys(added)))

    def owner_of(self, signal: SignalRecord) -> str | None:
        """The subject whose own account wrote a signal, or what a signal passes on: to pass on what we said is no complaint."""
        if not self._knows_accounts:
            return None
        found = self._account(signal.source, signal.author.id, signal.author.handle)
        if found is None and signal.repost_of and signal.repost_of_author:
            found = self._account(signal.source, signal.repost_of_author, None)
        return None if found in self.competitors else found

    def own_terms(self) -> OwnTerms:
        """What redaction leaves: terms and accounts of all but competitors. ``*`` and ``~`` cover forms of a stem that is long enough."""
        own = [subject for subject in self.all if not subject.competitor]
        spellings: list[str] = []
        patterns: list[re.Pattern[str]] = []
        accounts: dict[str, list[str]] = {}
        for subject in own:
            for compiled in map(compile_term, subject.terms):
                if not isinstance(compiled, Inflected):
                    spellings += compiled.spellings
                elif compiled.stem >= LEAST_STEM:
                    patterns.append(compiled.pattern)
            for network, names in subject.accounts.items():
                accounts.setdefault(network, []).extend(name for name in names if name.startswith("@"))
        return OwnTerms(spellings, patterns, accounts)

    def _account(self, network: str, account_id: str, handle: str | None) -> str | None:
        """The subject that an account is: by the lists of accounts, else because its id is one of the subject's native ids."""
        found = self._own.of(network, account_id, handle) if self._own else None
        return self._native_ids.get(account_id) if found is None else found

    def _one_a_brand(self, found: tuple[str, ...]) -> tuple[str, ...]:
        """One subject a brand, so that one post opens one case: the product that is named beside it, or the brand of several."""
        if not self._parents or len(found) < 2:
            return found
        of_brand: dict[str, list[str]] = {}
        for name in found:
            of_brand.setdefault(self._parents.get(name, name), []).append(name)
        kept = []
        for brand, names in of_brand.items():
            products = [name for name in names if name != brand]
            kept.append(products[0] if len(products) == 1 else brand)
        return tuple(kept)


def _terms(number: int, subject: Subject) -> Iterable[Term]:
    yield from (Term(term, number) for term in subject.terms)
    yield from (Term(phrase, number, unless=True) for phrase in subject.unless)
    for network, accounts in subject.accounts.items():
        yield from (Term(account, number, network) for account in accounts if account.startswith("@"))


class SubjectsError(WrittenError):
    """A subjects file that is refused, with all that is wrong in it; see `WrittenError`."""

    advice: ClassVar[str] = "Correct the file; `winnow subjects check` reads it as a worker would"


def parse_subjects(text: str, name: str) -> Subjects:
    """Read a subjects file (YAML). Raises SubjectsError naming file and lines, and all that is wrong in it."""
    file = f"subjects file {name}"
    values, lines = read_yaml(text, file, SubjectsError)
    try:
        parsed = SubjectFile.model_validate(values)
    except ValidationError as error:
        faults = [_fault(one, lines) for one in own_errors(error)]
        raise SubjectsError(file, *faults[0], more=faults[1:]) from error
    return _subjects(parsed)


def _fault(error: Any, lines: Lines) -> Fault:
    place = tuple(error["loc"])
    return Fault(line_of(lines, place), f"{'.'.join(map(str, place)) or 'top'}: {in_words(error, SubjectFile)}")


def invented_subjects() -> Subjects:
    """The three invented brands."""
    return _subjects(INVENTED)


def _subjects(parsed: SubjectFile) -> Subjects:
    known = StakeholderLists({str(kind): listed for kind, listed in parsed.stakeholders.items()})
    return Subjects(parsed.subjects, feedback_subject=parsed.feedback_subject, known=known)


def join(title: object, text: str) -> str:
    """Title and text as one: what is matched and judged."""
    return f"{title}. {text}" if isinstance(title, str) and title else text
