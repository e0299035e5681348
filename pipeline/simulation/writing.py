"""What is said: texts that name a subject, by kind and language, and hardly repeat themselves."""

import random
from collections.abc import Mapping

from pipeline.simulation.domains_more import DOMAINS, RETAIL
from pipeline.simulation.english import ENGLISH
from pipeline.simulation.english_words import CITIES
from pipeline.simulation.french import FRENCH
from pipeline.simulation.german import GERMAN
from pipeline.simulation.grammar import Grammar
from pipeline.simulation.scenario import ScenarioSubject
from pipeline.simulation.spam import SPAM
from pipeline.simulation.spanish import SPANISH

COMPETITORS = ("Nordlink", "Palmetto", "Velmora", "Tarn & Co", "Quillon", "Ostrava Direct")
IDEAS = 3
"""Different wishes a subject's public has; each is worded in many ways."""

_EMOJI = tuple("😡🙄😤🤦😂🙏😭🤔👀✨☕🎉💔😅🤷🚀")
_MOOD = {"praise": tuple("🎉✨😍🙌👏"), "cheer": tuple("💚👏😍🙌🥹"), "surge": tuple("😡🤬😤😱🙄")}
_TAGS = ("#fail", "#service", "#customercare", "#help", "#travel", "#money", "#justsaying", "#monday", "#life", "#news")
_PREFIXES = ("This 👇", "Copied:", "So true.", "Read this.", "FWD:", "Please share:")


class Writer:
    """All grammars of a run, compiled once."""

    def __init__(self, subjects: tuple[ScenarioSubject, ...]) -> None:
        shared = (ENGLISH,)
        self._english = {
            (domain, idea): Grammar(*shared, {**DOMAINS[domain], "idea": DOMAINS[domain][f"idea.{idea}"]})
            for domain in {domain_of(subject) for subject in subjects}
            for idea in range(IDEAS)
        }
        self._plain = Grammar(*shared, RETAIL, {"idea": RETAIL["idea.0"]})
        self._others = {"de": Grammar(GERMAN), "fr": Grammar(FRENCH), "es": Grammar(SPANISH)}
        self._spam = Grammar(SPAM, {"link": "@@link@@", "contact": "@@contact@@"})

    def language(self, symbol: str, wanted: str) -> str:
        """The language in which ``symbol`` can be written for somebody who prefers ``wanted``."""
        return wanted if wanted in self._others and symbol in self._others[wanted].productions else "en"

    def about(self, symbol: str, subject: ScenarioSubject, language: str, rng: random.Random, idea: int = 0) -> str:
        """A text about a subject; always holds one of ``subject.terms`` in some case."""
        bound = _bound(subject, rng)
        grammar = self._english[domain_of(subject), idea] if language == "en" else self._others[language]
        text = grammar.write(symbol, rng, bound)
        if bound["brand"] not in text:
            text = f"{bound['brand']} {text}" if rng.random() < 0.5 else f"{text} {bound['brand']}"
        return text if symbol == "short" else roughen(text, symbol, rng)

    def elsewhere(self, symbol: str, language: str, rng: random.Random, subject: ScenarioSubject) -> str:
        """A text about no subject; ``homonym`` uses the first word of the subject's name for something else."""
        bound = {**_bound(subject, rng), "word": subject.name.split()[0]}
        grammar = self._plain if language == "en" else self._others[language]
        return roughen(grammar.write(symbol, rng, bound), symbol, rng)

    def campaign(self, subject: ScenarioSubject | None, rng: random.Random) -> str:
        """The text that all accounts of a campaign vary; with ``@@link@@`` or ``@@contact@@`` in it."""
        brand = f"#{subject.handle}" if subject else "lucky"
        return self._spam.write("spam", rng, {"brand": brand, "city": rng.choice(CITIES)})

    def spin(self, campaign: str, rng: random.Random) -> str:
        """One account's variation of a campaign's text: another link, another ending."""
        host = self._spam.write("spam.host", rng, {})
        text = campaign.replace("@@link@@", f"https://{host}.example/{rng.getrandbits(28):x}")
        text = text.replace("@@contact@@", f"@{host.replace('-', '_')}{rng.randrange(10, 99)}")
        if rng.random() < 0.6:
            text = f"{text} {self._spam.write('spam.spin', rng, {})}"
        return text.upper() if rng.random() < 0.05 else text


def domain_of(subject: ScenarioSubject) -> str:
    """The vocabulary of a subject; retail when its domain has none."""
    return subject.domain if subject.domain in DOMAINS else "retail"


def edited(text: str, rng: random.Random) -> str:
    """A copy somebody pasted: the same words with a small edit, or none."""
    edits = (
        text, text, text, text.lower(), text.replace(".", "!", 1), _typo(text, rng), f'"{text}"',
        f"{text} {rng.choice(_EMOJI)}", f"{rng.choice(_PREFIXES)} {text}",
    )  # fmt: skip
    return edits[int(rng.random() * len(edits))]


def roughen(text: str, symbol: str, rng: random.Random) -> str:
    """Make a text look typed: slips, lower case, emoji, tags. Never touches capitalised words, handles and tags."""
    dice = rng.random()
    if dice < 0.12:
        text = _typo(text, rng)
    elif dice < 0.30:
        text = text.lower()
    elif dice < 0.38:
        text = text.rstrip(".!?") + rng.choice(("!!", "...", "!!!", "?!", " :("))
    elif dice < 0.40:
        text = text.upper()
    if rng.random() < 0.22:
        text = f"{text} {rng.choice(_MOOD.get(symbol, _EMOJI))}"
    if rng.random() < 0.08:
        text = f"{text} {rng.choice(_TAGS)}"
    return text


def shortened(text: str, limit: int) -> str:
    """Cut at a word so that at most ``limit`` characters remain."""
    return text if len(text) <= limit else f"{text[: limit - 1].rsplit(' ', 1)[0]}…"


def _typo(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    place = int(rng.random() * len(words))
    word = words[place]
    if len(word) > 4 and word.isalpha() and word.islower():
        cut = 1 + int(rng.random() * (len(word) - 2))
        swapped = word[cut + 1] + word[cut] if rng.random() < 0.6 else word[cut + 1]
        words[place] = word[:cut] + swapped + word[cut + 2 :]
    return " ".join(words)


def _bound(subject: ScenarioSubject, rng: random.Random) -> Mapping[str, str]:
    dice = rng.random()
    handle = subject.handle
    brand = f"@{handle}" if dice < 0.45 else subject.name if dice < 0.88 else f"#{handle}"
    return {
        "brand": brand,
        "handle": handle,
        "word": subject.name.split()[0].lower(),
        "city": CITIES[int(rng.random() * len(CITIES))],
        "other": COMPETITORS[int(rng.random() * len(COMPETITORS))],
    }
