"""Mass reactions written after the rule was settled and measured once: what `crowds_harder` does not hold. Nothing here asserts."""

import random
from collections.abc import Iterator

from tests.unit.pipeline.correlate.world import digest
from tests.unit.pipeline.evaluation.crowds import HEADLINES, SLOGANS, Told, own_words, told
from tests.unit.pipeline.evaluation.crowds_harder import ASKING, SPUN, Maker, campaign, spin, within


def petition(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """People who press a petition's button: its text and link, some with a word before it. Answer the petition: amplified."""
    text, page = f"I just signed: {rng.choice(SLOGANS).format(brand=brand)}", f"https://petition.example/{rng.getrandbits(24):x}"
    for number, at in enumerate(within(rng, start, rng.randrange(80, 200), 15)):
        remark = rng.choice(("", "", "", "Please sign! ", "Me too. ", "Signed. "))
        yield told(rng, subject, at, own_words(rng, "surge") if rng.random() < 0.2 else f"{remark}{text} {page}", f"person-{number}")


def infiltrated(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """A real outrage of a hundred and more that a dozen accounts try to steer: still organic."""
    for number, at in enumerate(within(rng, start, rng.randrange(110, 180), 10)):
        yield told(rng, subject, at, own_words(rng, "surge"), f"person-{number}")
    yield from campaign(rng, subject, brand, start, accounts=12, again=3.0, minutes=10, spun=True, bystanders=0.0)


def insistent(rng: random.Random, subject: str, _brand: str, start: int) -> Iterator[Told]:
    """People who say their own complaint two or three times over, hardly changed: organic."""
    own = [own_words(rng, "surge") for _ in range(rng.randrange(50, 120))]
    for at in within(rng, start, int(len(own) * 2.5), 10):
        number = rng.randrange(len(own))
        text = own[number] + rng.choice(("", "!", "!!", " hello?", " @support", " still waiting"))
        yield told(rng, subject, at, text, f"person-{number}")


def talk_of_town(rng: random.Random, subject: str, _brand: str, start: int) -> Iterator[Told]:
    """Own words, and more than half of all pass on one of very many others' words: organic."""
    texts = [own_words(rng, "surge")]
    for number, at in enumerate(within(rng, start, rng.randrange(150, 300), 12)):
        if rng.random() < 0.55:
            whose = rng.randrange(len(texts))
            over: Told = {"repost_of": digest(f"{subject}/{whose}")} if rng.random() < 0.5 else {}
            yield told(rng, subject, at, f"RT @user{whose}: {texts[whose]}", f"person-{number}", **over)
        else:
            texts.append(own_words(rng, "surge"))
            yield told(rng, subject, at, texts[-1], f"person-{number}")


def two_viral(rng: random.Random, subject: str, _brand: str, start: int) -> Iterator[Told]:
    """Two posts go round at once, one of them short: amplified."""
    texts = [own_words(rng, "surge"), "they left us standing in the rain for five hours"]
    for number, at in enumerate(within(rng, start, rng.randrange(100, 220), 10)):
        text = own_words(rng, "surge") if rng.random() < 0.25 else f"RT @root: {rng.choice(texts)}"
        yield told(rng, subject, at, text, f"person-{number}")


def half_linked(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """News of which every third who shares it drops the link, and few outlets are known as such: amplified."""
    headline = rng.choice(HEADLINES).format(brand=brand)
    for number, at in enumerate(within(rng, start, rng.randrange(80, 160), 10)):
        link = f" https://news{rng.randrange(9)}.example/{rng.getrandbits(24):x}" if rng.random() < 0.67 else ""
        over: Told = {"stakeholder": "media"} if rng.random() < 0.08 else {}
        yield told(rng, subject, at, own_words(rng, "surge") if rng.random() < 0.15 else headline + link, f"person-{number}", **over)


def disguised(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """A campaign that hangs a link of its own on every reworded post, to look like news; two posts an account: coordinated."""
    pattern, accounts = rng.choice(SPUN), rng.randrange(40, 70)
    for number, at in enumerate(within(rng, start, 2 * accounts, 10)):
        text = f"{spin(pattern, brand, rng, 0.45)} https://t{rng.randrange(30)}.example/{rng.getrandbits(24):x}"
        yield told(rng, subject, at, text, f"account-{number % accounts}", followers=rng.randrange(5, 300))


def three_slogans(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """A campaign of three patterns in turn, reworded by half, with one in five a bystander: coordinated."""
    patterns, accounts = rng.sample(SPUN, 3), rng.randrange(50, 80)
    for number, at in enumerate(within(rng, start, int(accounts * 2.2), 10)):
        if rng.random() < 0.2:
            yield told(rng, subject, at, own_words(rng, "surge"), f"bystander-{number}")
        else:
            text = spin(rng.choice(patterns), brand, rng, 0.5)
            yield told(rng, subject, at, text, f"account-{number % accounts}", followers=rng.randrange(5, 300))


def flooded(rng: random.Random, subject: str, brand: str, start: int) -> Iterator[Told]:
    """Ninety people who ask in few words, and one account that posts one text two hundred times: organic."""
    for number, at in enumerate(within(rng, start, 90, 8)):
        yield told(rng, subject, at, rng.choice(ASKING).format(brand=brand), f"person-{number}")
    for at in within(rng, start, 200, 8):
        yield told(rng, subject, at, f"{rng.choice(SLOGANS).format(brand=brand)} {rng.randrange(99)}", "flooder")


UNSEEN: dict[str, tuple[str, Maker]] = {
    "petition": ("amplified", petition), "two-viral": ("amplified", two_viral), "half-linked": ("amplified", half_linked),
    "infiltrated": ("organic", infiltrated), "insistent": ("organic", insistent), "talk-of-town": ("organic", talk_of_town),
    "flooded": ("organic", flooded), "disguised": ("coordinated", disguised), "three-slogans": ("coordinated", three_slogans),
}  # fmt: skip
