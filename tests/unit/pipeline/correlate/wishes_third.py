"""Fifteen wishes from yet other trades, each in twelve wordings, written before the code was read, measured once. One wish a block."""

_BLOCKS = """
late checkout
please let us check out later than 10 in the morning
a late check-out on sundays would be lovely
why must we be out of the room by 10? noon would be fair
I wish we could keep the room until the afternoon
our flight was at 8pm and we had to sit in the lobby all day. offer late checkout
later checkout pls
can guests pay a bit extra to stay till 2pm
being thrown out at ten on a holiday is no fun, move the check out time
would be great to sleep in on the last day and leave at noon
could you extend checkout to 12
late departure option please, Marriott has it
need more time to pack in the morning, push check-out back an hour

hotel wifi
please fix the wifi in the rooms
faster internet in the hotel would be nice
couldn't do a single zoom call, the wlan needs an upgrade
free wifi for everybody and not just gold members
wish the wireless worked on the third floor
why is there no decent internet connection at 200 a night
can you put an access point in each corridor
better wi-fi pls
could the wifi stop asking for the room number every hour
I had to use my own hotspot all week, get proper internet
a stable wifi signal by the pool would be good
would pay for high speed internet in my room

vegetarian menu
more vegetarian dishes on the menu please
can you offer something vegan besides fries
a meat free main would be great
I wish there were veggie options for my kids
my girlfriend is vegan and could eat only salad, add a plant based burger
veggie burger when
please have more than one dish without meat
would love tofu or falafel on your menu
vegan desserts pls
why is there bacon in everything, give vegetarians a choice
could you mark the vegetarian meals on the card
plant-based options please, half of our office doesn't eat meat

table booking online
let us reserve a table online
please take reservations over the web
always have to call three times to book a table, get an online system
table booking through opentable would be super
can I reserve for six on your site
wish it was possible to make a reservation without phoning
booking a table by app pls
waited an hour for a table, why don't you take reservations
online reservations would spare your staff all these calls
could you let people book tables for sunday brunch
a reservation form on the homepage would do
let me see on the internet which tables are free

smart meter
please give us smart meters
reading the meter in the cellar every year is silly, send a digital one
I want to see my electricity use by the hour
can you install a smart meter in my flat
a meter that reports by itself would be great
wish I could follow my power consumption live in an app
smartmeter when?
why do I still have to send a photo of the counter
hourly consumption data please
need a modern meter to use my solar panels well
could the meter be read remotely
a digital electricity meter would save you the man with the clipboard

monthly bill
please bill me monthly for what I really used
one yearly bill with 900 to pay is a shock, send it every month
could we pay per month by actual consumption
I wish invoices came monthly instead of once a year
monthly invoices pls
let me pay each month exactly what I consumed instead of estimates
why an annual statement? bill quarterly at least
stop the advance payments and charge the true usage monthly
a bill every month would help me to plan
can the billing be monthly like with my phone
no more estimated bills please, charge real usage
would be better to get smaller bills more often

charging stations
more charging points for electric cars in town please
put a charger at the supermarket
can we have fast chargers along the M4
nowhere to charge my EV when you live in a flat, build street chargers
would love a wallbox in the underground garage
I'd buy an electric car if there were chargers nearby
charging columns at the station car park pls
need charge points, the only two are always taken
EV charging on our street when
could you install a few plugs for electric vehicles at the stadium
wish there was somewhere to charge my tesla at work
a rapid charger in the village would bring visitors

lecture recordings
please record the lectures
could professors upload videos of their classes
I work on mondays and miss the lecture, a recording would help
lecture recordings pls
wish we could watch lectures again before the exam
why are the talks not filmed? it was possible during covid
put the lectures on youtube
would be great to have the recorded sessions with subtitles
let students rewatch the class at home
I was ill for two weeks, please make recordings available
stream the lectures for those of us who commute
can all courses be recorded like in Delft

library hours
open the library on sundays please
24h library during exam weeks would be great
why does the library shut at 8 when we study at night
longer library hours pls
I wish the reading room stayed open until midnight
can the library open earlier, I get here at 7
we need a place to study late, keep the library open
please extend the opening times of the main library
library on weekends when
could the law library be open on holidays too
a night library would save those who can't work at home
study space after ten pm please, the library is closed by then

legroom
more legroom please
I'm 1.95 and my knees are in the seat in front, give us space
wish there was a bit more room between the rows
seats are far too tight, add a few inches
could you take out two rows so that humans fit in
extra leg room at a sane price pls
knees hurt after 9 hours, more space for legs would be great
why do airlines pack us in like sardines, more room please
would pay twenty euros more for a wider row
seat pitch of 28 inches is torture, make it 32
can tall people get the exit row for free
a little more space for my legs would make me fly with you again

baggage included
include a suitcase in the ticket please
why is a cabin bag not free any more
free hand luggage like it used to be
can we have one checked bag in the price
paying 60 for a bag is more than the flight, include it
wish luggage was included on long haul
allow a normal carry-on without a fee pls
let us take a trolley on board for nothing
bring back free baggage
could families get a free suitcase for the kids
heavier luggage allowance please, 20kg is nothing for a month
a backpack and a small case should be part of the fare

offline downloads
let me download episodes for the plane
please add offline viewing
can I save movies to my tablet and watch without internet
offline mode pls, the train has no signal
wish I could store shows on my phone
download button when
would love to take series along on holiday without using data
why can't I watch offline? netflix does it
we need downloads for long car rides with kids
could films be saved for later without a connection
make shows downloadable please
a way to keep a few episodes on the device for flights

profiles for kids
please add a profile for children
I don't want my kids to see horror, give us a child lock
separate profiles for each family member would be great
my watchlist is full of peppa pig, let us make profiles
kids mode please
can you add parental controls with a pin
wish my daughter had her own account with only cartoons
a safe area for children would be nice
need age limits that I can set
own profiles pls so recommendations don't get mixed
could there be a pin for 18+ films
a kid friendly section which little ones can't leave

heated seats
heated seats in the base model please
offer seat heating without the 3000 premium pack
can I get a heated steering wheel and seats
a warm seat in winter would be lovely
why is seat heating a subscription?! give it for free
wish the rear seats were heated as well
seat heaters pls
my bum freezes every morning, heated seats should be standard
could seat warming be added to the estate
would love cooled and heated seats
add bum warmers to the small ones too
make the heated seats available for the fabric interior

physical buttons
bring back physical buttons for the heating
I don't want to look at a touchscreen when driving, give me knobs
please put a real volume knob in the next model
buttons instead of menus pls
wish the air con had dials like my old golf
touch controls are dangerous, go back to switches
a proper button for the wipers would be nice
why is everything on a screen, I need switches I can feel
could the basics get tactile buttons again
real knobs please
stop hiding the defroster three menus deep, one button would do
would buy again if you returned to normal buttons
"""

WISHES: dict[str, list[str]] = {lines[0]: lines[1:] for lines in (block.splitlines() for block in _BLOCKS.strip().split("\n\n"))}
