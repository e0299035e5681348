"""The subjects (organisations, brands) that texts speak of: one Aho-Corasick pass for all terms of all subjects."""

from collections.abc import Iterable
from typing import Annotated

import ahocorasick_rs
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.errors import WinnowError
from schemas.text import searchable


class Subject(BaseModel):
    """An organisation that is listened for. ``terms`` are words or phrases and @handles; ``hints`` native app, product or queue ids."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    name: str
    terms: Annotated[tuple[str, ...], Field(min_length=1)]
    hints: tuple[str, ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    subjects: Annotated[tuple[Subject, ...], Field(min_length=1)]
    feedback_subject: str | None = Field(default=None, description="Subject of feedback that names none.")


INVENTED = _File(
    subjects=(
        Subject(id="aurora", name="Aurora Air", terms=("aurora air", "auroraair", "@auroraair"), hints=("aurora-air",)),
        Subject(id="brightbank", name="Brightbank", terms=("brightbank", "bright bank", "@brightbank")),
        Subject(id="cobalt", name="Cobalt Mobile", terms=("cobalt mobile", "cobaltmobile", "@cobaltmobile"), hints=("cobalt-mobile",)),
    )
)
"""Three brands that do not exist: what a deployment without a subjects file, the demo and the simulator speak of."""


class Subjects:
    """Finds subjects by whole-word terms, case folded. A text may speak of several."""

    def __init__(self, subjects: Iterable[Subject], *, feedback_subject: str | None = None) -> None:
        self.all = tuple(subjects)
        self.feedback_subject = feedback_subject
        terms = [(searchable(term), number) for number, subject in enumerate(self.all) for term in subject.terms]
        self._lengths = [len(term) for term, _ in terms]
        self._owners = [number for _, number in terms]
        self._machine = ahocorasick_rs.AhoCorasick([term for term, _ in terms])
        self._hints = {searchable(hint): subject.id for subject in self.all for hint in (subject.id, *subject.hints)}
        self._ids = [subject.id for subject in self.all]
        self._alone = [(name,) for name in self._ids]

    def of_text(self, text: str) -> tuple[str, ...]:
        """Ids of the subjects named in a text, in the order of the configuration."""
        folded = searchable(text)
        found = self._machine.find_matches_as_indexes(folded, overlapping=True)
        if not found:
            return ()
        last, only, others = len(folded), -1, set()
        for term, start, end in found:
            if (start == 0 or not folded[start - 1].isalnum()) and (end == last or not folded[end].isalnum()):
                number = self._owners[term]
                if only < 0:
                    only = number
                elif number != only:
                    others.add(number)
        if not others:  # as nearly always
            return self._alone[only] if only >= 0 else ()
        return tuple(self._ids[number] for number in sorted({only, *others}))

    def of_hint(self, hint: object) -> str | None:
        """Subject of a native app, product or queue id."""
        return self._hints.get(searchable(hint)) if isinstance(hint, str) else None


def parse_subjects(text: str, name: str) -> Subjects:
    """Read a subjects file (YAML). Raises WinnowError naming the file and what is wrong in it."""
    try:
        parsed = _File.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise WinnowError(f"subjects file {name} is no YAML: {str(error).splitlines()[0]}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise WinnowError(f"subjects file {name}, {'.'.join(map(str, first['loc'])) or 'top'}: {first['msg']}") from error
    if parsed.feedback_subject and parsed.feedback_subject not in {subject.id for subject in parsed.subjects}:
        raise WinnowError(f"subjects file {name}: feedback_subject {parsed.feedback_subject!r} is none of its subjects")
    return Subjects(parsed.subjects, feedback_subject=parsed.feedback_subject)


def invented_subjects() -> Subjects:
    """The three invented brands."""
    return Subjects(INVENTED.subjects, feedback_subject=INVENTED.feedback_subject)


def join(title: object, text: str) -> str:
    """Title and text as one: what is matched and judged."""
    return f"{title}. {text}" if isinstance(title, str) and title else text
