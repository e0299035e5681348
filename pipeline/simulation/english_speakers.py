"""English: reporters, investors, partners, authorities and people who are no customers yet."""

SPEAKERS: dict[str, str] = {
    "stakeholder.media": """Hi {brand}, the {city} {paper} here about {because_topic}. {press} {because}? {press.end}
{city} {paper}: {brand} faces questions after customers describe {because_topic}. {consequence} {press.end}
Press request to {brand}: we have {3-40} readers who tell us about {because_topic}. {consequence} {press.end}
{press} {because}? {press.end} {name}, {city} {paper}, to {brand}
{name} from the {paper} here. {consequence} A reader wrote that to us about {brand}. {press} {because}? {press.end}""",
    "press": """Is it true that
Can somebody confirm that
We hear that
A source says that
Documents show that
Would you comment on this:""",
    "press.end": """Deadline is {day}, {2-11} {ampm}.
More on page {2-30}.
Who speaks for you in {city}?
We print on {day}.
Our number in {city} is the usual one.
Reply before {2-11} {ampm}, please.
The piece runs on {day}, with or without a comment.""",
    "stakeholder.investor": """Will {because_topic} hit the {quarter} numbers of {brand}? {invest} {invest}
Holding {200-9000} shares of {brand}. {invest} {invest} {wish.tail}
{brand} margin down {1-9} points. {invest} The analysts' call in {month} had better cover {because_topic}.
{invest} {invest} Selling {100-900} shares of {brand}.
My fund in {city} owns {1-4} percent of {brand}. {invest} What about {because_topic}?""",
    "invest": """Churn is up {2-9} points in {month}.
Guidance is silent on it.
The dividend is what keeps me, {1-4} {money} a share.
{other} trades at {6-19} times earnings.
No word in the {quarter} report.
Cost in {city} grew by {3-14} percent.
The board in {city} should explain itself.
I asked at the meeting in {month}, no answer.
Debt falls due in {2026-2031}.""",
    "stakeholder.partner": """{brand}, your partner portal is down in {city} since {day}. {consequence} {thanks}
Our agency books {20-400} customers a month with {brand}. The commission for {month} is missing. {consequence} {closer}
As your supplier in {city} we need a contact at {brand} purchasing: order {100000-999999} is blocked. {context} {closer}
Partner {1000-9999} here: {please} {action} for a client of ours. {context} {thanks} {brand}""",
    "stakeholder.authority": """The consumer office in {city} looks into {because_topic} at {brand}. {notice} {notice}
Notice to {brand}: explain {because_topic} by {day}. {notice} {notice}
{city} police warn of callers who pretend to be from {brand}. {notice} {notice}
{notice} The regulator has asked {brand} about {because_topic}. {notice}""",
    "notice": """Reference {1000-9999}/{10-99}.
Affected customers may file until the end of {month}.
Hearing on {day} in {city}, room {2-40}.
{12-900} people have come forward so far.
The fine can reach {2-9} percent of sales.
Witnesses please call the office in {city}.
Papers of {month} must be kept.
A first report is due in {month}.""",
    "stakeholder.prospect": """Thinking of leaving {other} for {brand}. {ask} {context}
Never been with {brand} but after reading about {because_topic} I will think twice. {aside} {context}
Is {brand} any good in {city}? {ask} {context} {thanks}""",
}
