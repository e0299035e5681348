"""English: what goes wrong, is asked, wished and praised in a mobile network and in a shop; completes `domains`."""

from pipeline.simulation.domains import AIRLINE, BANK

MOBILE: dict[str, str] = {
    "fault": """No signal at {place} in {city} since {day}.
Billed {30-400} {money} for roaming that I had switched off.
My number {1000-9999} was given to somebody else.
The contract was extended by {12-24} months without my consent.
Data stops at {1-9} GB although I pay for {20-90}.
The technician missed the appointment on {day}, {2-4} times.
Calls drop after {1-5} minutes.
The router is dead, and the new one too.
Porting to {other} is stuck since {month}.
You cut off my {relative}, {70-93}, over {3-19} {money}.
The app wants an update, the update wants the app.
Speed at {place}: {1-4} Mbit of the {100-900} I pay for.
The SIM for {city} has been in the post for {2-6} weeks.
Invoice {100000-999999} is {20-200} {money} too high.
Voice mail deletes itself every {2-9} days.
The shop in {city} sold me a used phone as new.
A text every {2-9} minutes about an offer I declined.
Hotspot broken since version {2-9}.{0-20}.
The discount of {5-30} {money} ended {3-9} months early.
Three visits, {2-5} cables, still no line.""",
    "because": """the mast near {city} has been off since {day}
the contract says {12-24} months somewhere
the router update of {month} failed
nobody entered ticket {100000-999999}
the shop in {city} mixed up two SIM cards
the billing run went wrong""",
    "because_topic": """the network outage in {city}
roaming bills
contracts renewed without consent
missing coverage
unwanted texts
the data leak in {month}""",
    "ask": """is there coverage in {city} on the {2-9}th floor?
can I keep my number when I come from {other}?
what does roaming in {city} cost?
does the {colour} plan include {20-90} GB?
how do I set up the eSIM on a second phone?
when does the shop in {city} open on {day}?
is my {relative}'s old phone enough for the new network?
how do I read bill {100000-999999}?
which channel does the router use at {place}?
can I pause the contract from {month} to {month}?
is the mast near {city} under repair?
do I get a discount with {2-5} lines?""",
    "action": """send a new SIM to {city}
block number {1000-9999}, the phone was stolen
release my number for {other}
move the line to the new flat in {city} on {day}
cancel the {colour} plan as of {month}
send a technician on {day} after {2-5} pm
correct invoice {100000-999999}
switch off roaming for my {relative}
put the contract on my {relative}'s name
take me off the list for texts""",
    "idea.0": """unused data that rolls over to the next month
rolling over unused data into next month
data rollover, so that unused data is kept
keeping unused data for the next month""",
    "idea.1": """a family plan with a shared data pool
sharing one data pool in a family plan
family plans where we share the data
one shared data pool for the family""",
    "idea.2": """an eSIM for the watch on the same number
eSIM on my watch with one number
the same number on watch and phone by eSIM
a watch eSIM that uses my number""",
    "praise.core": """{agent} drove out to {city} at {7-10} pm to fix our line.
Full signal at {place}, even in the cellar.
Moved {2-5} numbers from {other} in {10-50} minutes.
Bill went down by {4-30} {money} and nobody had to beg.
The shop in {city} repaired the screen for free.
{300-900} Mbit in the garden!
They lent my {relative} a phone for {3-14} days.
Hotline: {4-30} seconds, one question, solved.
Roaming in {city} just worked.
{agent} noticed that I was on the wrong plan since {2015-2023}.""",
    "defect": """The account page lists calls of a stranger from {city}.
Texts with a link to {word}-parcel.example come from your own short code.
Cover of the mast near {place} hangs loose over the path.
Router opens port {1000-9999} to the outside since version {2-9}.{0-20}.
Anyone can reset a PIN by knowing a birthday.
Emergency calls from {city} end in silence.
The battery of the router from {month} swells up.
Somebody in the shop in {city} copies identity cards with a private phone.""",
    "surge.fact": """no network in all of {city}
zero bars since {2-11} {ampm} in {city}
no calls, no data, not even the emergency number
the network has been down for {20-95} minutes and I work from home
had to walk to {place} for wifi to write this, no signal anywhere
the outage took down {2-9} tills at {place}
my {relative} cannot reach the doctor, network gone
phone says SOS only since {2-11} {ampm}
{2-6} phones in this house, not one with signal
taxi apps, tickets, maps, all dead in {city} without the network
the whole street in {city} stands outside holding phones up
the router shows red, the mobile shows nothing
a text sent at {2-11} {ampm} still says pending
driving through {city} without a single mast
the outage map shows {20-90} towns in red
the alarm at {place} runs over this network and is off""",
    "cheer.fact": """gives everyone in {city} free data until the flood is over
free calls for all families in the flooded towns
{2-9} masts on trucks in {city} within {2-9} hours
staff carry phones to the shelters in {city}
{20-90} GB free for the whole of {month}
charging buses at {place} for everybody, customers or not
they lend {100-900} phones to people who lost theirs
bills of {month} cancelled in {city} and around
the shop in {city} stays open all night as a warm room
my {relative} got a new SIM by boat, no kidding""",
}

RETAIL: dict[str, str] = {
    "fault": """Order {100000-999999} has been on its way since {day}.
The {colour} jacket came in a size for a {animal}.
You charged {20-300} {money} twice for one parcel.
The parcel was left in the rain at {place}.
The website lost my basket {2-6} times.
The oven stopped after {2-14} days.
Half of the {3-12} plates were broken.
The voucher for {10-90} {money} is refused at the till in {city}.
Return {100000-999999} arrived {2-6} weeks ago, no refund.
The shop in {city} sent me away with the receipt in my hand.""",
    "because": """the warehouse in {city} counted wrong
the driver could not find number {2-90}
the label said {city}
the size table is from {1990-2015}
the till was offline""",
    "because_topic": """late parcels
refunds that do not come
the recall in {month}
working hours in {city}
broken goods""",
    "ask": """is the {colour} one in stock in {city}?
can I return order {100000-999999} in the shop?
how long does delivery to {city} take?
do you open on {day} before {8-11} am?
does the lamp need {2-6} batteries?
is there a spare part for model {100-999}?""",
    "action": """cancel order {100000-999999}
change the address to {city}
send the missing {2-5} screws
refund the {9-90} {money}
deliver on {day} after {2-6} pm
send an invoice for {month}""",
    "idea.0": """a repair service for old machines
repairing old machines as a service
repair service, also for old machines""",
    "idea.1": "delivery in reusable boxes\nreusable boxes for every delivery\nboxes for delivery that are reusable",
    "idea.2": "a size adviser with real people\nreal people in the size adviser\na size adviser that shows real people",
    "praise.core": """Ordered at {7-10} pm, here by {7-11} am.
{agent} in {city} sewed the button on while I waited.
The {colour} chair survived {3-20} years and {2-5} kids.
Refund after {2-20} hours.
They called me because the parcel looked damp.
Packed with a hand-written note for my {relative}.""",
    "defect": """The {colour} heater smells of smoke after {5-50} minutes.
The order page shows addresses of other people in {city}.
A fake shop at {word}-sale.example uses your pictures.
The high chair opens when a child leans back.
The discount field accepts negative numbers.""",
    "surge.fact": """all orders in {city} cancelled, money gone
{2-9} of my orders cancelled without a refund
parcels for {event} will not come, the warehouse in {city} is shut
the site is down and every order of this {span} is lost
charged {20-400} {money} and the order number {100000-999999} is unknown
the till in {city} takes money twice
{3-9} parcels marked as delivered, none arrived
the account shows orders of strangers from {city}""",
    "cheer.fact": """keeps all {40-900} jobs in {city}
the shop in {city} stays open and wages go up
free winter coats for every school in {city}
{2000-9000} meals for the shelters in {city}
repairs {20-90} wheelchairs for free
pays its staff for {2-9} days of helping in {city}""",
}

DOMAINS: dict[str, dict[str, str]] = {"airline": AIRLINE, "bank": BANK, "mobile": MOBILE, "retail": RETAIL}
