"""Thirty wishes from other trades, each in twenty wordings, written by hand before the code was read. One wish a block, its name first."""

_BLOCKS = """
night buses
please run buses all night on weekends
why does the last bus leave at 11:30, some of us work late shifts
a night bus on line 14 would save me 30 euros of taxi every friday
could we have service after midnight pls
nurses finish at 1am and there is nothing to take us home. run something at night
bring back the night lines!!!
any chance of 24h buses like in Berlin?
would be so good to have a bus home after the pub closes
need later departures, last one goes before the cinema is even over
It would be a real help to shift workers if the buses kept running through the small hours.
nite bus when
I wish the 14 ran later than midnight
can you extend the timetable into the night at least fri and sat
stranded again at 00:40, please add a late night service
a bus every hour between 1 and 5 in the morning is all I ask
taxi fares are killing me, we need public transport at night
Suggestion: hourly night service from Central Station to the suburbs
let the buses run till 3 on saturdays
last bus home is way too early, make it later please
overnight buses would keep drunk drivers off the road, think about it

bikes on trains
let us take bicycles on the train in rush hour
please add more bike spaces in the carriages
there's room for two bikes on a 400 seat train. two! add more hooks
I'd love to bring my bike on the S3 without being thrown off
a carriage just for cyclists would be ace
can the new trains have bike racks
wish I could reserve a place for my bicycle
why do I have to pay for my bike? make it free to bring along
allow folding bikes without a ticket pls
Could you hang up racks so that our bikes don't block the doors
cyclists need space too: more room for bikes on regional trains
it would be nice if bicycles were allowed before 9am
bike compartment please, every other railway has one
Dear RailOne, consider a dedicated area for bicycles in each train.
more bikespace pleeease
have to leave my bike at the station every day, would like to take it aboard
a bike ticket in the monthly pass would be great
cant get on with my bike half of the time, give us a bike wagon
please allow bikes on board during weekday mornings
how about removing some seats in summer and making room for bicycles

air conditioning
please put aircon in the trams
38 degrees inside the 7 today. AC would be nice
can we get air conditioning on the buses before someone faints
It's an oven in there, cool the carriages please
wish the metro had a/c like every other capital
a fan, a window that opens, anything against the heat!
my gran nearly collapsed, install air con on line 2
need cooling in the vehicles, summers are only getting hotter
Any plan to retrofit the old trams with air conditioning?
would be great if the underground was cooled in summer
sweating like a pig every morning, pls get AC
turn on the cooling! or buy buses that have some
I'd happily pay 10 cent more for an air conditioned bus
air-conditioned trains should be standard in 2026
could you make the windows open again so we get some fresh air in the heat
too hot to breathe in the metro, give us climate control
suggestion: cool at least one carriage per train
AC AC AC please, we are melting
climate control in all vehicles would be a blessing for old people
it would help a lot if the buses were not 40 degrees inside, aircon please

contactless ticket
let me tap my bank card at the gate instead of buying a ticket
please accept contactless on buses
why can't I just pay with my phone on the tram like in London
tap to pay please, I never have coins
Would love to use Apple Pay at the turnstile
ticket machines are always broken, let us tap in with a credit card
can you support Google Pay for fares
I wish I could just hold my card to the reader and get on
cash only on the bus in 2026? take cards please!
tapping a visa at the door would be so much faster
it would be handy to pay the fare with my watch
paper tickets are so last century, bring contactless payment
please install card readers on board
tourists have no clue which ticket to buy, a simple tap in tap out would fix it
pay by card on the bus when???
open the gates to bank cards. no more queueing for tickets
could the driver accept cards
any chance of contactless fares with a daily cap
let us pay by phone, nobody carries change any more
a contactless reader at each door would spare us the ticket machine

live departures
show real time departures at the stop
the screens at the station only show the timetable, show when the tram really comes
please put live arrival boards at every stop
would be useful to see where my bus is on a map
I wish the app told me how late the train is
can we have displays with the minutes until the next bus
a live tracker for buses would be gold
no idea if the bus already left or not, give us real-time info
why is there no countdown at Mill Lane like in town
Could delays be shown as they happen and not after the fact
let us track the bus on the phone so we need not wait in the rain
real time data please!!
need to know when it actually arrives, not when it was supposed to
it would help to get GPS positions of the trams
add a live map of all vehicles
publish live delays in the app pls
arrival times on the boards are fiction, make them live
electronic boards at the rural stops would be very welcome
suggest a countdown display at the stops on Church Road
how hard can it be to show the real waiting time at a stop

instant transfer
please offer instant transfers, two days for a payment is a joke
why does it take until monday for money to arrive? make it instant
would love real-time payments to other banks
can you send money in seconds like Revolut does
I wish transfers went through on weekends
instant SEPA without the extra fee please
my landlord waits 3 days for the rent because of you, speed up transfers
let us transfer money immediately
is there a plan for immediate payments?
Need wire transfers that arrive the same minute
it's 2026 and payments still take days... instant pls
sending money to a friend should take seconds, not days
faster payments please
bank transfers at night and on sundays would be great
make instant payments free, 1.50 each is robbery
should be possible to move money between my own accounts at once
Dear Northbank, please support instant credit transfers.
other banks book within ten seconds, when will you
money sent on friday should not get there on tuesday, add real time transfers
an option for express transfers would be good

spending categories
sort my spending into categories automatically
a chart showing how much I spend on food and rent would be great
please add budgets to the app
I'd like to see where my money goes each month
can I get a monthly breakdown of expenses
it would be cool to label payments as groceries, fun, rent and so on
wish I could set a limit for eating out and get warned
give us some statistics on spending pls
Monzo shows me my spend per shop, you don't. add that
an overview of my expenses by type would help me save
budgeting tool please!!
let me tag transactions so I know what I waste on coffee
pie chart of outgoings when
why is there no spending analysis in the app
could you group purchases by merchant and month
need a tool to plan my household budget inside the banking app
monthly report of what I spent on what, please
automatic categorisation of card purchases would be a dream
some insights into my spending habits would be nice
categories for transactions pls, I do it in excel now

freeze card
let me freeze my card in the app when I misplace it
please add a button to block the card temporarily
lost my card for ten minutes and had to cancel it for good, let us pause it
would be great to lock the debit card myself
I wish I could switch my card off and on
can there be a lock toggle like N26 has
had to call a hotline for 40 min to block my card. put it in the app
temporary card lock please
it should be possible to disable a card without ordering a new one
want to suspend the card while travelling
freeze and unfreeze card plz
why can't I block it by myself at night
a quick off switch for my credit card would let me sleep
Could you allow customers to deactivate and reactivate cards online?
self service blocking would be lovely
add the option to turn off online payments on my card
thought my wallet was stolen, found it later. a pause function would have saved a new card
i want to lock and unlock the card from my phone
on/off for cards please
blocking a card should take one click

joint account
please offer joint accounts for couples
my wife and I want one account together, when is that coming
can two people share an account
would love a shared account for the flat's bills
we need an account for both of us with two cards
I wish I could add my partner to my account
is it possible to get a couple account like bunq?
joint acct pls!!!
let me open an account together with my husband online
Had to go to another bank as you don't do shared accounts. Please add them.
A common account for housemates would be very useful
couples need a joint account, simple as that
give my girlfriend access to the household account
shared pots for two people, please
why no accounts for two owners
it would be great to manage money as a couple
could you let a second person hold the account
add partner accounts, we pay everything together anyway
a family account with cards for both parents would be super
opening a joint account should not need a visit to the branch

cash deposit
where can I pay in cash? please add deposit machines
let us deposit coins and notes at the ATM
I run a small cafe and need to pay in my takings somewhere
a cash-in machine in Oldtown would be great
could we deposit money at the supermarket till
you closed the branch, now put a deposit terminal there
wish the atm took money as well as giving it
pls let me pay in notes on saturdays
no way to get my cash into my account, please do something
would be good to have coin counters again
is there any chance of cash deposits at partner shops
deposit machine for cash please
my kids' piggy bank is full and no branch takes coins any more. bring back the coin machine
need a place to bring cash after hours
an atm that accepts deposits would be so handy
market traders have to drive 30 km to deposit cash, install a machine in town
allow paying in cash at post offices
why can I only withdraw? let me put money in too
cash deposits at more branches please
suggesting a paying-in machine at the mall

street lights
please fix more lights on Park Street, it is pitch dark
we need street lamps along the canal path
too dark to walk home, put up some lights
my daughter is scared to walk through the underpass, could you light it
lighting in the park after 6pm please
would feel safer with more lamps on Elm Road
LED lights on the cycle path when
I wish the footpath behind the school was lit
can the council install lanterns by the playground
it's so dark at the bus stop on Hill Lane, add a light
more street lighting!!
lights go off at midnight here, please leave them on all night
a few lampposts on the river walk would do wonders
no illumination at all between the station and the estate. needs lights
women avoid that path because it is unlit, do something
put motion sensor lights along the alley
Kindly consider better lighting in the side streets of Eastend.
brighter lamps at the crossing please
solar lamps for the walkway would be a cheap fix
pls light up the park at night

recycling bins
please put more recycling bins in the city center
glass containers are always overflowing, add another
would like a paper bin for our street
collect plastic every week instead of once a month
can we have bins for separate waste at the beach
I'd recycle more if there was a container nearby
need a bottle bank in Northfield
the yellow bin is full after one week, empty it more often
why is there no recycling in the park, only general rubbish
a bin for old clothes and one for batteries would be good
pick up the recycling weekly pls
it would help to have bins for cans and bottles at the stadium
more bins = less litter. please separate them for recycling
wish we had compost bins like the next town
add containers for cardboard, amazon boxes everywhere
recyling bins at schools please
could the council provide bigger recycling boxes
have to drive 4 miles to get rid of glass, put a container closer
blue bins collected twice a month please
let us have food waste collection

swimming pool hours
open the pool earlier so we can swim before work
please extend the opening hours of the swimming pool
the pool closes at 7, impossible for working people
late night swim on thursdays would be lovely
can the baths open on sundays?
I wish I could do my lengths at 6 am
early bird swimming pls
need longer hours at Westside Leisure pool
Would it be possible to keep the lido open through september
pool is shut on public holidays when people have time, please open
let us swim in the evening
an adults only hour after 9pm at the pool would be great
more public swim time, it is always booked by clubs
keep the outdoor pool open longer in autumn
why do you close the pool for lunch?? stay open
could lane swimming start at half six
it would be nice to have the swimming pool open all day on weekends
opening times of the baths are a joke, extend them
6 o'clock opening for swimmers please
give the public more hours in the pool

online appointments town hall
let us book an appointment at the citizens office online
please make passport renewal possible over the internet
queued three hours to register my address. do it online!
why do I have to come in person for a stamp, put the forms online
digital forms please, not pdf to print
I wish I could renew my parking permit from home
could we get time slots at the registry so we don't wait all day
an online booking for the town hall would be a real improvement
need e-government, everything is on paper here
you cant reach the office by phone, offer appointments on the website
apply for a birth certificate online when
it would be much easier to file the change of address digitally
Estonia does everything online. why can't our city hall
take a number from home would be nice, then come when it's your turn
book slots for the registration office in an app pls
let citizens upload documents instead of bringing copies
please offer saturday appointments that one can book on the web
wish there was a portal for all requests to the city
make the paperwork at the municipality digital
online id card application please

dog park
we need a fenced dog park in the Southside
please give our dogs a place to run free
a meadow where dogs are allowed off the leash would be great
off-leash area when?
can the council fence off a corner of the park for dogs
I wish there was somewhere to let my lab run
dog owners pay tax and get nothing, build us a dog run
would love an enclosed field for puppies
nowhere to let the dog off lead in this town, please change that
dog play area with some obstacles pls
more poo bags dispensers and a dog meadow
Is there any plan for a dog exercise area near the river?
separate space for dogs so kids and dogs don't get in each other's way
how about turning the empty lot on 5th into a dog park
fenced area for small dogs please
let dogs swim somewhere in summer
my husky needs to run, give us a leash free zone
a place for doggos!!! pls
it would be nice for the dogs to have a fenced lawn
every city has a dog run except ours

gp appointments online
let me book my doctor's appointment online
please stop the 8am phone lottery, put the appointments on the web
I've been on hold for an hour to see a GP. online booking please
would be good to pick a slot in an app
can the surgery offer e-booking like my dentist
wish I could cancel or move my appointment without calling
90 calls this morning, engaged all the time. let us make appointments over the internet
why can i order a pizza with two taps but not see a doctor
an app for scheduling visits would free up your receptionists
need a way to get a doctors appt without ringing
make bookings possible via the patient portal
Could you show free slots on the website?
book gp on my phone pls
it would help to be able to reserve an appointment in the evening from home
doctolib please!!
let patients choose the time of their visit online
the phone queue is hell, do online scheduling
I'd love to book blood tests through the app too
please add web booking for the practice nurse
appointments by email or web form would already be an improvement

repeat prescription
let us order repeat prescriptions by app
please send my prescription straight to the pharmacy
I take the same pills for 20 years, why must I see a doctor for each script
would like to renew meds without visiting
can you do e-prescriptions
automatic refill of my inhaler would be so helpful
I wish the tablets came by post every month
need a simple way to reorder my medication
repeat scripts via text message pls
have the prescription ready when I arrive instead of making me wait two days
it would be great if the insulin was reordered automatically
prescriptions on my phone instead of pink paper please
could you give me three months of blood pressure pills at once
electronic prescription when? other countries have it
a reminder and one click reorder of my meds would be gold
let the pharmacist renew it
driving 15 miles just to collect a piece of paper for my medicine. send it digitally
refill online please
allow carers to order medicines for their parents
why not deliver repeat medication to the door

video consultation
please offer video calls with the doctor
I'd rather talk to the GP on zoom than sit in a waiting room with flu
can we have telemedicine
remote consultations for simple things would save everyone time
wish I could show my rash to the doctor by camera
a video appointment would help as I can't leave the house
let me see a physician online
skype with my specialist would spare me a 2 hour trip
virtual visits please
would be handy to send a photo to the doctor and get an answer
Is it possible to have the follow-up by video?
need online consultations for people in wheelchairs
why do I have to come in for a 2 minute talk, do it by phone or video
video doc pls
add remote appointments to your clinic
it would be a relief to talk to a therapist from home via video
telehealth like Kaiser offers would be awesome
offer the diabetes check as a video call
can the consultant ring me on facetime rather than in person
please bring back the video consultations you had during covid

hospital parking
make parking at the hospital free for patients
please build more parking spaces at the clinic
drove round for 45 minutes to find a space and missed my scan, more parking needed
14 quid to visit my dying mum. stop charging for hospital parking
could visitors get cheaper parking tickets
I wish chemo patients didn't pay for the car park
the car park is too small, please extend it
disabled bays right at the entrance of St Mary's please
staff have nowhere to park, give us a car park
would be nice to have a drop off zone at A&E
free parkin for nurses!!!
parking charges at the hospital are immoral, scrap them
can you add a second deck to the car park
need spaces for parents with sick kids near the children's ward
let blood donors park for free
a shuttle from a bigger car park would help
why must one pay by the hour when the clinic is always late? do a flat rate
more disabled parking at the outpatients please
reserved parking for dialysis patients would be a kindness
it would be better to pay for parking when leaving

hospital food
please serve better food on the wards
vegan meals in the hospital would be appreciated
the food is cold and grey, can we have warm meals
my dad hasn't eaten for 3 days, offer something edible
I wish there was fresh fruit for patients
would love a choice of dishes instead of one stew
is a halal option too much to ask
more vegetables less mash pls
give patients healthy meals, they're here to get well
gluten free food for coeliacs on ward 4, please
need a vegetarian dish that is not just cheese
a decent breakfast would be a start
hot dinners please!
can the kitchen label allergens on the trays
hospital meals should be cooked fresh on site
let us order from a menu
could you bring snacks for diabetics between meals
it would be good to eat later than 4:30pm, dinner is far too early
improve the menu at Saint Anne, even prisons have better cooking
why can't sick people get proper food

longer return period
30 days to return things would be fair, 14 is too short
please extend the return window for christmas presents
I'd like more time to send stuff back
was in hospital and missed the return deadline by a day, be more flexible
can returns be accepted for 60 days like at Ikea
longer returns please
wish you gave us at least a month to bring items back
two weeks to return shoes is nothing
let us exchange gifts until the end of january
return policy is way too strict, give us more days
why only 14 days? make it 100
need a longer period for returns when I'm abroad
it would be kinder to allow late returns
Could the deadline for sending back be counted from delivery and not from order
more time for refunds pls
holiday purchases should be returnable until mid january
extended returns for loyal customers would be great
give people a month to change their mind
zalando gives 100 days, match it
please don't close the return after two weeks

self checkout
more self checkouts please, the queues are endless
let me scan the goods with my phone while I shop
scan and go when?
please open some self service tills
20 people in line and two cashiers. self-scan would help
I wish I could check out by myself with three items
can we have handheld scanners like at Tesco
an express till for small baskets would be nice
need self-service checkouts in the Riverside branch
would love to skip the queue with an app
put in those machines where you scan your own stuff
why no self checkout in the big store
Could you add a self-scanning lane?
paying without a cashier would be way quicker
it'd be good to have tills where you do it yourself
automatic tills pls
let us scan and pay on our own
another two self-checkouts wouldn't hurt
amazon go style shopping, just walk out please
buying one sandwich takes 15 min, self service tills now

plastic packaging
please stop wrapping cucumbers in plastic
less plastic on fruit and veg
can you sell loose apples instead of in a bag
paper bags instead of plastic please
I'd love to bring my own jars and fill them
why is everything shrink wrapped? go plastic free
unpackaged section would be wonderful
wish you used cardboard trays for tomatoes
reduce packaging pls, my bin is full of your foil
a refill station for detergent and rice would be a good start
let us use our own containers at the cheese counter
stop sending tiny things in giant boxes full of plastic
it would be better for the planet without all that wrapping
need biodegradable bags for vegetables
Could organic bananas come without plastic?
offer refillable bottles for milk
swap the plastic for paper
plastic free aisle when
no more single use packaging please
get rid of the plastic around the salad

delivery time slot
let me choose a time slot for my delivery
please deliver in the evening, I'm at work all day
I waited from 8 to 6 for the parcel. narrower delivery windows please
would be great to pick the hour when the courier comes
can you deliver on saturdays
wish I could tell the driver to come after 5
a two hour slot instead of "some time on tuesday"
need to know when the delivery arrives, not just the day
evening deliveries pls
choose delivery day at checkout please
why can't I say when I am home
it would be so much easier with a fixed delivery window
delivery after 18:00 would be ideal for working people
could the groceries arrive before 8 am
give us an exact time of delivery
let customers reschedule the delivery to another day
same day delivery in a slot of my choice, that'd be something
took a day off for a sofa that came at 9pm, offer time slots
add sunday delivery slots
option to select morning or afternoon for the courier

bigger sizes
please stock larger sizes
size 46 shoes please, big feet need shoes too
why do your dresses stop at 14? plus size women exist
can you make trousers in extra long
I'm 2 metres tall and nothing fits, offer tall sizes
would love to see XXL in the shop and not only online
need petite sizes, everything is too long
wish the jeans came in a size 24
plus sizes when
add half sizes for shoes
bras above F cup pls
more sizes for curvy girls please!!
it would be nice if your jackets went beyond XL
offer wide fit boots
stock more small sizes for men, S is always sold out
Could you extend the range to 3XL and 4XL?
let big people shop here too
a tall range for women would be amazing
children's shoes in wide please
larger bust sizes in the swimwear

esim
please support eSIM
when will you offer esim for iPhones
waited a week for a plastic sim by post, just do esim
can I get a digital sim
would love an e-sim for my watch
I wish I could activate my plan without a physical card
embedded sim please
my new Pixel has no sim tray, need esim
e sim plz
it would be great to switch phones without swapping cards
let us download the sim
why no esim on prepaid
an eSIM for my tablet as second device would be good
electronic SIM cards when? every carrier has them
give us a QR code to install the sim instead of mailing it
add esim for Apple Watch
offer esims to tourists at the airport
esim support is the only reason I'd stay
could you provide eSIM on the Smart M tariff
sim cards are obsolete, go esim

rural coverage
please build a mast in our village
no bars at home, improve reception in the countryside
can we have 4g in Lower Wick at last
I have to climb the hill to make a call, we need coverage
would be nice to have signal on the train to York
better network in rural areas please
wish there was reception in my own kitchen
5G is useless here, first give us any signal at all
put up an antenna near Oakfield
need mobile internet on the farm
dead zone along the A66, please close it
more cell towers in the valley pls
when will you expand your network to the islands
we're paying full price for edge speed. upgrade the tower
Could you do something about the poor signal indoors?
extend coverage to the north coast
village of 800 people and not one bar. mast please!
it would be good to have phone reception in the tunnel
indoor signal is awful, add wifi calling or a mast
give the countryside proper mobile coverage

data rollover
let me keep my unused data for the next month
please roll over leftover gigabytes
I pay for 20 GB and use 5, let me carry over the rest
data rollover would be great
can the remaining data be transferred to next month
wish I could gift my spare GBs to my son
it's unfair that unused data expires
unused mb should not vanish at midnight
rollover data pls like o2
why do you delete what I've paid for? let the data accumulate
would be cool to save up data for holidays
leftover data to next month please
share data with family members would be nice
let gigs pile up
need a plan where data doesn't expire
Could unused volume be added to the following month?
don't take away my left over GB
carry-over of data, please
add a data bank where unused gigs are stored
allow us to keep what we didn't use

roaming
include Switzerland in the EU roaming
please make roaming free in the UK again
paid 80 euros for two days in Turkey, offer a travel pass
can you add a roaming bundle for the US
would love cheap data abroad
I wish my plan worked outside Europe
roaming packages for weekend trips please
warn me before I spend a fortune on roaming
need an international plan for business trips
stop the roaming charges in Norway and Serbia
let us use our data when travelling
daily pass for overseas pls
it would be good to have calls to Morocco included
a world package like Vodafone's would be nice
why is roaming so expensive? cap it
an option to switch roaming off in the app
free roaming for cruise ships lol, ok at least cheaper
could you cut the price of data in Asia
holiday data packs please
affordable roaming in the Balkans when

human support
let me talk to a human, not a bot
please bring back the phone hotline
the chatbot is useless, give us real people
I'd like a call back instead of holding for an hour
can we have support by whatsapp
need a person who can actually decide something
24/7 customer service would be good
wish I could reach an agent directly
real humans in the chat please
why is there no phone number any more
a local shop with staff who help would be so much better
let us skip the voice menu and go straight to an operator
answer the phone!! hire more people
support in Turkish and Arabic would help my parents
callbacks pls
it would be nice to have one contact person for my case
stop hiding the hotline number, put it on the site
could an employee reply instead of AI
open your helpdesk on weekends
speak to someone real when
"""

WISHES: dict[str, list[str]] = {lines[0]: lines[1:] for lines in (block.splitlines() for block in _BLOCKS.strip().split("\n\n"))}
