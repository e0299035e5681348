"""Sentences of our own that say who speaks: templates for `phrases.filled`."""

# ruff: noqa: E501  # a template is one line

from __future__ import annotations

from typing import Final

INVESTOR: Final = """
{as a|speaking as a|long time} shareholder {of {firm}|} I {demand|expect|want} {answers|a buyback|the ceo to resign|a dividend}
{bought|buying|adding|sold|selling|shorting} {more|my|100} {$ACME|$GLBX|$INIT|{firm}} {shares|stock|calls|puts} {today|on this dip|before earnings|}
{$ACME|$GLBX|$INIT|$NWND} {earnings|eps|guidance|q2 revenue|price target} {beat|missed|cut|raised}{, stock {up|down} 5%|, what do you think|}
{holding|long|short|bullish|bearish} {on|} {$ACME|$GLBX|{firm} stock} {since 2015|into earnings|, target {money}|}
{what is|when is} the {dividend|annual meeting|earnings call|ex date} {of|for} {firm}{?| this year?}
{my|our} {portfolio|fund|position} {is down|lost {money}|holds} {because of|in} {firm} {stock|shares|}
{investors|shareholders} {like me|} {lost {money}|are angry|deserve the truth} {firm} {|#stocks}
{analyst|analysts} {upgrade|downgrade} {$ACME|$GLBX} to {buy|hold|sell}, {valuation|margins|cash flow} {looks cheap|too high|improving}
"""

PARTNER: Final = """
{we are|proud to be|happy to be} {partnering|working|teaming up} with {firm} {on|for} {the new {product}|a {town} event|clean water}
{as|} a {supplier|reseller|vendor|franchise owner|contractor} {of|to|for} {firm} {we|I} {have not been paid|wait for the purchase order|love the new portal}
our {company|agency|charity|studio} {supplies|integrates with|works with|delivers for} {firm} {and|,} {the api changed|invoices are late|we are excited}
{our|the} {invoice|purchase order|contract} {4711|from june|for the event} is {unpaid|still open|not signed} {firm}
{join|visit} {us|our booth} {and|with} {firm} {at|for} {the conference in {town}|our webinar {day}} {link}
{donate|help us help} {the victims|families in need} with {firm} {link}
we {volunteers|at the foundation|as a charity} {deliver|collect|need} {food|blankets|donations} {in|for} {town} {link}
"""

MEDIA: Final = """
{breaking|just in|live|exclusive|watch|video|photos}: {firm} {recalls {product}|ceo resigns|strike begins|flight makes emergency landing} {link}
{I'm|I am} {a|} {journalist|reporter} {with|at|for} {the daily news|channel 5|the herald}, {can we talk|may we use your photo|dm me} {about {firm}|}
{our|my} {report|story|interview|column} {on|about} {firm} {is out|runs tonight|in today's paper} {link}
{firm} {shares fall|sued|fined|under investigation|opens factory|cuts jobs} - {reuters|the times|local news|business daily} {link}
{more|latest|updates} {on|about} {the {town} fire|the {firm} outage|the strike} {at|on} {6|our site|our live blog} {link}
{read|watch}: {how|why} {firm} {lost its way|won {town}|failed customers} {link}
"""

AUTHORITY: Final = """
{the|} {city of {town}|fire department|police department|transport authority|health ministry|consumer agency} {advises|warns|reminds|asks} {residents|travellers|customers} {to avoid {town} centre|to boil water|to stay inside} {link}
{official|public} {notice|statement|warning}: {recall of {firm} {product}|road closures {day}|evacuation order for {town}} {link}
{we|our officers|our crews} are {responding|on scene|investigating} {at|in} {town}, {avoid the area|call 999 if you have information|updates follow}
{ministry|regulator|mayor|governor} {opens inquiry into|fines|approves|orders} {firm} {link|}
{all clear|state of emergency|curfew|evacuation} {declared|lifted|ordered} for {town} {by the mayor|until {day}|}
"""

BYSTANDER: Final = """
{thinking|thinking about|considering} {of switching|to switch|switching|buying|trying} {to {firm}|a {product}|{firm}}{, any good?|, thoughts?|}
{saw|just saw|reading about} {an ad for|the news about|that video about} {firm}{, wow|, is it any good?|, looks {good}}
{my|a} {friend|neighbour|cousin} {has|got|bought} {a {product}|{firm}} and {hates|loves} it
{people|everyone} {is|are} {talking|complaining|joking} about {firm} {again|today|lol}
{praying|prayers|thoughts} {for|to|with} {everyone|the people} {in {town}|there}
I {never|would never|don't} {used|use|tried} {firm} but {it sounds {bad}|it looks {good}|that ad is funny}
is {firm} {hiring|really that {good}|better than the others|worth switching to}?
"""
