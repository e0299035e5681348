"""Mass reactions that are hard to place, of known origin, as information about a subject of its own each. Nothing here asserts.

What counts as what, decided from what an operator does about it:

- *coordinated*: a few hands let many accounts say one thing as if each had thought of it. Answering each is wasted, report them.
- *amplified*: most who take part only pass on, openly, what one outlet or one person said. Answer that one, and check the fact. A
  complaint that goes viral is amplified: until others tell of their own there is one case with a large audience.
- *organic*: people speak for themselves, however alike: a hundred who ask "is it down?" and a fan club with its hashtag are organic.
"""

import random
from collections.abc import Callable, Iterator

from pipeline.simulation.scenario import SUBJECTS
from pipeline.simulation.writing import edited
from tests.unit.pipeline.correlate.world import MINUTE, START, digest, information
from tests.unit.pipeline.evaluation.crowds import CALM_MINUTES, HEADLINES, SLOGANS, Told, calm, own_words, told

SPUN = (
    "[I am|I'm|we are|my family is] [leaving|quitting|dumping|walking away from|done with] {brand} [today|this week|for good|right now]"
    " [and|,|because] [so should|I urge|that goes for] [everyone|everybody|anyone|all of you] who [still|] [believes in|cares about|"
    "wants|expects] [honest|decent|fair] [service|business|treatment|companies]",
    "{brand} [lies to|deceives|cheats|misleads] [its|their|loyal] [customers|clients|users|buyers] [,|and] [share|spread|pass on|forward]"
    " [this|the truth|the word] [with|to|among] [your|all your] [family|friends|neighbours|colleagues] before [it is|it's] too late"
    " [for them|for all of us|]",
    "[Nobody|No one|None of us] [should|must|may ever] [give|hand|pay] {brand} [another|one more|a single] [cent|penny|dollar] until [the|"
    "their] [board|bosses|managers|leadership] [apologises|says sorry|makes amends|steps down] [to|in front of] [all of us|the public|"
    "the victims]",
    "[Do not|Don't|Never] [trust|believe|rely on] {brand} [,|:|because] they [sold us out|betrayed us|let us down] and [now|today] they"
    " [hope|pray|expect] that we [forget|overlook|ignore] [about it|what happened|the whole thing] [,|] [we will not|not this time|never]",
)
ASKING = (
    "is {brand} down?", "{brand} down again", "anyone else having problems with {brand}?", "{brand} not working",
    "is {brand} down for anyone else", "{brand} down??", "can't log in to {brand}", "{brand} app down?", "what's wrong with {brand}",
    "why is {brand} not working", "{brand} broken again", "is it just me or is {brand} down", "{brand} is down",
    "{brand} isn't working for me", "anybody else {brand} down", "ugh {brand} down",
)  # fmt: skip
CHANTS = ("Happy birthday {brand}", "Thank you {brand}", "We love {brand}", "{brand} you are the best", "Go {brand}")
Maker = Callable[[random.Random, str, str, int], Iterator[Told]]


def harder(kinds: dict[str, tuple[str, Maker]], each: int, seed: int = 11) -> Iterator[tuple[str, str, str, list[Told]]]:
    """(kind, true origin, subject, information in time order): ``each`` of every kind, after calm chatter."""
    rng = random.Random(seed)
    for kind, (origin, maker) in kinds.items():
        for number in range(each):
            subject, brand = f"{kind}-{number}", SUBJECTS[number % len(SUBJECTS)].name
            crowd = list(calm(rng, subject, START)) + list(maker(rng, subject, brand, START + CALM_MINUTES * MINUTE))
            end = max(message["clock"] for message in crowd) + 30 * MINUTE
            crowd.append(information(f"{subject}-end", end, "a quiet word at the very end of it", subject=subject))
            yield kind, origin, subject, sorted(crowd, key=lambda message: message["clock"])


def spin(pattern: str, brand: str, rng: random.Random, share: float) -> str:
    """One wording: a share of the places differ from the first wording of each."""
    text = []
    for piece in pattern.replace("{brand}", brand).replace("]", "[").split("["):
        choices = piece.split("|")
        text.append(choices[0] if rng.random() >= share or len(choices) == 1 else rng.choice(choices[1:]))
    return " ".join("".join(text).split())


def within(rng: random.Random, start: int, total: int, minutes: float) -> list[int]:
    """That many instants, evenly likely, in order."""
    return sorted(start + int(rng.random() * minutes * MINUTE) for _ in range(total))


def campaign(
    rng: random.Random, subject: str, brand: str, start: int, *, accounts: int, again: float, minutes: float, spun: bool, bystanders: float,
    mutual: float = 0.0,
) -> Iterator[Told]:  # fmt: skip
    """Accounts that say one thing, each ``again`` times; bystanders in between; ``mutual``: how often they pass on one another."""
    pattern, slogan, share = rng.choice(SPUN), rng.choice(SLOGANS).format(brand=brand), rng.uniform(0.3, 0.6)
    posts = int(accounts * again / (1 - bystanders))
    written: list[tuple[str, str, str]] = []
    for number, at in enumerate(within(rng, start, posts, minutes)):
        author = f"account-{number % accounts}"
        if rng.random() < bystanders:
            yield told(rng, subject, at, own_words(rng, "surge"), f"bystander-{number}")
            continue
        if written and rng.random() < mutual:
            whose, native, text = rng.choice(written)
            over: Told = {"repost_of": native} if rng.random() < 0.5 else {}
            yield told(rng, subject, at, f"RT @{whose}: {text}", author, followers=rng.randrange(5, 300), **over)
            continue
        text = spin(pattern, brand, rng, share) if spun else edited(slogan, rng)
        message = told(rng, subject, at, text, author, followers=rng.randrange(5, 300))
        written.append((author, message["signal"]["id"], text))
        yield message


def spun(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """Forty to sixty accounts, every text reworded by a machine."""
    accounts = rng.randrange(40, 60)
    return campaign(rng, subject, brand, start, accounts=accounts, again=rng.uniform(1.5, 2.5), minutes=10, spun=True, bystanders=0.0)


def spun_among_others(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """The same, and a tenth to a third of all are people who join in their own words."""
    return campaign(
        rng, subject, brand, start, accounts=rng.randrange(40, 60), again=2.0, minutes=10, spun=True, bystanders=rng.uniform(0.1, 0.3)
    )


def copied_among_others(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """One text hardly varied, with bystanders."""
    return campaign(
        rng, subject, brand, start, accounts=rng.randrange(40, 60), again=1.5, minutes=10, spun=False, bystanders=rng.uniform(0.1, 0.3)
    )


def ring(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """Accounts that write half of it and pass on one another for the rest, to look like a trend."""
    return campaign(
        rng, subject, brand, start, accounts=rng.randrange(25, 45), again=3.0, minutes=10, spun=rng.random() < 0.5, bystanders=0.1,
        mutual=rng.uniform(0.4, 0.65),
    )  # fmt: skip


def small(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """Fifteen accounts, each several times."""
    again, reworded = rng.uniform(4, 7), rng.random() < 0.5
    return campaign(rng, subject, brand, start, accounts=15, again=again, minutes=10, spun=reworded, bystanders=rng.uniform(0, 0.2))


def large(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """Four hundred accounts, once each."""
    return campaign(
        rng, subject, brand, start, accounts=400, again=1.0, minutes=25, spun=rng.random() < 0.5, bystanders=rng.uniform(0, 0.2)
    )


def drip(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """Slow, over three hours: some two a minute on top of the usual one."""
    return campaign(rng, subject, brand, start, accounts=rng.randrange(80, 150), again=3.0, minutes=180, spun=False, bystanders=0.1)


def commented(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """News that many pass on with a word of their own, or quote; two in five only comment."""
    headline, root = rng.choice(HEADLINES).format(brand=brand), digest(f"{subject}/root")
    for number, at in enumerate(within(rng, start, rng.randrange(80, 160), 10)):
        dice, link = rng.random(), f"https://news.example/{rng.getrandbits(24):x}"
        remark = own_words(rng, "surge")
        if number == 0 or dice < 0.1:
            yield told(rng, subject, at, f"{headline} {link}", f"outlet-{number}", stakeholder="media", verified=True, followers=50_000)
        elif dice < 0.4:
            yield told(rng, subject, at, f"RT @daily{rng.randrange(9)}: {headline} {link}", f"person-{number}", repost_of=root)
        elif dice < 0.6:
            yield told(rng, subject, at, f"{remark[:60]} {headline} {link}", f"person-{number}")
        elif dice < 0.75:
            yield told(rng, subject, at, remark, f"person-{number}", quote_of=root)
        else:
            yield told(rng, subject, at, remark, f"person-{number}")


def truncated(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """News whose headline is cut at various lengths as it is passed on."""
    headline = rng.choice(HEADLINES).format(brand=brand)
    for number, at in enumerate(within(rng, start, rng.randrange(80, 160), 10)):
        link = f"https://t.example/{rng.getrandbits(24):x}"
        cut = headline if rng.random() < 0.3 else headline[: rng.randrange(len(headline) // 2, len(headline))] + "…"
        if number == 0 or rng.random() < 0.15:
            over: Told = {"stakeholder": "media", "verified": rng.random() < 0.5, "followers": rng.randrange(5_000, 500_000)}
            yield told(rng, subject, at, f"{cut} {link}", f"outlet-{number}", **over)
        elif rng.random() < 0.2:
            yield told(rng, subject, at, own_words(rng, "surge"), f"person-{number}")
        else:
            text = f"RT @daily{rng.randrange(40)}: {cut}" if rng.random() < 0.5 else f"{cut} {link}"
            yield told(rng, subject, at, text, f"person-{number}")


def unsourced(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """Outlets print an agency's text without naming it; people share the outlets' pages by a button: headline and link, no "RT"."""
    headline = rng.choice(HEADLINES).format(brand=brand)
    pages: list[str] = []
    for number, at in enumerate(within(rng, start, rng.randrange(80, 160), 12)):
        if number < 3 or rng.random() < 0.25:
            pages.append(f"https://outlet{number}.example/{rng.getrandbits(24):x}")
            over: Told = {"stakeholder": "media" if rng.random() < 0.7 else "customer", "followers": rng.randrange(2_000, 500_000)}
            yield told(rng, subject, at, f"{headline}" if rng.random() < 0.4 else f"{headline} {pages[-1]}", f"outlet-{number}", **over)
        elif rng.random() < 0.15:
            yield told(rng, subject, at, own_words(rng, "surge"), f"person-{number}")
        else:
            yield told(rng, subject, at, f"{headline} {rng.choice(pages)}", f"person-{number}")


def viral(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """One customer's complaint, passed on by most who take part; a quarter or so tell of their own."""
    text, root, own = own_words(rng, "surge"), digest(f"{subject}/root"), rng.uniform(0.12, 0.3)
    marked = rng.random() < 0.5
    for number, at in enumerate(within(rng, start, rng.randrange(90, 250), 10)):
        if number == 0:
            yield told(rng, subject, at, text, "root")
        elif rng.random() < own:
            yield told(rng, subject, at, own_words(rng, "surge"), f"person-{number}")
        else:
            over: Told = {"repost_of": root} if marked else {}
            yield told(rng, subject, at, f"RT @root_{brand[:3]}: {text}", f"person-{number}", **over)


def fan_club(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """Fans who praise with one hashtag phrase, a third of them with nothing else."""
    chant = rng.choice(CHANTS).format(brand=brand)
    tag = "#" + "".join(chant.split())
    for number, at in enumerate(within(rng, start, rng.randrange(80, 160), 10)):
        dice = rng.random()
        if dice < 0.35:
            text = rng.choice((chant, chant + "!", f"{chant} {tag}", tag, f"{chant} ❤️", f"{chant}!!! 🎉", f"{tag} {chant}"))
        else:
            text = f"{own_words(rng, 'cheer')} {tag if rng.random() < 0.7 else chant}"
        yield told(rng, subject, at, text, f"fan-{number}", sentiment="positive", sentiment_score=0.8)


def asking(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """An outage: most only ask whether it is down, in few words, much alike."""
    for number, at in enumerate(within(rng, start, rng.randrange(80, 200), 8)):
        text = rng.choice(ASKING).format(brand=rng.choice((brand, "@" + brand.replace(" ", ""), brand.lower())))
        text = text if rng.random() < 0.7 else own_words(rng, "surge")
        yield told(rng, subject, at, text + rng.choice(("", "", " 😡", "!", " ffs", " pls help")), f"person-{number}")


def reported(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """An outrage that outlets report on too, and a fifth to a third of which is passed on."""
    headline, texts = rng.choice(HEADLINES).format(brand=brand), [own_words(rng, "surge")]
    for number, at in enumerate(within(rng, start, rng.randrange(90, 180), 12)):
        dice = rng.random()
        if dice < 0.12:
            yield told(rng, subject, at, headline, f"outlet-{number}", stakeholder="media", verified=True, followers=90_000)
        elif dice < 0.4:
            yield told(rng, subject, at, f"RT @user{rng.randrange(99)}: {rng.choice(texts)}", f"person-{number}")
        else:
            texts.append(own_words(rng, "surge"))
            yield told(rng, subject, at, texts[-1], f"person-{number}")


def angry(rng: random.Random, subject: str, _brand: str, start: int) -> Iterator[Told]:
    """Few hundred people within minutes, each two or three times, in their own words."""
    people = rng.randrange(60, 200)
    for at in within(rng, start, int(people * 2.2), 6):
        yield told(rng, subject, at, own_words(rng, "surge"), f"person-{rng.randrange(people)}")


KINDS: dict[str, tuple[str, Maker]] = {
    "spun": ("coordinated", spun), "spun-others": ("coordinated", spun_among_others), "copied-others": ("coordinated", copied_among_others),
    "ring": ("coordinated", ring), "small": ("coordinated", small), "large": ("coordinated", large), "drip": ("coordinated", drip),
    "commented": ("amplified", commented), "truncated": ("amplified", truncated), "unsourced": ("amplified", unsourced),
    "viral": ("amplified", viral),
    "fan-club": ("organic", fan_club), "asking": ("organic", asking), "reported": ("organic", reported), "angry": ("organic", angry),
}  # fmt: skip
