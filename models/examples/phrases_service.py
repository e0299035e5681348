"""Sentences of our own, by intent and by feeling: templates for `phrases.filled`."""

# ruff: noqa: E501  # a template is one line

from __future__ import annotations

from typing import Final

COMPLAINT: Final = """
{firm} {still|I am still} waiting for my {thing} after {while}
{firm} been on hold for {while}, nobody {answers|picks up}
{firm} my {thing} {never arrived|has not arrived|is late again|was cancelled without notice|is delayed by {while}}
my {thing} arrived {broken|damaged|scratched|in pieces|half empty|with parts missing} and {nobody replies|support ignores me}
{firm} you {charged me twice|overcharged me|took money from my account twice|billed me for a {thing} I never ordered}
{firm} how can you lose my {thing}{?| again?|?!}
{firm} why is {your|the} {product|website|app} down {again|all day|for the third time this week}?
{firm} where is my {thing}? {it was due {day}|it has been {while}|no update for {while}}
{firm} why does nobody {answer|reply|respond|call back}{?|??}
the {product} {keeps crashing|crashes every time I open it|freezes constantly|won't load|stopped working after the update|is full of bugs}
your {product} is {bad}, {it never works|waste of money|do not buy it|I want my money back}
worst {service|experience|company|airline|bank|hotel|app} ever, {never again|avoid|I am done|never coming back}
{firm} {three|two|four} {emails|calls|messages} and no {reply|answer|response} {from anyone|at all|yet}
the {staff} {was|were} {rude|so rude|unhelpful|clueless|no help at all|laughing at us}
{firm} your {staff} {hung up on me|ignored us|gave me wrong information|lied to me|could not care less}
{firm} {cancelled|changed} our {flight|booking|order|appointment} and {no one told us|refuses to refund|left us standing there}
{while} {late|delay} and {no explanation|counting|still sitting here|no sign of it|nobody knows anything} {firm}
{firm} I have been a customer for years and this is how you treat us
paid for {next day|express|priority} delivery and {it took {while}|nothing came|still nothing}
{firm} this is {unacceptable|ridiculous|beyond a joke|a disgrace|not good enough|so frustrating}
no {hot water|wifi|heating|signal|power|seats|food} {again|at all|for {while}} {firm}
not {happy|impressed|good enough|acceptable} {firm}, {sort it out|do better|fix this}
{firm} refund {promised {while} ago|still not in my account|refused|nowhere to be seen}
can't {log in|pay|check in|reach anyone|get through|open my account} {firm}, {so annoying|this is useless|come on|not again}
the {product} used to be {good|great}, now it {is {bad}|never works|is full of ads|drains the battery}
I {want|demand} {my money back|a refund|an explanation|to speak to a manager}, this is {bad}
{firm} you {lost|ruined|broke|forgot} my {thing} and {nobody apologises|nobody cares|all I get is a voucher}
{firm} {thanks for|great job} {ruining my day|losing my bag|the {while} wait|nothing|cancelling on us}
thanks {firm} for {leaving us stranded|another delay|the worst service|making me miss my connection|nothing}
{uninstalled|deleted|cancelled}, {too many ads|it stopped working|constant crashes|support is useless|the new update ruined it}
doesn't work{| anymore| on my phone| at all}, {waste of money|very disappointed|please fix|one star}
{firm} is {bad}. {food was cold|room was dirty|queue of {while}|order was wrong|delivery never came}.
{firm} seriously{?| guys?} {another|yet another} {delay|outage|cancellation|fee|price increase|crash}
so {disappointed|frustrated|angry|annoyed|fed up} with {firm} {right now|today|again|}
never {fly|shop|stay|order|bank|book} with {firm}, {they {cancelled|lost|ruined} everything|nothing but problems|worst ever}
{firm} been {sitting|stuck|standing} {on the plane|at the {place}|on the tarmac|in line|in this queue} for {while}
{firm} your website {is down|won't let me pay|gives me an error|keeps timing out|does not work}
my {card|payment|transfer} was declined {again|for no reason|twice today} {firm}
{firm} missed my {connection|flight|appointment|train} because of {you|your delay|your mistake}
{firm} please explain why {I was charged twice|my {thing} is not here|it takes {while}|nobody answers the phone}
"""

PRAISE: Final = """
{firm} {thank you|thanks|thank you so much|many thanks|big thanks} for {the quick help|a great flight|fixing it so fast|your help today|sorting it}
{firm} your {staff} {was|were} {good}, {made my day|so helpful|really kind|thank you}
shout out to {firm} for {the {good} service|getting us home|the upgrade|going the extra mile}
shoutout to the {staff} at the {place}, {good}!
{love|loving|really love|absolutely love} the {product}{!| , well done|, works like a charm|, so easy to use}
best {service|experience|flight|meal|app|hotel|customer service} {ever|I have had in years|in town}{!|!!}
{firm} {kudos|props|hats off|respect|well done} to your {staff}
just {got|received|opened} my {thing} from {firm} and it is {good}{!|}
the {product} is {good}, {highly recommend|would buy again|five stars|worth every penny|exactly what I needed}
very {happy|pleased|satisfied|impressed} with {the service|my {thing}|the {product}|how fast it came}
{firm} you {rock|guys rock|are the best|are amazing|saved my day|made my week}{!|}
{thank you|thanks} {firm}{, problem solved|, got it|, all sorted now|, you were right|!|, appreciate it|, great service}
great {job|work|service|update|support|crew} {firm}{!|, thank you|, keep it up}
{firm} impressed by how {fast|quickly|kindly} {you answered|it was fixed|they helped|my {thing} came}
works {perfectly|great|like a charm|flawlessly}, {easy to use|no complaints|love it|great app}
awesome {app|game|phone|product|service}{!|, love it|, best one out there|, five stars}
{firm} arrived {early|a day early|on time}, {friendly {staff}|smooth flight|well packed}, {good}
really appreciate the {help|quick reply|support|kindness} {firm}
can't {recommend|thank} {firm} enough{!|, {good} people}
{so|very} {excited|happy} about {the new {product}|flying with {firm}|my new {thing}}{!|}
"""

QUESTION: Final = """
{firm} {do you|does it|can I|will you} {ship to {town}|open {day}|offer {feature}|have {feature}|accept cash|fly to {town}}?
{firm} what {time|day} {do you open|does the {place} close|is check in|does the sale start}{ {day}|}?
how {do I|can I|to} {change my {thing}|reset my password|add a second user|track my {thing}|check the status of my {thing}|use {feature}}{?|}
how {long|much} does {it|a {thing}|shipping|a transfer} {take|cost}{| to {town}}?
{firm} is {there|it possible to get} {feature}{?| {day}?}
{firm} which {plan|card|ticket|size|model} {do I need|is best for families|includes {feature}}?
where can I {find|buy|pick up|see} {my {thing}|the {product}|the terms|{feature}}?
is the {product} {compatible with linux|available in {town}|waterproof|coming back|worth it}?
{firm} when {will|does} {the {product}|{feature}|the sale|boarding|registration} {come out|start|be available|begin}?
does anyone know {if|whether|how} {the {place} is open {day}|{firm} ships to {town}|to use {feature}}?
{firm} {can|could} you {tell me|say|confirm} {if|whether|when|how} {you are open {day}|it ships to {town}|{feature} is planned}?
what is the {difference between the two plans|baggage allowance|return policy|best way to reach you|fare to {town}}?
question: {how does {feature} work|what happens when my plan ends|why do you need my address}?
{firm} do I need {a visa|an id|to print my ticket|to be at home|to bring {feature}}{ for {town}|}?
why {is|does} the {value|result|output|function} {null|empty|return an error|differ between versions}?
how to {use|configure|set} {feature} with {react|python|docker|typescript|the api}?
what does {this warning|error 4{1|2}|the second parameter|this fee} mean?
any {plans|idea when|news on} {feature|flights to {town}|a new {product}}?
"""

REQUEST: Final = """
{firm} please {add|bring back|consider adding|give us|include} {feature}
{firm} {could|can|would} you please {add {feature}|send me a link|dm me|call me back|change my {thing}|cancel my {thing}|resend my {thing}}?
it would be {great|nice|good|helpful} {if|to have} {you had {feature}|{feature}|there was {feature}}
{feature} would be {great|a nice addition|really useful|very helpful}{| in the next version}
I {wish|would like|would love} {there was {feature}|to see {feature}|you offered {feature}|to have {feature}}
needs {feature}{|, otherwise fine|, then five stars}
feature request: {feature}{| for the {product}| in settings}
[feature]: {support|allow|add|provide} {feature}
{please|pls|plz} {add|make} {feature}{| available| an option| for android}
I {want|need|would like} to {cancel|change|upgrade|return|book|move|renew} my {thing}{ please|}
{cancel|change|upgrade|book|renew|close|block} my {thing}{ please| for {day}|}
{firm} I {need|want} to change {my address|the name on my {thing}|my seat|my appointment to {day}}
please {unsubscribe me|remove my data|refund my {thing}|send the invoice again|call me {day}|check your dms|follow so I can dm you}
{firm} {check|please check|see} {your|} dm{s|} {please|}
suggestion: {feature}{ would help|}
{firm} you should {add|offer|really have} {feature}
any chance {you could|of} {adding|getting} {feature}?
{add|support|allow|enable|expose|provide|implement|introduce} {an option for|support for|a flag for|a setting for|} {feature|custom headers|typescript 5|nested routes|arm64 builds|async callbacks|utf-8 names}
{proposal|rfc|enhancement|feature}: {{feature}|make the timeout configurable|deprecate the old api|allow plugins|better error messages}
{there should be|please make|please provide|you need to give} {an option to|a way to|the ability to} {delete {all|old} messages|turn off sounds|sort by date|zoom|move it to the sd card|use {feature}}
{it|this app|the game} {would be|would get} {better|perfect|five stars|5 stars} {if you|if it} {add|added|had|could use} {feature}
{hope|hoping} {you|they} {add|bring back|include} {feature} {soon|in the next update|}
{why not|how about} {add|adding|make|making} {feature}{ available|}?
{make|let} {it|us|the {product}} {work|run|choose} {without internet|on tablets|in the background|our own colours|on android too}
{good|nice|great} app but {needs|please add|it lacks|I miss} {feature}
{docs|documentation|readme}: {add|clarify|explain|link} {an example|the install steps|how {feature} works}
"""

REPORT: Final = """
{breaking:|update:|} {power is out|road closed|water main burst|fire reported|trains suspended|bridge closed} {near|in|at} {town}{| {link}}
{firm} FYI {the lift at the {place} is broken|your site shows the wrong price|the form link on your page is dead|the sign at the {place} is down}
[bug]: {the {product} crashes when|error on|wrong result after|memory leak when} {opening settings|saving|upgrading to version 4|parsing dates}
bug: {clicking save does nothing|dialog does not close|build fails on windows|crash on startup|scroll position is lost}
steps to reproduce: {open the {product}, click save, see error|install version 3, run the tests|log in, rotate the screen}. expected: no error
{outage|service disruption|error 503} {since this morning|in {town}|on the {product}}, {several users affected|confirmed by status page}
I {lost|reported} my {card|phone} {yesterday|in {town}|this morning}{, please block it|}
police {say|confirm} {two people injured|road reopened|suspect arrested} in {town} {link}
{firm} {shares|profits} {fell|rose} {5|3} percent {after results|on news of new ceo|in the second quarter} {link}
{firm}'s {ceo|new boss|chief} {seeks|says|announces|plans} {new routes|job cuts|a merger|expansion} {link}
{someone is using my card|my account was hacked|there are payments I did not make}
there is a {gas leak|broken cable|fallen tree|fire} {at|near} the {place} in {town}
{error|exception|segfault|hang|regression|crash} {when|while|after} {calling|loading|importing|updating to} {the client|a large file|version {2|3|19}|the module} {on windows|in safari|with python 3.12|}
{function|method|hook|component|selector|build} {returns|throws|gives|renders} {the wrong value|undefined|twice|an exception} {when the list is empty|in strict mode|on mobile|}
{scroll|keyboard|login|cache|memory|layout} {does not|doesn't|fails to} {work|update|reset|close} {in|on|with} {safari|dark mode|the latest release|android 14}
[{bug|regression}] {broken|incorrect|missing|unexpected} {types|output|warning|focus|padding} {in|for|after} {the dialog|version 5|nested lists}
typeerror: cannot read {property of undefined|null value} {when calling render|in version 2|after upgrade}
"""

OTHER: Final = """
good {morning|night|evening} {everyone|world|twitter|all}
{happy|merry} {birthday|christmas|friday|new year} {to my sister|everyone|}
{watching|just watched} {the game|a film|the news} with {friends|my brother|the kids}
{lol|haha|omg|lmao} {that is so true|I can't even|same here|you are crazy}
on my way to {work|school|the gym|{town}}
{at|just arrived at} the {place} {|with the family|in {town}} {link|}
{she|he} {said|told me} {nothing new|we are going {day}|to call later}
I {think|guess|believe} {we should go|it will rain|he is right|so}
see you {day}{| at the {place}}
new {post|article|video|photo}: {my trip to {town}|the history of tea|ten facts about rivers} {link}
{I'm|we are} {at|in} {town} {today|this week}
who {else|} is watching {the match|this|tonight}?
{yes|no|ok|sure|thanks|maybe}{, let me see|, later|, fine|}
"""

NEUTRAL: Final = """
{going|heading|off} to {town} {day} {with friends|for work|by train|}
{the|a} {{product}|concert|match|meeting|show} {starts|is|opens} {day} {in {town}|at 8|}
{just|} {posted a photo|checked in|arrived} @ {town} {place} {link}
{firm} announces {new routes|its results|a new {product}|an event} {day} {link}
{watching|listening to|reading about} {the game|the news|the election|some music} {day}
{firm} I {am flying|will travel|fly} to {town} {day}
{firm} {following|dm sent|sent you a dm|will do|ok|my number is 123456|it was flight 1234}
what {are you doing|is on tv|time is it|is everyone doing} {day}?
who is {playing|going|working|coming} {day}?
{president|minister|mayor} {speaks|to visit|meets leaders} in {town} {day}
{first|second|third} {day|half|game|episode} {of|in} {the season|june|the series}
"""

GLAD: Final = """
{can't|cannot} wait {for|to see} {the concert|you|the game|my holiday|this film} {day}{!|!!|}
so {excited|happy|proud|grateful|blessed} {for|about} {tomorrow|this|my team|the weekend|my new job}{!|}
{what a|such a} {great|beautiful|lovely|perfect|fun} {day|night|game|weekend|show}{!|}
looking forward to {seeing you|the weekend|{town}|the show} {day}
{I love|loved|we love} {this song|this show|my family|that film|{town}|you guys}{!| so much|}
{congrats|congratulations|well done} {to the team|on the new job|bro|on the win}{!|}
{had|having} {a great time|so much fun|the best day} {in {town}|with friends|at the show}
good {luck|times|vibes|music|food} {today|with friends|}{!|}
{yay|woohoo|finally}{!|,} {it's friday|we won|I passed|got tickets}
{thank you|thanks} {for the follow|everyone|god|mom}{!| for everything|}
"""

SAD: Final = """
{I hate|hate} {mondays|this weather|my job|when that happens|waiting|exams}
so {tired|sad|bored|sick|stressed|angry|upset} {today|right now|of this|of everything}
{worst|what a terrible|what a horrible} {day|night|game|week|season}{ ever|}
{missed|missing} {the bus|my family|you|the show}{, great start|, so sad|}
{I feel|feeling} {sick|awful|alone|like crap|terrible|ill}
{can't|cannot} {sleep|believe he died|stand this|do this anymore}
{rip|so sad to hear about} {the victims|him|a legend|those kids}
{my {head hurts|phone broke|car broke down|exam went badly}|I lost my keys|I failed}
{they|we} lost {again|the game|everything}{, so bad|, gutted|}
{nobody|no one} {cares|listens|helped|came}
{this|that} is {so wrong|disgusting|depressing|a tragedy|heartbreaking|not fair}
"""
