"""English: wishes, praise, chatter and answers, shared by all domains; one production a line, see `grammar`."""

from pipeline.simulation.english_crowd import CROWD_WORDS
from pipeline.simulation.english_speakers import SPEAKERS
from pipeline.simulation.english_trouble import TROUBLE
from pipeline.simulation.english_words import WORDS

ENGLISH: dict[str, str] = {
    **WORDS,
    **TROUBLE,
    **SPEAKERS,
    **CROWD_WORDS,
    "wish": """{wish.lead} {idea} {wish.why}
{wish.lead} {idea} {wish.tail}
{idea}: {wish.lead_in} {brand}! {wish.why}
{brand}, {wish.plea} {idea}? {wish.why}
{wish.why} {brand}, {wish.plea} {idea}? {wish.tail}
{context} So {wish.lead} {idea}""",
    "wish.lead": """I wish {brand} had
It would be great if {brand} offered
Feature request for {brand}:
{brand} should really introduce
My one wish for {brand}:
Dear {brand}, give us
What {brand} is missing is
If {brand} ever adds
Idea for {brand}:
How about this, {brand}:
All I want from {brand} is
Somebody at {brand} please build""",
    "wish.lead_in": """that is what I would love from
when do we get it,
simple idea, free of charge, for
please think about it,
the thing I miss most at
would switch everything to you for it,
not that hard to build, is it,""",
    "wish.plea": """any chance of
could we get
have you thought about
what about
when will there be
why is there still no""",
    "wish.why": """{other} has had it since {2016-2024}.
It would save me {5-50} minutes every {span}.
My {relative} would use it daily.
I would pay {1-9} {money} extra for it.
Everyone at {place} asks for it.
I suggested it in {2017-2024} already.
We would need it most in {month}.
It would make {event} so much easier.
Half of my colleagues left for {other} because of it.
There are dozens of us!
It cannot be that hard.
I drew a little sketch, happy to send it.""",
    "wish.tail": """Please!
Anyone else want this?
I would be a customer for life.
Pretty please.
Who is with me?
Just saying.
One can dream.
Make it happen.
My {relative} agrees.
Take my money.""",
    "praise": """{praise.lead} {praise.core} {aside} {praise.close}
{praise.core} {praise.lead} {praise.close}
{brand} {praise.core} {aside}
{praise.lead} {praise.core} {praise.core} {praise.close}""",
    "praise.lead": """Credit where it is due, {brand}.
Big thank you to {brand}!
Shout-out to {agent} at {brand}.
Hats off, {brand}.
People only ever complain, so here is the other side: {brand} was brilliant.
Not an ad: {brand} made my {day}.
{brand} just won a fan.
Pleasantly surprised by {brand}.
Love {brand} for this.
{brand} in {city}: wow.
Thank you {brand}!
Today {brand} did everything right.""",
    "praise.close": """Thank you!
Keep it up.
My {relative} is still smiling.
Five stars.
That is how you do it.
Give {agent} a raise.
{other}, take notes.
Will be back in {month}.
Made {event} possible.
I have told everyone at {place}.
So happy.
More of this please.""",
    "chatter": """{chatter.when} {brand} {chatter.what} {aside} {chatter.tail}
{brand} {chatter.what} {aside} {chatter.tail}
{chatter.when} I saw that {brand} {chatter.news}. {aside} {chatter.tail}
{brand} {chatter.news}. {chatter.tail} {aside}
Unpopular opinion: {brand} {chatter.view}. {aside} {chatter.tail}
{aside} Also, {brand} {chatter.news} and {chatter.view}. {aside}
{name} and I were talking about {brand} {chatter.when_low}. Turns out it {chatter.view}. {chatter.tail}
{chatter.tail} Anyway, {brand} {chatter.view}. {aside}""",
    "chatter.when": """This {part}
On my way to {event}
While waiting in {city}
Yesterday at {place}
Between two meetings
Somewhere near {city}
On {day}
Last {span}
In the queue for coffee
During {event}""",
    "chatter.when_low": """over lunch in {city}
at {place}
on the way to {event}
last {day}
for {20-90} minutes
while painting the fence""",
    "chatter.what": """ad before every single video again.
posters all over {city}.
logo on a bus, a mug and a dog.
people handing out {3-30} kinds of stickers.
name came up in a quiz, I got it right.
hold music is stuck in my head.
van parked outside {place}.
stand at the fair in {city}.
newsletter arrived, {2-14} pictures and no text.
jingle sung by my {relative}.
colours in the sunset over {city}.
T-shirt on a stranger at {place}.""",
    "chatter.news": """opened something new in {city}
sponsors the {city} marathon
has a new boss from {other}
changed the logo once more
hires {20-900} people in {month}
turns {10-90} this year
made a film with my favourite actor
moved the head office to {city}
signed a deal with {other}
plants {1000-9000} trees
had a quiz night at {place}
is in the crossword today""",
    "chatter.view": """is neither better nor worse than {other}
has the nicest shade of {colour}
was more fun in {1995-2018}
ought to stick to what it does
is fine, really
sounds like the name of a band
gets more attention than it needs
would be a good name for a cat
has been in the news a lot in {month}
is where half of {city} works""",
    "chatter.tail": """Make of that what you will.
My {relative} laughed.
{event} was nice, by the way.
No opinion, just noticed.
{city} looks good in {month}.
Anyway, back to work.
Third time this {span}.
That was my {day}.
Who designs these things?
Took me {2-40} seconds to notice.
{other} will be jealous.
Funny old world.
Now I want {food}.
The {animal} did not care.""",
    "short": """love {brand}
{brand} rocks
thanks {brand}
{brand} lol
ugh {brand}
{brand} again""",
    "followup": """{brand} any update? {consequence} {aside}
Still nothing from {brand} after {2-9} hours. {consequence} {closer}
{brand} I sent you the details {12-90} minutes ago. {consequence} {closer}
@{handle} that did not help. {consequence} {closer}
Just so {brand} knows: {consequence} {consequence} {closer}
{brand}, I tried that twice in {city}. {consequence} {closer}
{consequence} And {brand} is silent. {closer}
{day}, {2-11} {ampm}, still the same, {brand}. {aside} {closer}""",
    "same_here": """Same here in {city}, {brand}. {consequence} {closer}
@{handle} me too, since {day}. {brand} {consequence} {closer}
+1, {brand} told my {relative} the same. {consequence} {aside}
@{handle} you are not alone. {brand} {consequence} {closer}
{consequence} So no, it is not only you. {brand} {closer}""",
    "answer": """Worked for me with {brand}: {remedy}, wait {2-30} minutes. Did it in {city} {event_hint}.
Had that too. {remedy} and it was gone. {brand} support told my {relative} the same.
You do not need to call {brand}. {remedy}; it is under settings, the {ordinal} entry. {wish.tail}
Solved it like this: first {remedy}, then restart. {brand} should put this on the help page.""",
    "ordinal": "second\nthird\nfourth\nlast",
    "remedy": """sign out on every device and in again
ask for form {10-99}B
switch the language to English and save
remove the old card first
use the web site instead of the app
press the star key {2-4} times at the menu
delete the saved address
change the date format in the profile""",
    "event_hint": """in {month}
on {day}
before {event}
twice""",
}
