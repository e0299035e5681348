"""Sentences of our own in which harm is done while nobody acts, and some that only sound so: templates for `phrases.filled`."""

# ruff: noqa: E501  # a template is one line

from __future__ import annotations

from typing import Final

URGENT: Final = """
my {house|kitchen|flat|car|garage} is on fire {because of your {heater|charger|dryer|battery}|, help|, the {thing} exploded}
the {battery|charger|heater|laptop|oven} {caught fire|exploded|is smoking|started to burn|gave me an electric shock}
I am locked {out|in} {with my baby|with the kids|of my room|in the car|in the lift}{, please help|, it is freezing|}
stranded at the {place} {all night|since yesterday|with two kids|with no money}, {nobody answers|no help|no hotel}
{we are|I am} {stuck|trapped|stranded} {in the lift|in the elevator|on the train|on the plane|in the snow|abroad} {for {while}|, please send help|}
there is a {gas leak|smell of gas|flood|fire|water leak} in {my house|our building|the {place}|the basement}
{someone|a thief} {stole|is using|hacked|emptied} my {card|account|phone} {right now|and is spending my money|please block it|this minute}
{emergency|urgent|help|please help|SOS}{!|:|,} {my card was stolen|my account is empty|I am stranded|I cannot breathe|no insulin left}
my {mother|baby|daughter|son|father} {needs {her|his} medicine|is in hospital|is alone at the {place}|is diabetic} and {the delivery did not come|you cancelled|nobody helps}
{no|without} {heating|power|water|insulin|oxygen|medication} {for {while}|since yesterday} {with a newborn|and it is freezing|, elderly mother at home}
I need {this|my {thing}|an answer|help} {now|immediately|asap|within the hour|before tonight}{, my flight leaves in an hour|, it is an emergency|}
my {flight|train} leaves in {an hour|30 minutes|20 min} and {I cannot check in|my booking is gone|the gate is closed|nobody is here}
{had|having} an allergic reaction {to your {meal|food|cream}|after eating your food}, {calling an ambulance|on the way to hospital}
found {glass|metal|a needle|mould} in {the baby food|my meal|your product}{, my child ate it|, somebody will get hurt|}
the {brakes|airbag|gas pedal|steering} {failed|stopped working|do not work} {on the highway|while driving|at full speed}
{money|all my savings|my salary|500} {is disappearing|was taken|is gone} from my account {now|right now|and I cannot block it}
{people|passengers|children} are {hurt|injured|fainting|trapped|bleeding} {at|in} the {place}
I {will|am going to} {miss my mother's funeral|miss my surgery|lose my house|be homeless tonight} {because of you|if this is not fixed today}
evacuate {now|immediately}, {fire|flood|the river} is {spreading|rising|coming}
{we|they} need {water|rescue|an ambulance|blankets|a boat} {urgently|now|at the school}
your {driver|courier|staff} {threatened|attacked|followed} me{, I am scared|, calling the police|}
{please|} {block|freeze|stop} my {card|account|payment} {now|immediately|at once}, {it was stolen|that was not me|I was scammed}
{whole|entire} {site|system|network|region} {is down|is out}, {we are losing money every minute|hospital affected|thousands affected}
{the|your} {elevator|lift|train|cable car|door} is {stuck|jammed|not moving} and {my grandmother|my child|a pregnant woman|we} {is|are} {inside|trapped|in there}
my {insulin|inhaler|heart pills|medication|oxygen} {was not delivered|did not come|is lost|is in the lost bag}, I need it {today|now|tonight|to live}
{we|my family} have {had|} no {water|heating|power|food|electricity} for {while} {with a newborn|and my wife is pregnant|, two small children|, it is minus ten}
{smoke|sparks|water|gas} {is|are} coming {out of|from} {the {thing}|the socket|the ceiling|the engine}{, what should I do|!|, help}
{my|our} {bag|luggage} with {my|the baby's} {medicine|insulin|passport} is {gone|lost|not here}{, I am diabetic|, we fly home today|}
{somebody|someone} {is in my account|changed my password|is ordering things with my card} {right now|as we speak|}{, lock it|, please help|!}
{wheelchair|blind|disabled} {passenger|user|guest} {left|forgotten|stranded} {on the plane|at the gate|on the platform} for {while}
{car|bus|truck} {broke down|crashed|stalled} on the {motorway|highway|tracks} {with kids inside|and no one comes|, we are in danger}
the {medicine|milk powder|meat} {you sold|from your {place}} {is poisoned|made us all sick|sent my son to hospital}
{data breach|security hole}: {customer passwords are public|anyone can see my account|other people's orders are shown to me}
I {cannot|can't} breathe, {call someone|help|your heater leaks}
{my child swallowed a part of your toy|the carbon monoxide alarm is ringing}{, what do I do|, help|}
"""

CALM: Final = """
no {rush|hurry}, {when|whenever} you have time {could you look at my {thing}|let me know}
{just|only} {wondering|curious} {whether|if} {you will add {feature}|the {product} comes in blue}
this {song|burger|game|team|outfit|party} is {on fire|fire|killing it|the bomb}
{I'm|I am} dying {of laughter|to see this film|lol}
{hot|cool} {sauce|deals} {day}, {fire sale|everything must go}
{emergency exit|fire alarm test|first aid course} {day} at the {place}
{the new firewall|burning calories|my crush is killing me} {haha|lol|}
locked in {a low price|for the season|my tickets} {yay|}
"""
