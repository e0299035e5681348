"""English: what goes wrong, is asked, wished and praised in an airline, a bank, a mobile network and a shop."""

AIRLINE: dict[str, str] = {
    "fault": """Flight {100-999} to {city} was cancelled {2-50} minutes before boarding.
My suitcase went to {city}, I did not.
Bag number {100000-999999} has been lost since {day}.
We sat on the tarmac in {city} for {2-6} hours without water.
Seat {2-38}C was broken and soaked with something.
Your site charged me twice for the flight to {city}.
Delayed by {3-14} hours and not one announcement at the gate.
The app crashes whenever I open my boarding pass.
I was bumped off flight {100-999} although I checked in {20-40} hours ahead.
The pushchair came out of the hold in {2-5} pieces.
Rebooked us through {city} and {city}, {14-30} hours for a trip of two.
The crew on {100-999} shouted at my {relative}.
Voucher {1000-9999} is refused at checkout, every time.
You changed the departure to {4-6} am without telling anyone.
The wheelchair for my {relative} never came to gate {2-60}.
Business class, {400-2900} {money}, and the screen was dead for {5-11} hours.
The refund for {month} is still missing.
They weighed my hand luggage {2-4} times and took {40-90} {money}.
Check-in in {city} had one open desk for {200-400} people.
The meal was frozen in the middle on flight {100-999}.""",
    "because": """flight {100-999} left without half of us
the bags stayed in {city}
nobody planned a crew for the {2-11} {ampm} departure
the desk in {city} closes at {5-9} pm
the booking engine lost {2-6} names
the gate changed {3-5} times""",
    "because_topic": """stranded passengers in {city}
lost luggage
the cancelled flights in {month}
missing refunds
crew shortages
charges for hand luggage""",
    "ask": """does the fare to {city} include a checked bag?
can I bring a cello of {4-9} kg as hand luggage?
how long before take-off does the desk in {city} open?
is a passport valid until {month} enough for {city}?
can my {relative} change the name on ticket {100000-999999}?
where do I add {200-900} missing miles?
is flight {100-999} still leaving from terminal {1-5}?
do children of {2-11} get their own seat?
may the {animal} travel in the cabin to {city}?
is there a vegan meal on the {2-11} {ampm} flight?
can I rebook from {day} to {day} for free?
how do I get an invoice for flight {100-999}?""",
    "action": """move my {relative} and me next to each other on flight {100-999}
send the invoice for ticket {100000-999999}
add a wheelchair to the booking for {city}
rebook us from {day} to {day}
cancel seat {2-38}A and refund the {12-60} {money}
credit the {300-4000} miles from {month}
correct the spelling on booking {100000-999999}
deliver the delayed bag to {city} instead
take my {relative} off the newsletter
put the {animal} on flight {100-999}""",
    "idea.0": """power sockets at every seat
a power socket on every single seat row
power sockets and USB at all seats
seats with power sockets, also at the back""",
    "idea.1": """booking for pets in the cabin online
online booking of a pet in the cabin
pets in the cabin that can be booked online
an online form to book a cabin place for a pet""",
    "idea.2": """splitting a booking and paying by person
a way to split one booking and let each person pay
split payment when we book as a group
group booking with split payment""",
    "praise.core": """{agent} found my {relative}'s glasses under seat {2-38}D and ran after us.
Bag lost at {2-5} pm, at my door in {city} by {6-11} pm.
Smoothest landing in {city} in {3-30} years.
The crew of {100-999} sang for my {relative}, who is afraid of flying.
Rebooked in {2-9} minutes, with a window seat.
Coffee on flight {100-999} was actually good.
They held the gate {2-6} minutes for {3-9} of us from {city}.
Clean cabin, early arrival, {2-4} free bags.
The captain let the kids see the cockpit in {city}.
Refund was there {1-3} days after I asked.""",
    "defect": """Somebody sells fake vouchers in your name on a site called {word}-miles.example.
The booking page shows me the passport of a stranger from {city}.
Panel above seat {2-38}F is loose and sparks.
Changing one digit in the link opens other people's boarding passes.
Exit door sign on flight {100-999} is dark.
The seat map takes payment twice when the page is reloaded.
A caller pretends to be your refund desk and wants card numbers.
Smell of burning around row {12-38} on the {city} flight.""",
    "surge.fact": """all departures in {city} show cancelled
check-in is down, {200-900} people in the hall in {city}
every flight grounded in {city}, something with the computers
boarding passes do not scan, the crew reads names from paper
the app says flight {100-999} does not exist, the whole board is red
we have been on the tarmac in {city} for {2-5} hours, the captain blames a system outage
no flight out of {city} until {2-11} {ampm}, system outage everywhere
gate {2-60} has been closed since {2-11} {ampm}, outage they say
the queue at the {city} desk is {100-400} metres long
flight {100-999} was boarded, then emptied again, computer failure
they cannot print a bag tag in {city}, {300-900} suitcases in a heap
hotel vouchers ran out in {city}, {50-300} of us on the floor
rebooking page shows error {400-599} since the outage began
crew of {100-999} went home, planning system crashed
arrivals in {city} wait for a stand, nobody can assign one
the outage wiped seat {2-38}B and everyone behind it""",
    "cheer.fact": """flies {50-300} people out of the storm for free
the crew in {city} handed out their own meals to stranded kids
no change fees for anyone hit by the storm in {city}
they sent {3-9} buses for all of us and paid the hotel
the captain of {100-999} came out and talked to each of us
an extra flight for {20-90} nurses to {city}, no charge
free seats for families who look for relatives in {city}
they opened the lounge in {city} to everybody, blankets included
staff drove {4-40} stranded pensioners home to {city}
every refund within {2-20} hours, without a form""",
}

BANK: dict[str, str] = {
    "fault": """My card was declined at {place} with {200-4000} {money} on the account.
The transfer of {50-2400} {money} has been pending since {day}.
You blocked my account {100000-999999} without a word.
I was charged {9-60} {money} for an account that is called free.
The app signs me out every {2-9} minutes.
The branch in {city} closed and nobody told the customers.
My salary came in {2-5} days late.
The cash machine in {city} kept my card and {40-300} {money}.
Identity check failed {3-9} times with a valid passport.
A standing order went out twice in {month}.
Your fraud team froze my card abroad, in {city}.
The mortgage offer changed by {1-3} points overnight.
Direct debit {1000-9999} was returned although there was money.
The code by text message arrives {6-40} minutes late.
Somebody took out a loan of {900-9000} {money} in my name.
The statement for {month} is missing {2-14} bookings.
The new card went to an address in {city} that I left in {2012-2022}.
Exchange rate for {50-900} dollars was a joke.
The advisor in {city} sold my {relative} a fund that she cannot leave.
I cannot close my account, the form ends on an error {400-599}.""",
    "because": """the card system in {city} was down
the payment was marked as suspicious
the branch has no staff on {day}
someone typed {100-999} instead of {100-999}
the app forgot my device
the fee list changed in {month}""",
    "because_topic": """frozen accounts
hidden fees
branch closures in {city}
delayed salaries
fraud refunds
the card outage in {month}""",
    "ask": """does the {colour} card work in {city} without a fee?
how do I raise my limit to {2000-9000} {money}?
how long does a transfer to {city} take?
can my {relative} get a second card?
is there an account for children of {7-14}?
what is the rate for {12-60} months?
where is the nearest cash machine in {city}?
do I need an appointment in {city} on {day}?
which form is it for a change of name?
can I pay in {200-900} coins somewhere?
until when must I object to booking {1000-9999}?
is the {quarter} report out yet?""",
    "action": """unblock card {1000-9999}
send a new PIN to the address in {city}
raise the limit to {1000-9000} {money} until {day}
close account {100000-999999}
stop the standing order of {20-400} {money}
send the tax form for {2019-2025}
add my {relative} to the account
return the fee of {9-60} {money}
move the appointment from {day} to {day}
issue a statement in English for {month}""",
    "idea.0": """a dark mode in the app
dark mode for the banking app
an app with a proper dark mode
the app in dark mode, please, my eyes""",
    "idea.1": """savings pots that round up payments
round up every payment into a savings pot
a savings pot with rounding up
rounding up payments into savings pots""",
    "idea.2": """virtual cards for one payment only
a virtual card that works for one payment
one-time virtual cards for payments online
single-use virtual card numbers""",
    "praise.core": """{agent} in {city} stayed {20-90} minutes longer to finish our mortgage.
Card lost at {1-5} pm, new one in the app by {6-9} pm.
They spotted a fraud of {200-2900} {money} before I did.
Opened an account in {4-14} minutes from my sofa.
The {2-9} {money} fee was returned without discussion.
My {relative}, {71-92}, was shown the app with endless patience.
The call was answered after {5-40} seconds.
Transfer to {city} arrived in {3-50} seconds.
The budget view saved me {30-300} {money} in {month}.
{agent} explained the {12-60} pages in plain words.""",
    "defect": """A site called {word}-login.example copies your sign-in page to the pixel.
Statement {1000-9999} in my mailbox belongs to somebody in {city}.
The cash machine at {place} in {city} has a strange slot glued on.
After the update the balance shows {2-9} extra zeros.
The app lets me sign in with the wrong PIN on the {2-5}th try.
Text messages in your name ask for codes, sender number ends in {100-999}.
Export of bookings puts the sums of {month} into the wrong column.
The back button shows the account of the previous visitor at the branch terminal.""",
    "surge.fact": """cards declined everywhere in {city}
full trolley at the till in {city} and my card is dead
payments down, the app shows a balance of zero
rent is due and no transfer goes out
sign-in loops for {12-90} minutes, card declined {2-6} times
cash machines in {city} are all dark
a whole restaurant in {city} could not pay, {20-80} cards declined
my salary vanished from the app after the outage
the pump took my card data but no payment, stuck at {2-9} litres
standing orders of {day} all bounced
the confirmation code never comes, {4-12} tries
contactless fails, chip fails, PIN fails
{30-400} {money} gone twice, outage or theft?
the branch in {city} has a note on the door: system failure
I had to leave {40-200} {money} of food behind, declined
transfers show as sent and as failed at once""",
    "cheer.fact": """pays back all overdraft fees of {month}
overdraft fees refunded, {9-90} {money} just like that
no more fees for students, and the old ones come back
woke up to {12-120} {money} on the account, fees returned with a note
refunds the fees and doubles them for the food bank in {city}
every customer in {city} gets {5-50} {money} of charges back
late fees since {2015-2023} wiped, also for small shops
{20-90} {money} of interest returned to my {relative}
they admitted that the fee was wrong and paid within {2-20} hours
fee-free accounts for everyone under {18-30}""",
}
