"""Thirty wishes, each in twenty wordings, written by hand. One wish a block, its name first."""

_BLOCKS = """
dark mode
please add a dark mode to the app
a dark theme would be so much easier on the eyes
dark mode when? my eyes hurt at night
I wish the app had a night mode
the white background blinds me in bed, give us a dark theme
any plans for dark mode?
would love a dark theme for reading at night
can we get a black background option please
every other app has dark mode, why not yours
it would be great if the app followed the dark setting of my phone
an option to turn the screen dark at night please
still waiting for a proper dark theme
night theme please, the bright screen is too much
dark mode would save my battery and my eyes
let us switch the app to dark
could you make a dark version of the app?
support system dark mode please
my only wish is a dark mode
a darker look for the evening would be nice
too bright! dark mode please

bag tracking
let us track our bags in the app
I want to see where my checked bag is
can you add bag tracking?
please show where my luggage is in the app
live tracking of checked bags would be great
luggage tracking please
it would be nice to follow my suitcase on a map
why can't I see where my bag is after check-in
a push message when the bag is loaded would calm me down
show the location of checked baggage
I'd love to track my suitcase from drop-off to belt
baggage tracking should be in the app by now
tell me in the app whether my bag made the connection
put a tracker on checked bags so we know where they are
please let me follow my checked luggage
other airlines show where your bag is, you should too
real time bag location please
would be great to know where our bags are
add a page that tracks my baggage
a bag tracker in the app would end a lot of worry

calendar export
export my bookings to the calendar please
add trips to google calendar
sync bookings with my calendar
calendar export for trips would be useful
could trips show up in my phone calendar?
an option to put the booking into the calendar
a calendar file with every booking please
I would like my flights to appear in outlook calendar
send an ics file with the confirmation
why do I have to copy my trips into my calendar by hand
one tap to add a booking to my calendar
please sync trips to apple calendar
calendar integration for bookings please
let me subscribe to my trips in my calendar
it would help if bookings landed in my calendar by themselves
add to calendar button on the confirmation page please
my calendar should know about my trips, can you do that
automatic calendar entries for new bookings
I wish reservations synced with the calendar on my phone
please support calendar sync

vegan meals
more vegan meals please
offer a vegan meal on board
vegan food on flights would be great
why is there no vegan meal option?
I wish there were vegan meals on short flights
please serve vegan food
a plant based dish on the menu would be welcome
could you add vegan snacks to the trolley
vegan options on the menu please, not just salad
we need a proper vegan choice in economy
a vegan breakfast on early flights would be lovely
let me order a vegan meal online
please think of vegans when you plan the menu
plant based meals should be standard by now
how about a hot vegan meal for once
I'd pay extra for a decent vegan dish
add vegan sandwiches please
serve something vegan that isn't fruit
a vegan menu would make me fly with you again
vegan meal please, I starved for nine hours

fingerprint login
let me log in with my fingerprint
fingerprint login please
support fingerprint unlock for login
I would like to sign in by fingerprint instead of a password
add fingerprint sign in
fingerprint to unlock the app would be great
please allow biometric login
typing the password each time is tedious, use the fingerprint sensor
can we log in with face or fingerprint?
touch to log in would be so much faster
biometrics for sign in please
let me use my fingerprint rather than a pin
why no fingerprint login on this phone
I wish I could open the app with my fingerprint
face id or fingerprint at login please
login by fingerprint should be a given
enable the fingerprint reader for signing in
an option to log in with biometrics
please bring back fingerprint sign in
unlock with fingerprint, it is not that hard

spending categories
show my spending per category
categories for spending would help
a chart of monthly spending by category
let me set categories for my spending
spending overview by category please
monthly spending report with categories
sort my expenses into categories
I want to see how much I spend on groceries each month
please group purchases by category
a pie chart of my expenses would be great
an overview of what I spend my money on
add spending insights like other banks have
could the app categorise my expenses automatically?
tell me how much went to restaurants this month
expense categories please
let us label expenses by category
I wish I could see spending broken down by type
budget view with spending by category please
automatic categories for card spending
statistics about my monthly spending would be nice

roaming alerts
warn me before roaming charges start
a roaming alert would save money
send an alert when roaming costs begin
please notify us of roaming charges
roaming cost warnings please
alert for roaming charges abroad
text me as soon as I am roaming
I want a warning before data gets expensive abroad
tell customers when they enter a roaming zone
a message at the border with roaming prices please
can the app warn about roaming fees?
notify me when roaming starts costing money
roaming warning please, that bill was a shock
it would be fair to alert people before roaming fees
please add roaming notifications
stop roaming automatically or at least warn me
let me get a notice before I pay for roaming
a pop-up about roaming costs when I land
warn travellers about roaming charges in time
I wish you told us when roaming applies

seat map
show the seat map before I pay
seat map at booking please
I want to see the seat map earlier
let us view the seat map before paying
a better seat map with legroom
please add the legroom to the seat map
why is the seat map hidden until after payment
I'd like to pick a seat from the map before I buy
display free seats on a map when searching
seat maps for all aircraft please
show which seats are left before checkout
a seat plan during booking would be great
the seat map should show windows and exits
let me see available seats first
could you show the cabin seat map on the first page
seat map on mobile please
I wish the seat map told me which seats recline
make the seat map zoomable
view seats before purchase please
please show the seat layout while booking

family data plan
a family plan with shared data
share data between family members
family data sharing please
one plan for the whole family with shared data
let my family share my data
shared family data plan
can my kids use data from my plan?
we need a family tariff where data is shared
pool the data of all our family lines
a family bundle with one pot of data would be great
please let me give some of my data to my wife and kids
data pool for families please
I wish our family could share one data allowance
why is there no family plan
offer shared data for households
transfer unused data to family members
one bill and shared data for the family please
a shared allowance for the family
add a family option with common data
let families share gigabytes

card freeze
freeze my card in the app
let me freeze a lost card
card freeze button please
an option to freeze and unfreeze the card
I want to freeze the card myself
temporary card freeze would be useful
block my card from the app without calling
please let us lock the card for a while
I'd like to pause my debit card when I can't find it
a switch to lock and unlock my card
freeze and unfreeze cards instantly please
could I disable my credit card in the app?
let customers block a card themselves
card lock in the app please
a quick way to freeze a stolen card
why do I have to phone to freeze my card
temporarily block the card please
add freezing of cards
I wish I could lock my card with one tap
freeze card feature please

offline maps
offline maps please
let me download maps for use without internet
maps that work offline would be great
I wish I could save a map before a hike
download the map of a region please
no signal in the mountains, give us offline maps
store maps on the phone
can I use the map without data?
please allow map downloads
offline navigation would be a dream
make maps available offline
save areas of the map for offline use
I need maps without a connection
map downloads for travelling abroad please
add an offline mode for maps
let us keep maps on the device
the map should work with no reception
could you support offline maps
downloadable maps please
a way to use maps in airplane mode

student discount
a student discount please
do you plan a discount for students?
cheaper fares for students would be great
student prices please
I wish students paid less
offer reduced prices for students
please give students a discount
as a student I'd love a lower price
student rates like everyone else has
a discount with a student card would help
could there be a student tariff
lower prices for university students please
special offer for students?
introduce a student discount
students have no money, give us a discount
please bring back the student offer
a cheaper plan for students
half price for students would bring many customers
why no student discount
discount for students and apprentices please

gift wrapping
offer gift wrapping at checkout
gift wrap please
I'd pay for gift wrapping
can you wrap presents?
please add an option to wrap an order as a gift
let me have it gift wrapped with a note
wrapping paper option for presents please
a gift wrap choice at checkout would be great
could orders come gift wrapped
wrap my order as a present
gift wrapping for christmas please
I wish you offered gift wrapping
send presents wrapped and without the invoice
an option for gift paper and a card
please wrap gifts nicely
add gift packaging
gift box option please
let us choose gift wrapping
a wrapped parcel for birthdays would be lovely
why is there no gift wrapping

delivery slot
let me choose a delivery slot
evening delivery slots please
I want to pick the time of delivery
please offer delivery time windows
a two hour delivery window would be great
can I select when my parcel is delivered?
choose the delivery time at checkout
I wish I could book a delivery slot
delivery after six please, I work all day
more precise delivery times
let customers set a delivery time
pick a time slot for delivery
saturday delivery slots please
narrower delivery windows please
schedule deliveries for the evening
could you deliver at a time I choose
an option for timed delivery
please add delivery appointments
I'd like to schedule the delivery
delivery slots that suit working people

refill packs
sell refill packs please
refills would save so much plastic
I'd love refill bags for the shampoo
please offer refill stations
can I refill the bottle in store?
refillable bottles would be great
less plastic: sell refills
a refill option for soap please
bring refill pouches
I wish I could refill instead of buying a new bottle
let us bring our own bottles to refill
refill service please
why throw the bottle away, offer refills
add refills to the range
a cheaper refill pack would be nice
please make the packaging refillable
refill pouches for the detergent please
could you introduce refills
reusable bottles with refills please
I want to refill my containers

group chat
group chat please
let me create a chat with several friends
I wish we could chat as a group
group messages would be great
add group conversations
can you support chats with more than two people?
a group chat for our team please
please allow group messaging
chatting with many friends at once
make chat groups possible
let us open a group and invite people
a chat room for the whole class
why only one to one chat, we want groups
group chats with admins please
create groups in chat
message several people at once please
could there be group chat
team chat groups please
I'd like to start a group conversation
groups in messenger please

playback speed
let me change the playback speed
faster playback please
I want to listen at double speed
a speed control for podcasts
playback speed option please
can we get 1.5x speed?
slow down or speed up the audio
please add playback speed
I wish I could play episodes faster
speed settings for the player
adjustable speed for audiobooks please
an option to play at 2x
speed up playback would save me hours
variable playback speed please
let us set the speed of the player
why no speed control in the player
half speed for learning languages please
could you add a speed button
play at different speeds
control the playback rate please

price alerts
price alerts please
tell me when the price drops
notify me if a fare gets cheaper
I'd like an alert for price drops
a notification when the price falls
watch a price and warn me
please add price alerts
can I follow the price of an item?
price drop alerts would be great
let me set a target price and get an alert
email me when it becomes cheaper
I wish I could track prices
price tracking please
alert me to lower prices
an alarm when the price goes down
could you send a message on price changes
add price watch
let us subscribe to price drops
price notifications please
inform me when fares drop

invoice download
let me download invoices as pdf
invoices as pdf please
I need an invoice for my company
please add a download for invoices
can I get all my invoices in one place?
a pdf invoice for each order would help
send the invoice by email
download receipts and invoices from the account
I wish invoices were in the app
an invoice archive please
let us export invoices
why do I have to ask for an invoice
monthly invoice as pdf please
make invoices downloadable
my accountant wants invoices, add a download
invoice button in the order history please
could you attach the invoice to the mail
add vat invoices
all invoices as a zip please
show my past invoices

wheelchair booking
let me book wheelchair assistance online
wheelchair help should be bookable in the app
please add wheelchair service to the booking
can I request a wheelchair when I book?
an option for wheelchair assistance please
I wish I could order a wheelchair without calling
book assistance for my disabled mother online
wheelchair request at checkout please
make it possible to reserve a wheelchair
assistance for passengers in wheelchairs should be online
why do we have to phone for a wheelchair
add a box for wheelchair users
wheelchair booking please
request a wheelchair in the app
let disabled travellers book assistance themselves
please support wheelchair requests online
a form for wheelchair service
could wheelchair assistance be part of the booking
reserve wheelchair service with the ticket
I need to book a wheelchair online

larger text
larger text please
let me change the font size
the letters are too small, bigger font please
an option for bigger text
font size setting please
I can't read the tiny text, make it larger
please support large fonts
increase the text size
I wish the font could be enlarged
bigger letters for older people please
adjustable font size would be great
let us choose a larger font
could the text be bigger
text size option in settings please
make the font bigger
respect the font size of my phone
a zoom for small text
why is the font so small, let me change it
larger letters on the bill please
scale the text please

undo send
let me undo a sent message
unsend please
I want to delete a message after sending
an undo button for sent messages
can we recall messages?
undo send would save me from embarrassment
please add unsend
let us take back messages
delete sent messages for everyone please
I wish I could unsend a message
recall a message within a minute
edit or undo messages after sending
undo for messages please
a few seconds to undo sending
why can't I take a message back
could you add undo send
retract messages please
unsend messages like in other apps
remove a sent message on both sides
give us a way to undo a message

parking at store
more parking at the store please
free parking for customers would be great
there is never a parking space, build more
parking for the shop please
I wish the store had parking
a car park at the city store
where can I park? please offer parking
add parking spaces
let customers park for free
parking spots for families please
an hour of free parking please
could you get a car park
the store needs more parking spaces
parking validation for shoppers
please do something about parking
bigger parking lot please
reserve parking when I order
pay for my parking when I shop
why is there no parking at this branch
customer parking please

pet travel
let me bring my dog on board
pets in the cabin please
allow small dogs in the cabin
I wish I could fly with my cat
please allow pets
a booking option for pets
can I take my dog with me?
pet friendly flights would be great
let us book a seat for the dog
cats and dogs in the cabin please
flying with pets should be easier
add pets to the booking
I'd pay for my dog to fly with me
a pet ticket please
why are dogs not allowed
pet travel online booking please
could you accept pets
make travelling with a dog possible
bigger pet carriers in the cabin please
let pets travel with their families

currency account
a euro account please
let me hold several currencies
multi currency account would be great
I want a dollar account
keep money in foreign currency please
accounts in other currencies
can I have a balance in pounds?
please add currency accounts
hold dollars and euros in one account
I wish I could keep foreign currency
currency wallets please
open an account in another currency
let us exchange and hold currencies
a foreign currency account please
could you offer multi currency accounts
store different currencies
a sub account in swiss francs
support foreign currencies in the account
why no currency account
exchange money between my currency balances

live chat support
live chat support please
let me chat with a human agent
a chat with customer service would be great
I'd rather chat than call
support by chat please
can we reach an agent by chat?
please add live chat
chat with support in the app
no more phone queues, give us a support chat
I wish there was a live chat
a real person in the chat please
customer service chat please
let us write to an agent
chat support on weekends please
could you offer chat support
help chat with people not bots
contact an agent via chat
an online chat for help
why is there no chat with customer service
talk to support by chat

shopping list
a shopping list in the app please
let me make a shopping list
shared shopping lists would be great
I want to save a list of groceries
please add shopping lists
can we have a list to tick off in the store?
a grocery list please
put items on a shopping list
I wish the app had a shopping list
sort the shopping list by aisle
let us share the grocery list with my partner
add to list button please
shopping list with prices
create lists for the weekly shop
could you add a shopping list
my shopping list on my watch please
lists for groceries please
a list that remembers what I always buy
why is there no shopping list
keep several shopping lists

bike carriage
let us take bikes on the train
more bike spaces please
bicycle carriage would be great
I want to bring my bike
please allow bicycles
book a bike space online
can I take my bicycle along?
a bike carriage in every train please
I wish there was room for bikes
bike reservation in the app please
space for bicycles please
let cyclists bring their bikes
add bike tickets
bike racks please
could you carry bikes
why are bikes not allowed
reserve a place for my bike
a ticket for my bicycle please
more room for bikes in summer
travelling with a bike should be possible

quiet zone
a quiet zone please
let me book a seat in a quiet coach
silent area would be great
I want a quiet cabin
please add a quiet zone
no phone calls in the quiet area
can we have a silent coach?
a child free quiet zone please
I wish there was a silent compartment
quiet carriage please
seats in a quiet section
silence for people who work, a quiet coach please
could you introduce quiet zones
book quiet seats
a place without noise please
let us choose a quiet area
why is there no quiet zone
quiet rows please
a silent zone on night trains
enforce the quiet coach please

esim
support esim please
an esim instead of the plastic card
I want to activate an esim online
please add esim
can I get an esim?
esim for my new phone please
let me download a sim
esim would be great
I wish you offered esim
digital sim please
esim activation in the app
move my esim to another phone
no more plastic sim cards, offer esim
could you support esim on watches
esim for travellers
switch from sim to esim online
why no esim yet
a second line by esim please
esim transfer please
let us order an esim
"""

WISHES: dict[str, list[str]] = {lines[0]: lines[1:] for lines in (block.splitlines() for block in _BLOCKS.strip().split("\n\n"))}
