"""English: complaints, questions, requests and reports, shared by all domains; one production a line, see `grammar`."""

TROUBLE: dict[str, str] = {
    "opener": """Seriously, {brand}?
Hey {brand},
{brand} I am losing my patience.
So {brand} did it again.
Not sure who reads this at {brand}, but
Dear {brand},
Well done {brand}, and I do not mean that kindly.
Never thought I would have to write this about {brand}.
Been a {brand} customer for {3-19} years.
Third time this {span} with {brand}:
I usually defend {brand}, not today.
{brand}, what is going on?
Rant about {brand} incoming.
{brand} help please.
Is anybody home at {brand}?
My {day} courtesy of {brand}:
I gave {brand} one more chance.
Update on my saga with {brand}:
Hello from {city}, {brand}.
{brand} you had one job.
Absolutely fed up with {brand}.
What a mess, {brand}.
Honest question for {brand}: do you test anything?
{brand} review after {2-11} months:
My {relative} warned me about {brand}.
OK {brand}, I give up on the hotline.
Posting this publicly because {brand} ignores mail.
{brand} {brand} {brand}...
Can a human at {brand} look at this?
It is {2-11} {ampm} and thanks to {brand} I am wide awake.""",
    "consequence": """I missed {event} because of it.
That cost me {12-480} {money} and a whole {part}.
Nobody on the phone knew anything.
Waited {12-95} minutes on hold, then the line dropped.
The chat bot keeps asking me the same {2-6} questions.
My {relative} was in tears.
I had to borrow money from my {relative}.
We ended up paying {20-600} {money} out of our own pocket.
The agent, {agent}, just hung up on me.
Case {100000-999999} has been open for {2-9} weeks.
I have the screenshots, all {3-14} of them.
My {relative} in {city} has exactly the same thing.
Apparently that is my own fault.
The answer I got was copied and pasted, with the wrong name in it.
They promised a call back by {day}, nothing came.
I was told to wait another {3-14} working days.
So much for the promise on the web site.
This was sold to me as the premium option.
I even drove to {city} to sort it out in person.
Work had to wait, {event} had to wait, everything had to wait.
No mail, no text message, no apology.
{agent} at the desk was kind but had no power to do anything.
I counted {3-12} different excuses so far.
Now I am stuck in {city} with {2-4} kids.
My boss is not amused either.
The reference is {100000-999999} if anyone cares.
I am {adverb} disappointed.
And the same happened in {month}.
I only found out by accident.
Each colleague there tells me something else.""",
    "closer": """Fix it.
I want my money back.
Please sort this out today.
When will this be solved?
I am off to the competition.
Never again.
Who do I write to so that somebody acts?
Not acceptable.
How is this allowed in {2024-2026}?
I expect an answer by {day}.
Avoid.
Do better.
Somebody please own this.
Last warning before I cancel everything.
I am out.
This is time number {3-9} that I explain it.
Reply to my message, will you?
Anyone else?
{other} would not do this to me.
I will be talking to my lawyer.
Shame.
A refund is the least I expect.
Tell me what happens next.
Just call me.
I would give zero stars if I could.
Still waiting.
Sort your systems out.
Unbelievable.
Ridiculous.
I am telling everyone at {place}.""",
    "complaint": """{opener} {fault} {consequence} {closer}
{opener} {fault} {consequence}
{fault} {consequence} {closer} {brand}
{opener} {consequence} All because {because}. {closer}
{fault} {brand} {consequence} {fault} {closer}
{brand}: {fault} {consequence}
{opener} {because}, {because}, and then this: {fault} {closer}
{opener} {fault} {consequence} {personal}""",
    "personal": """Call me on +44 7700 900{100-999}.
My number is +44 7700 900{100-999}, after {2-6} pm.
Mail me: {name}.{agent_low}{10-99}@mail.example.
Write to {agent_low}{10-99}@post.example.
It was paid with card 4111 1111 1111 1111.
Send it to IBAN GB82 WEST 1234 5698 7654 32.""",
    "agent_low": "dana\nmarcus\npriya\nole\nsandra\ntomasz\nbea\nyusuf",
    "question": """{hello} {ask} {context}
{ask} {context} Thanks {brand}
{brand} {ask} {context} {thanks}
{context} {ask} Asking {brand} because {reason}.
{hello} {context} {ask} {thanks}""",
    "hello": """Hi {brand},
Hello {brand}!
Good {part} {brand},
Quick one for {brand}:
Question for the {brand} team:
{brand}, quick question.
Does anyone at {brand} know:
Can {brand} tell me:
Morning {brand},
Silly question maybe, {brand}:""",
    "context": """I could not find it on the site.
I am moving to {city} in {month}.
It is for my {relative}, who is {61-88}.
We are a family of {3-6}.
The help page is from {2015-2022}.
I asked in {city} and got two answers.
We would need it by {day}.
My {relative} says yes, the chat says no.
I have had my account since {2004-2023}.
It is about {2-9} people from {place}.
I need it for {event}.
The form does not say.
There is a note about it but no date.
I start at {place} next {span}.
My old contract ends in {month}.
I am colour-blind, so the chart does not help me.
I did read the terms, all {12-60} pages.
I am asking for a neighbour in {city}.
We only have until {day}, {2-11} {ampm}.
I looked at {other} too, for what it is worth.""",
    "thanks": """Thanks!
Thank you.
Cheers, {name}
Much appreciated.
Thanks in advance from {city}.
No rush.
Any hint helps.
Ta!
Grateful for a short answer.
Bit urgent, sorry.""",
    "reason": """the app does not say
nobody picks up
the store in {city} sent me here
my {relative} insists
I do not trust the chat bot
{other} could not tell me either
it changes every {span}
I have {day} off
this is the fastest way
I keep forgetting""",
    "request": """{please} {action}. {context} {thanks}
{brand} {please} {action}, {reason_short}. {thanks}
{hello} {please} {action}. Reference {100000-999999}. {context}
{context} {please} {action}, {brand}. {thanks}
{hello} {please} {action}. {personal} {thanks}""",
    "please": """could you please
I need you to
please
would you
kindly
can somebody
can one of you
I would like you to""",
    "reason_short": """I sent the form on {day}
the old one is wrong
I was told to ask here
agent {agent} said that you can
it is blocking {event}
I did all {3-9} steps on the page
my {relative} has the papers
the branch in {city} would not
it has been {2-20} days""",
    "report": """{report.lead} {defect} {report.detail}
{brand} {defect} {report.detail} {report.tail}
{defect} {report.detail} {brand} {report.tail}
{report.lead} {defect} {report.detail} {report.tail}""",
    "report.lead": """Heads-up for {brand}:
Bug report, {brand}:
{brand} security team, please look:
Found a problem at {brand}.
Warning to all {brand} customers:
Reporting this to {brand} because it looks dangerous:
FYI {brand},
To whoever runs IT at {brand}:""",
    "report.detail": """Seen {2-30} times since {day}.
It happens on version {2-9}.{0-20}.{0-9}, not on {1-8}.{0-9}.
Can be repeated in {2-7} steps.
My {relative} in {city} sees it too.
Started around {2-11} {ampm}.
I have a recording of {12-70} seconds.
It affects at least {3-60} people at {place}.
Only after the update of {month}.
I did not touch anything further.
Noticed it while preparing {event}.""",
    "report.tail": """Where can I send details?
Please confirm that you got this.
I will not post the details in public.
Take it down.
Should be looked at today.
Happy to help.
No reply from the security address so far.
Stay safe everyone.""",
}
