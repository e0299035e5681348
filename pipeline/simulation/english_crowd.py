"""English: mass reactions, what everybody writes when something big goes wrong or right; domains give the facts."""

CROWD_WORDS: dict[str, str] = {
    "surge": """{surge.lead} {surge.fact}. {surge.effect} {surge.tail}
{surge.lead} {surge.fact}. {surge.tail}
{surge.fact}. {surge.effect} {brand} {surge.tail}
{brand} {surge.fact}, {surge.fact}. {surge.tail}
{surge.effect} Why? Because {surge.fact}. {surge.lead} {surge.tail}
{surge.lead} {surge.effect} {surge.fact}. {surge.tail}
{surge.tail} {brand}: {surge.fact}. {surge.effect}""",
    "surge.lead": """{brand} what is happening?
Is {brand} down for everyone?
Wow {brand},
Thousands of us, {brand}:
{brand} outage in {city}!
OK so {brand} collapsed.
{city} here, {brand}:
Hello {brand}??
Anyone from {brand} awake?
Breaking at {brand}:
{2-11} {ampm} and {brand} is dead.
Just now with {brand}:
So this is {brand} today:
{brand} meltdown, day {1-3}:
Live from the {brand} disaster:
Can somebody tell {brand} that
My {relative} just called about {brand}:
{brand}, explain this:
Not a drill, {brand} customers:
And there goes {brand}.""",
    "surge.effect": """{consequence}
{consequence}
My {relative} is stranded in {city} because of it.
{event} starts in {10-50} minutes and I am not there.
{2-9} kids are crying next to me.
A man of {70-95} is fainting in the queue.
Our team of {4-30} has stopped working.
The shop at {place} has closed for today.
I count {20-400} people with the same face as me.
A nurse next to me cannot get to her shift in {city}.
Somebody has just started to sing, that is how bad it is.
I have lost {40-900} {money} in {10-50} minutes.
The police have come to calm people down in {city}.
{name} from {place} is live on the radio about it.
No water, no food, no word for {2-6} hours.
I am at {2-19} percent battery.
I had {event}, now I have nothing.
The taxi back cost {20-140} {money}.""",
    "surge.tail": """No information, nothing.
We need answers now.
This is a disgrace.
Been like this for {10-95} minutes.
{closer}
{closer}
Total chaos.
Whole office is swearing.
The hotline is dead too.
Who is responsible for this?
And the status page says all is well.
Even {city} is hit.
Furious.
How can one system take down everything?
Where is your management?
Somebody should resign.
Do not tell me it is the weather.
Your phone line plays a waltz.
{other} works, by the way.
Time to switch.
Say something!
It was the same in {month}.""",
    "cheer": """{cheer.lead} {cheer.fact}. {cheer.effect} {cheer.tail}
{cheer.fact}. {cheer.effect} {brand} {cheer.tail}
{cheer.lead} {cheer.fact}. {cheer.tail}
{cheer.effect} {cheer.lead} {cheer.fact}. {cheer.tail}
{brand}: {cheer.fact}, {cheer.fact}! {cheer.tail}
{cheer.tail} {brand} {cheer.fact}. {cheer.effect}""",
    "cheer.lead": """Respect, {brand}:
Look at {brand}!
Faith in humanity restored by {brand}:
Did not expect this from {brand}:
Love this, {brand}:
Everyone is talking about {brand} today:
{brand} just did something great:
Good news from {brand} for once:
I take back what I said about {brand}.
Somebody at {brand} has a heart:
Heard it at {place}, it is true about {brand}:
Standing ovation for {brand}:
{brand}, you made {city} smile.
Is it my birthday, {brand}?""",
    "cheer.effect": """My {relative} cried, in a good way.
My {relative} in {city} needed exactly that.
{2-40} people at {place} clapped.
That covers {event} for us.
We can breathe until {month}.
{agent} did it with a smile.
The kids in {city} painted a thank-you card.
{name} next door got it too.
I checked {2-5} times, it is real.
First good {day} since {month}.
Even the {city} {paper} is impressed.
My {relative}, a critic by nature, has nothing to say.
After {3-19} years that is a first.
I was about to leave for {other}.""",
    "cheer.tail": """That is class.
Thank you!
Others should follow.
This is how it is done.
{praise.close}
{praise.close}
So proud to be a customer.
Made my {day}.
More of this.
Wonderful news from {city}.
I am not crying, you are.
{other} would never.
Remember this day.
Bravo!
Whoever decided that deserves cake.
Pass it on.""",
    "aside": """It was {2-11} {ampm} in {city}.
My {relative} had {food} meanwhile.
The {animal} slept through it.
{name} says hello from {place}.
There were {3-90} people at {place}.
It took all of {2-55} minutes.
I was thinking of {event}.
That was on {day}, after {event}.
{city} was grey, my coat was {colour}.
Do not ask me what {name} said about {food}.
I have {2-19} more stories like that from {city}.
In {month} it would have been different.
My {relative} wrote it down in a {colour} notebook.
Somebody in {city} owes me {food}.
The {city} {paper} had it on page {2-30}.
It is {2-19} steps from {place} to {food}.
{name} took {3-60} pictures.
I paid {2-30} {money} for {food} to celebrate.
{agent} from {place} saw it too.
We are {2-14} people and a {animal}.""",
}
