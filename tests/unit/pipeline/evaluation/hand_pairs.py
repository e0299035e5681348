"""Pairs of short texts written by hand, with what a person says of them: is the second a copy of the first? Kind -> pairs."""

from collections.abc import Callable
from pathlib import Path

import orjson

from pipeline.evaluation.pairs import Pair

BLIND = Path(__file__).with_name("blind_pairs.jsonl")
"""Four sets, each written before its answers had been looked at: JSON lines ``set``, ``kind``, ``copy``, ``a``, ``b``."""

TEXTS = (
    "Stuck on the tarmac at Leeds for two hours now and the crew has not said a word to anyone",
    "My parcel was left in the rain behind the bins, the laptop inside is ruined",
    "Huge thanks to Dana at the help desk who found my daughter's bear before boarding",
    "The new app logs me out every time I open the camera, please fix this",
    "Why does a transfer to my own savings account take four working days in this century?",
    "Breaking: fire at the Northgate warehouse, roads around the harbour are closed",
    "Third night without heating and the landlord's hotline plays the same song forever",
    "Honestly the best breakfast I have ever had on a train, well done whoever cooks there",
    "They charged my card twice and tell me to wait for the next statement",
    "Is anybody else's internet down in the east of town since this morning?",
    "Our flight landed early and the bags were already on the belt, that never happens",
    "The union says talks have failed and drivers will walk out on Thursday",
    "Just cancelled after nine years, loyalty means nothing to this company",
    "You can now pay by phone in all our stores, no minimum amount",
    "Water is coming through the ceiling of gate 12 and people are filming it",
    "The refund arrived within a day, I take back half of what I said",
    "School trips to the museum are free again from the first of May",
    "Someone please explain the service fee on a ticket I printed myself",
    "Phone support hung up on me after fifty minutes on hold, unbelievable",
    "Two lanes blocked on the ring road after a lorry lost its load of bricks",
    "The wifi on board works better than the one in my flat",
    "Nobody at the counter knew that the connection had been moved to tomorrow",
    "A cracked screen after one week and they call it normal wear",
    "Volunteers are handing out blankets and soup at the central station tonight",
    "Update has been paused because it empties the battery within an hour",
    "I was promised a window seat and got a wall instead of a window",
    "Police confirm that the missing boy was found safe this evening",
    "The queue for check-in goes around the building and back to the car park",
)
"""Each is told on unchanged by others, in the ways of `COPIED`."""


def _shout(text: str) -> str:
    return text.upper() + "!!!"


def _cut(text: str) -> str:
    """As a network cuts a retweet: at about four fifths, in the middle of a word."""
    return f"RT @newsdesk: {text[: int(0.82 * len(text))]}…"


COPIED: dict[str, Callable[[str], str]] = {
    "retweet": lambda text: f"RT @newsdesk: {text}",
    "retweet, cut short": _cut,
    "link and credit added": lambda text: f"{text} via @newsdesk https://t.co/Ab12cD",
    "other case and punctuation": _shout,
    "emoji and hashtag added": lambda text: f"\U0001f621\U0001f621 {text} #fail",
}

EDITED = (
    (
        "The gate agent in Dublin was rude to an old man and laughed about it",
        "The gate agent at Dublin was rude to an old man and laughed about it",
    ),
    (
        "I have been waiting for my refund since March and nobody answers my mails",
        "I've been waiting for my refund since March and nobody answers my emails",
    ),
    (
        "Cant believe they lost my bag again, third time this year alone",
        "Can't believe they have lost my bag again, third time this year alone",
    ),
    (
        "If your train was cancelled today you can use your ticket on any bus in the region",
        "If your train was canceled today, you can use your ticket on any bus in the region",
    ),
    (
        "Please retweet: the lost dog near the old mill answers to the name of Pepper",
        "Pls retweet: the lost dog near the old mill answers to the name of Pepper",
    ),
    (
        "Fire crews are at the scene of a large explosion near the grain silo",
        "Fire crews at the scene of a large explosion near the grain silo",
    ),
    (
        "The whole board should resign over the data leak, not only the press officer",
        "The whole board should resign over the data leak and not only the press officer",
    ),
    (
        "Twelve people were taken to hospital after the tram left the rails at Market Street",
        "Twelve people taken to hospital after the tram left the rails at Market Street",
    ),
    (
        "They told us the plane is broken, then that the crew is late, then that it never existed",
        "They told us that the plane is broken, then that the crew is late, then that it never existed",
    ),
    (
        "Scientists say the river will crest on Sunday evening, stay away from the banks",
        "Scientists say the river will crest on Sunday evening. Stay away from banks",
    ),
    (
        "Dear bank, a letter that says I have to call you is not a service, it is a chore",
        "Dear bank: a letter that says I've to call you is not a service, it's a chore",
    ),
    (
        "Boycott this shop until they pay the cleaners what they owe them since spring",
        "Boycott this shop till they pay the cleaners what they owe them since spring",
    ),
    (
        "We are sorry about the outage, our engineers are working on it and we will keep you posted",
        "We're sorry about the outage. Our engineers are working on it and we'll keep you posted",
    ),
    (
        "Everyone who bought the blue kettle should unplug it now, two have caught fire",
        "Everybody who bought the blue kettle should unplug it now, two have caught fire",
    ),
    (
        "The captain came out and apologised to every row in person, that is how you do it",
        "The captain came out and apologized to every row in person, that is how you do it",
    ),
    (
        "My grandmother was left in a wheelchair at the gate for three hours without water",
        "My grandmother was left in a wheelchair at the gate for 3 hours without water",
    ),
    (
        "Petition to bring back the night train to the coast, ten thousand have signed already",
        "Petition to bring back the night train to the coast! ten thousand have signed already",
    ),
    (
        "The fine print says the free month renews itself at twice the price, read before you click",
        "Fine print says the free month renews itself at twice the price, read before you click",
    ),
    (
        "No one on the helpline could tell me where the courier went with my medicine",
        "Nobody on the helpline could tell me where the courier went with my medicine",
    ),
    (
        "Evacuation order for all homes west of the creek, leave now and take your pets along",
        "Evacuation order for all homes west of the creek: leave now and take your pets along with you",
    ),
)
"""Passed on with a word mended, shortened or put in the own spelling."""

MISTYPED = (
    ("bomb scare at the west entrance of the mall", "bomb scare at the west entrence of the mall"),
    ("free ice cream at the corner shop until noon", "free icecream at the corner shop until noon"),
    ("the ferry to the islands is cancelled because of the wind", "the ferry to the islands is canceled because of the wind"),
    ("do your cabin crews really have to buy their own uniforms", "do you're cabin crews really have to buy their own uniforms"),
    ("tear gas at the town hall, stay home if you can", "teargas at the town hall, stay home if you can"),
    ("traffic lights are out all along the boulevard", "traffic lights are out all along teh boulevard"),
    ("this airline treats wheelchairs like surfboards", "This airline treats wheel chairs like surfboards"),
    ("somebody left a baby kangaroo in the luggage hall", "someone left a baby kangaroo in the luggage hall"),
    ("the mayor ate three burgers during the hunger debate", "the mayor ate 3 burgers during the hunger debate"),
    ("goats have taken over the car park behind the clinic", "goats have taken over the carpark behind the clinic"),
    ("sinkhole swallowed a bus stop on Poplar Avenue this morning", "sinkhole swallowed a bus stop on Poplar Ave this morning"),
    ("the vending machine on platform four dispenses only mustard", "the vending machine on platform 4 dispenses only mustard"),
)
"""The same with shorter texts, where a letter weighs more."""

FILLED = (
    ("flight {} has been delayed again and nobody at the gate knows anything", ("2417", "883")),
    ("my order {} still has not arrived, it was promised for yesterday", ("55-1093", "55-8847")),
    ("you owe me {} for the cancelled hotel night, please pay it back", ("140 euros", "86 pounds")),
    ("thank you {} for sorting out my booking so quickly", ("Marlene", "Roberto")),
    ("train {} to the coast is cancelled this morning", ("IC 711", "RE 4029")),
    ("gate changed from {}, please walk there at once", ("B12 to C40", "A3 to A31")),
    ("can you tell me when the branch in {} opens on Saturday?", ("Malmö", "Rotterdam")),
    ("I have been on hold for {} minutes and counting", ("twenty", "ninety-five")),
    ("the {} I bought last week stopped working today", ("toaster", "headphones")),
    ("we won {} against the neighbours last night", ("three nil", "five four")),
    ("seat {} has no reading light and the screen is dead", ("14C", "31F")),
    ("ticket number {} was charged twice to my card", ("0801177", "0942236")),
    ("happy birthday {} and many happy returns", ("Grandpa Joe", "little Amina")),
    ("now hiring: {} in our shop at the harbour", ("two bakers", "a night guard")),
    ("the weather in {} today: sunny, light wind", ("Porto, 24 degrees", "Oslo, 9 degrees")),
    ("my baggage claim is {} and I still have no answer", ("LHRBA40912", "CDGAF77320")),
    ("{} people are without power after the storm, says the grid", ("nine thousand", "forty")),
    ("I just checked in at {} with three friends", ("Blue Door Cafe", "Terminal Five Lounge")),
    ("please cancel my subscription, customer {}", ("K-20931", "M-77104")),
    ("voucher {} is refused at the checkout, what is wrong with it?", ("SPRING10", "HELLO25")),
    ("my new phone number is {}, please update my account", ("0711 204 88", "0301 99 172")),
    ("road {} is closed until further notice", ("A40", "B17 north")),
    ("the price of the {} went up again this month", ("monthly pass", "family plan")),
    ("I gave {} stars because the driver was friendly", ("five", "two")),
    ("line {} is running with delays of up to 20 minutes", ("U6", "S41")),
)
"""One sentence that many say, each about a matter of its own."""

OPPOSITE = (
    ("the crew was great and the food was hot", "the crew was awful and the food was cold"),
    ("my bag has arrived, thank you for the help", "my bag has not arrived, thank you for nothing"),
    ("I will fly with you again", "I will never fly with you again"),
    ("the strike is on, no trains tomorrow", "the strike is off, all trains tomorrow"),
    ("the app works again since the update", "the app crashes again since the update"),
    ("please confirm my booking for Monday", "please cancel my booking for Monday"),
    ("your support is the best I have met", "your support is the worst I have met"),
    ("the water is safe to drink", "the water is not safe to drink"),
    ("I love this new design", "I hate this new design"),
    ("refund received, all good", "refund refused, not good"),
    ("everyone was evacuated in time", "no one was evacuated in time"),
    ("they answered within a minute", "they answered within a month"),
    ("schools are open tomorrow despite the snow", "schools are closed tomorrow because of the snow"),
    ("the missing boy was found alive this evening", "the missing boy was found dead this evening"),
    ("the mayor has denied the report", "the mayor has confirmed the report"),
    ("cheaper than last year and better", "dearer than last year and worse"),
    ("I can log in now", "I cannot log in now"),
    ("this bank is safe, my money stays", "this bank is unsafe, my money goes"),
    ("do buy the blue one, it lasts", "do not buy the blue one, it breaks"),
    ("always on time, well done", "never on time, well done"),
    ("the doctor said it is harmless", "the doctor said it is harmful"),
    ("card accepted at the first try", "card declined at the first try"),
    ("the bridge was reopened to traffic", "the bridge was closed to traffic"),
    ("staff could not have been kinder", "staff could not have been ruder"),
)
"""A word turns it round."""

COMMENTED = (
    "this is exactly why nobody trusts them any more",
    "same thing happened to my brother in June",
    "are you going to answer this or pretend you did not see it",
    "not true, I was there and the crew was lovely",
    "somebody give this woman a medal",
    "how is this legal in this country",
    "and they still want a tip for it",
    "my sister works there and says it is worse inside",
    "please everyone read this before you book",
    "I call this fake until I see a picture",
    "that is my street, can confirm, smoke everywhere",
    "finally some good news in this awful week",
)
"""What people put before a text that they quote."""

QUOTED = {
    "a comment, then the quotation": '{0}: "{1}"',
    "the quotation, then a comment": "\u201c{1}\u201d {0}",
    "a comment hung on by a dash": "{1} - {0}",
}

REPLIES = (
    ("the crew has not said a word to anyone", "yes they did, the captain spoke twice while you slept"),
    ("roads around the harbour are closed", "harbour road is open again, just drove through"),
    ("is your internet down too?", "mine is fine, try turning the router off and on"),
    ("they charged my card twice", "same here, the bank said it goes back on its own"),
    ("my parcel was left in the rain", "sorry to hear that, please send us your parcel number"),
    ("does anyone know if the shop is open?", "the shop is open until eight, I was there at six"),
    ("please fix the camera in your app", "which phone and which version of the app do you use?"),
    ("the landlord's hotline plays the same song forever", "that song will follow you into your dreams"),
    ("who do I call about a lost bear?", "call lost property, they found my hat there once"),
    ("waiting for a call back since Monday", "I waited three weeks for mine, good luck"),
)
"""An answer takes up words of what it answers."""

GENERIC = (
    "thank you so much!", "yes please", "good morning", "same here", "no way!", "happy new year", "lol", "so sad", "great job",
    "first", "any news?", "well done everyone", "I agree", "love it", "congrats!", "see you there", "me too", "not again",
)  # fmt: skip
"""Said by everybody about everything."""

SHARING = (
    (
        "the food on the flight to Rome was cold and the crew was rude",
        "the flight to Rome was on time, the crew was kind and the food was good",
    ),
    ("waiting at gate 12 for a bus that never comes", "gate 12 is where the bus to the city waits"),
    ("my bank app is down and I need to pay rent today", "need a new bank, the app of mine looks like it is from the nineties"),
    ("lost my phone on the train to Bern this morning", "found a phone on the morning train to Bern, black case"),
    ("the new store on Main Street opens on Friday at nine", "the old store on Main Street closes for good on Friday"),
    ("two hours in the queue for a coffee and a stale bun", "coffee and a bun in the sun, no queue, two euros"),
    ("they lost my bag on the way to Chicago", "my bag made it to Chicago before I did"),
    ("please add a dark mode to the app", "please add fingerprint login to the app"),
    ("power is out in the whole of the old town", "the old town has power again, the whole of the north has not"),
    ("I want a refund for the cancelled concert", "the concert was cancelled, does anybody want my hotel room"),
    ("rain, rain and again rain at the festival", "the festival in the rain was the best weekend of the year"),
    ("the driver refused to let my wheelchair on the bus", "the driver of my bus helped a man with his wheelchair today"),
    ("can I change the name on my ticket?", "can I change the date on my ticket?"),
    ("does the hotel have a pool?", "does the hotel have a car park?"),
    ("where is the nearest cash machine to the stadium?", "where is the nearest bus stop to the stadium?"),
    ("I need to speak to a manager about my bill", "I need to speak to a nurse about my bill"),
    ("the update deleted all my photos from last summer", "all my photos from last summer look better after the update"),
    ("my son's school bus did not come this morning", "the school bus came early this morning and my son missed it"),
    ("nobody told us the pool was closed", "nobody told us the bar was open"),
    ("a friend of mine works in your call centre and hates it", "a friend of mine called your centre and loves it"),
    ("the lift at the station has been broken for a year", "a year ago the station got a new lift, still works"),
    ("why is the ticket twice as much on your own site?", "why is your own site in English only?"),
    ("hold music of the year goes to my insurance", "my insurance paid within the year, no music needed"),
    ("great, another delay, thanks for ruining my birthday", "another great birthday on board, thanks for the cake"),
    ("the vote is on Sunday, bring your passport", "bring your own cup on Sunday, we vote for the best cake"),
    ("three cars burned out behind the stadium last night", "behind the stadium last night, three encores, what a band"),
    ("this kettle leaks, do not buy it", "this kettle whistles, my cat hates it"),
    ("our office is closed on Monday for the holiday", "is your office open on the holiday Monday?"),
)
"""Other matters in much the same words."""


def pairs() -> dict[str, list[Pair]]:
    """All of them: kind -> pairs."""
    found = {kind: [Pair(text, change(text), copy=True) for text in TEXTS] for kind, change in COPIED.items()}
    found["a word edited"] = [Pair(a, b, copy=True) for a, b in EDITED]
    found["a letter edited, short"] = [Pair(a, b, copy=True) for a, b in MISTYPED]
    found["template, other number or name"] = [Pair(text.format(a), text.format(b), copy=False) for text, (a, b) in FILLED]
    found["turned round by a word"] = [Pair(a, b, copy=False) for a, b in OPPOSITE]
    found["quoted with a comment"] = [
        Pair(text, f"{comment} RT @newsdesk: {text}", copy=False) for comment, text in zip(COMMENTED * 2, TEXTS, strict=False)
    ]
    for how, form in QUOTED.items():
        found[how] = [
            Pair(text, form.format(comment, text), copy=False) for comment, text in zip(COMMENTED * 2, reversed(TEXTS), strict=False)
        ]
    found["answered"] = [Pair(a, b, copy=False) for a, b in REPLIES]
    found["answered with a quotation"] = [Pair(a, f'"{a}"? {b}', copy=False) for a, b in REPLIES]
    found["generic, said by two"] = [Pair(text, text, copy=False) for text in GENERIC]
    found["other matter, same words"] = [Pair(a, b, copy=False) for a, b in SHARING]
    return found


def blind(number: int) -> list[Pair]:
    """Those of one of the four sets."""
    rows = [orjson.loads(line) for line in BLIND.read_bytes().splitlines()]
    return [Pair(row["a"], row["b"], row["copy"], row["kind"]) for row in rows if row["set"] == number]
