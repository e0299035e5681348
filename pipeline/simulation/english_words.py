"""English: short word lists that every domain uses, and texts that are about no subject at all."""

WORDS: dict[str, str] = {
    "day": "Monday\nTuesday\nWednesday\nThursday\nFriday\nSaturday\nSunday",
    "month": "January\nFebruary\nMarch\nApril\nMay\nJune\nJuly\nAugust\nSeptember\nOctober\nNovember\nDecember",
    "span": "week\nmonth\nquarter\nfortnight\nyear",
    "part": "morning\nafternoon\nevening\nday\nnight",
    "ampm": "am\npm",
    "money": "euros\ndollars\npounds\nEUR\nquid",
    "adverb": "deeply\ntruly\nmore than\nbeyond\nreally\nquite",
    "relative": """mother
father
sister
brother
neighbour
daughter
son
aunt
uncle
flatmate
wife
husband
grandmother
best friend
colleague""",
    "event": """my sister's wedding
a job interview
the school play
a funeral
the cup final
our anniversary
the trade fair
a concert
the exam
my first day at work
a hospital appointment
the conference
grandpa's birthday
moving day
a choir rehearsal
the marathon
the book club""",
    "place": """the office
the gym
our allotment
the choir
school
the town hall
work
the library
the hospital
the workshop
the bakery
our street""",
    "agent": "Dana\nMarcus\nPriya\nOle\nSandra\nTomasz\nBea\nYusuf\nMrs Hale\nMr Dunn\nJoy\nRuben\nKim\nAlba",
    "name": "Hana\nRob\nElif\nMoritz\nJudy\nSaoirse\nPeter\nMags\nDimitri\nWren\nLotte\nAbe",
    "paper": "Courier\nHerald\nObserver\nChronicle\nPost\nEcho\nTelegraph",
    "quarter": "first-quarter\nsecond-quarter\nthird-quarter\nfull-year",
    "colour": "blue\ngreen\norange\npurple\nteal\ngrey\nyellow",
    "food": "noodles\na sandwich\nsoup\npancakes\na curry\nice cream\ndumplings\ntoast",
    "animal": "cat\ndog\nparrot\nhamster\ntortoise\nneighbour's goat",
    "irrelevant": """{irr.lead} {irr.core} {aside} {irr.tail}
{irr.core} {aside} {irr.tail}
{irr.core} {irr.lead_low} {irr.core}
{irr.lead} {irr.core} {irr.core}
{aside} {irr.core} {irr.lead_low} {aside}
{irr.core} {aside} {aside}""",
    "irr.lead": """Good {part} everyone.
Mood today:
Hot take:
Small win:
Status from {city}:
Nobody asked, but
{day} thoughts:
Dear diary,
Note to self:
OK so
Can confirm:
Overheard at {place}:""",
    "irr.lead_low": "Also,\nAnd then\nMeanwhile\nOh, and\nIn other news:",
    "irr.tail": """That is all.
Send {food}.
My {relative} disagrees.
Happy {day}!
Do not ask.
Worth it.
{event} next.
Only {2-40} more to go.
Back to bed.
Pictures later.
Ten out of ten.
See you in {city}.
Regrets: {2-9}.
The {animal} approves.""",
    "irr.core": """The tomatoes on my balcony finally turned red after {40-90} days.
I ran {3-21} kilometres before breakfast and my {relative} still overtook me.
It has rained in {city} for {3-19} days.
My {animal} knocked over the {colour} vase from my {relative}.
Chapter {3-40} of this novel is nothing but a description of {food}.
The new season starts on {day} and I have not seen the old one.
Whoever invented {food} deserves a statue in {city}.
We lost {2-5} to {1-3} and the referee is from {city}.
My sourdough is {3-12} years old and has a better social life than me.
Why do socks vanish? I am down to {3-11} pairs.
Learned {12-80} words of Finnish, can order {food} now.
The choir sings in {month} and I still croak.
Chess: lost to a child of {6-11} in {12-40} moves.
Painted the kitchen {colour}, my {relative} says it is {colour}.
The moon over {city} tonight, people.
{2-9} coffees in and it is only {7-11} am.
My {relative} has opened a stall for {food} at {place}.
Compiling took {3-50} minutes, so I learned to juggle.
A heron ate {2-12} fish from the pond at {place}.
Found a letter from {1931-1989} behind the wardrobe.
The bus driver in {city} hums and it makes my {day}.
Planted {5-60} bulbs, the squirrels dug up {2-30}.
Has anybody ever finished a crossword on a {day}?
Started the guitar at {35-70}, neighbours are patient.
The library in {city} lends out cake tins!
Our team quiz was won by a {animal}.
Snow in {month}, of course.
My {relative} collects spoons and owns {40-900} of them.
If you need me I am under the {colour} blanket.
The baker saved me the last {food}, I could cry.
Wrote {200-3000} words today, deleted most of them.
Somebody at {place} keeps feeding the {animal} crisps.
Went to {city} for {event}, came home with a {animal}.
Yoga at {5-7} am sounded good yesterday.
There is a street in {city} that smells of {food} all day.
My telescope showed {2-4} moons of Jupiter.
I repaired the bicycle with a hair clip and {2-7} cable ties.
Level {12-99} took me {2-9} evenings.
Politics at the dinner table: {1-1} vase, {3-6} broken plates.
The train museum in {city} is better than it sounds.""",
    "homonym": """My niece is called {word} and turned {2-14} on {day}. {aside} {irr.tail}
A song named "{word} Nights" is number {1-40} in the charts in {city}. {aside} {irr.tail}
Painted the hallway in a shade called {word}, my {relative} calls it {colour}. {aside} {irr.tail}
Stayed in a village named {word} for {2-9} days, population {40-900}. {aside} {irr.tail}
The horse {word} won by {2-9} lengths on {day}. {aside} {irr.tail}""",
}

CITIES = (
    "Leeds", "Porto", "Graz", "Malmo", "Ghent", "Cork", "Lyon", "Bilbao", "Turin", "Gdansk", "Brno", "Split", "Tartu",
    "Bergen", "Aarhus", "Dundee", "Halifax", "Tampa", "Boise", "Tucson", "Perth", "Cardiff", "Nantes", "Kassel",
    "Bremen", "Sevilla", "Vigo", "Linz", "Basel", "Utrecht",
)  # fmt: skip
