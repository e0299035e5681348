"""Advertising, bait and fraud as they come on networks, in sentences of our own, and honest texts that resemble them."""

# ruff: noqa: E501  # a template is one line

from __future__ import annotations

from typing import Final

SPAM: Final = """
{check|check out|watch|visit} my {channel|new video|page|profile|mixtape|store} {and subscribe|please|guys|, you will love it} {link|}
{subscribe|sub} to my channel {and I will sub back|please|for daily videos|and like|if you want free {money|gift cards}}
{follow|followed by} {me|@{gain|win|promo}_{now|hub}} and I {follow back|follow you back|will follow back 100%} {tag}
{retweet|rt|like and rt} {this|} {if you want|for|to gain} {new followers|100 followers|1000+ followers|a follow back} {tag} {tag}
want {more|free|1000} followers{?|??} {click|visit|go to|check} {link} {tag}
{get|gain|buy} {1000|10k|500|real} {followers|likes|views|subscribers} {fast|for free|today|cheap} {link}
{congratulations|congrats|winner}{!|!!} you {have won|won|have been selected for|are chosen for} a {free iphone|{money} gift card|prize|cruise|new car} {click|claim|call {number}} {link|}
claim your {free|} {prize|gift|bonus|reward|{money} voucher} {now|today|before it expires} {link}
{make|earn} {money} {a day|per week|daily|every hour} {working from home|from home|online|with your phone}{, ask me how|, no experience needed|!} {link}
I made {money} {last week|in one day|this month} {working from home|trading|online}, {you can too|ask me how|see how} {link}
{free|get free} {iphone|ipad|gift card|robux|vbucks|samples|spins|netflix account} {here|now|today only|} {link}
{win|your chance to win} {a free|an} {iphone|ipad|trip|{money} gift card|laptop}, {just|simply} {follow and rt|like and share|click|enter here} {link} {tag}
{lose|lost} {20|30|15} {pounds|lbs|kg} in {2|3|4} weeks {with this trick|without exercise|guaranteed}{!|} {link}
{cheap|discount|best price} {viagra|pills|meds|watches|handbags|sunglasses|replica shoes} {online|free shipping|no prescription} {link}
{hot|single|sexy|lonely} {girls|singles|women|ladies} {near you|in your area|want to chat|waiting} {link|text now {number}}
{adult|xxx|18+} {videos|dating|chat|cams} {free|live|tonight} {link}
{invest|investing} {in bitcoin|with us|in crypto|in forex} and {double your money|earn {money} weekly|get 300% profit}{!|} {link|dm me|whatsapp {number}}
{dm|message|inbox|whatsapp} me {for|to learn} {forex signals|how to earn|a loan|recovery of your account|cheap followers} {number|}
thanks to {mr|mrs|expert} {smith|jane trader|alex fx} I {recovered my|earned|withdrew} {money} {from my investment|in a week}, contact {him|her} on {telegram|whatsapp}
your {account|parcel|package|card|bank account} {has been suspended|is on hold|will be closed|is limited}{,|.} {verify|confirm|pay|update} {your details|now|a small fee} {here|at} {link}
{urgent|final notice|important}: {your account will be locked|unpaid toll|tax refund of {money} waiting|delivery failed}, {click|tap|log in at} {link}
dear customer{,|.} you are {pre approved|eligible} for a {loan|credit card|refund} of {money}{, apply now|, call {number}|} {link|}
call {now|today|free|} {number} {to claim|for your prize|to win|for a free quote}{!|}
text {WIN|YES|GO|STOP|CLAIM} to {12345|80808|60300} {to claim|to enter|for your free ringtone}{, t&cs apply|, 150p per msg|}
{limited|special|exclusive} {offer|time offer|deal}{!|:} {50%|70%|80%} off {everything|all {watches|shoes|courses}|today only} {order now|buy now|shop now|hurry} {link}
{buy now|order today|act now|hurry}{!|,} {only 3 left|offer ends tonight|limited stock|while stocks last} {link}
{best|top|cheap} {seo|web design|essay writing|assignment|backlink} {service|services} {contact us|dm us|visit} {link}
{need|looking for} {a loan|cash fast|quick cash|bad credit loans}{?|,} {apply|click|call {number}} {now|here|} {link}
{play|join} {our|the best} {casino|slots|poker|betting} {now|today} and get {money|100 free spins|a bonus} {link}
{listen to|stream|download} my new {song|single|album|mixtape|beat} {on soundcloud|now|please}{, it is fire|} {link}
please {help|support} {me|my channel} {reach|get to} {100|1000|1k} {subs|subscribers|followers}{!|, thanks|} {link|}
{vote|please vote} for me {here|in this contest} {link} {tag}
{who wants|giving away} {free {money}|10 iphones|free gift cards|airdrop tokens}{?|!} {like, rt and follow|drop your wallet|click} {link|} {tag}
{airdrop|presale|nft mint|token sale} {is live|ends soon|now}{!|} {connect your wallet|claim|join} {link} {tag} {tag}
{hey|hi} {guys|everyone|friends}{,|} {check out|visit|subscribe to} {my|this} {channel|site|blog|video} {for|about} {cool stuff|gaming|makeup|free games} {link|}
{we are hiring|part time job}{!|,} {earn|get} {money} {daily|per day} {from your phone|at home|no skills needed}{, whatsapp {number}|, click {link}}
{watch|stream} {full movie|the match live|episode 5} {free|hd|online free} {here|now} {link} {tag}
{this|one} {weird trick|simple trick|secret} {doctors hate|banks hate|will make you rich|burns fat} {link}
{lol|omg|haha|wow}{,|!} {is this you|someone is saying bad things about you|look at this photo of you} {in this video|here|} {link}
{tag} {tag} {tag} {tag} {link}
{iphone|ps5|laptop|shoes} {for sale|at half price} {free delivery|wholesale price}{,|} {dm|order|call {number}} {link|}
{best|greatest} {hotel deals|travel destinations|cheap flights} {here|click} {link} {tag} {tag} {tag}
{clean your|speed up your} {pc|phone} {free|now} {download|click} {link}
"""

FRAUD: Final = """
dear {customer|user|client|account holder}{,|} your {mailbox|email|webmail|cloud storage} is {almost full|over quota|about to expire}, {log in|upgrade|confirm your password} {here|now} {link|}
your {bank|netflix|paypal|apple|amazon} {account|id|membership} {is locked|was used on a new device|could not be renewed}, {restore access|confirm your identity|update your billing} {here|at} {link}
{royal post|ups|parcel service|customs}: your {parcel|shipment} {is waiting|was returned to the depot|has an unpaid fee of {money}}, {reschedule|pay|confirm address} {here|at} {link|}
{hi|hello} {mum|dad}, {I lost|I broke|someone stole} my phone, this is my {new|temporary} number, {text me back|can you pay a bill for me|send me {money} please}
{dear friend|greetings|good day}, I am {a barrister|the widow of a minister|a banker} {and|who} {have|want to share} {18 million dollars|a large sum|an inheritance} with you, {reply with your bank details|kindly reply in confidence}
{final|last} {reminder|notice|warning}: {unpaid parking fine|tax refund of {money}|car warranty about to expire}, {act|pay|claim|call {number}} {today|now|before midnight} {link|}
you {have been|were|are} {chosen|selected|shortlisted|pre-approved} {for|to receive} {a grant|a loan of {money}|our {money} voucher|a cash bonus}{.|,} {no credit check|bad credit ok|reply yes|apply today} {link|}
we {tried to reach|have been trying to contact} you about {your prize|your car's warranty|a parcel|your bonus points}{,|.} call {number} {now|from a landline|to claim}
{urgent|private|free msg}{!|:} your {mobile|number|account} {has won|was awarded|is due} {money|a {money} prize|a bonus caller prize|2 free tickets}{,|.} {to claim|to collect} {call {number}|txt CLAIM to 81010}{, valid 12hrs only|, 150ppm|}
{reply|txt|text} {yes|ok|a|play} {to|for} {get|hear|receive} {your ringtone|your daily joke|a free game|latest offers}{, 50p a msg|, stop to end|, 18+|}
{refinance|consolidate} your {mortgage|debt|student loan} {at the lowest rates|today and save {money}|now}{,|.} {no fees|no obligation|free quote} {link|}
{meet|chat with|date} {beautiful|mature|local|russian|asian} {women|singles|ladies|brides} {tonight|for free|online}{,|.} {join free|sign up|no card needed} {link|}
{natural|herbal|doctor approved} {pills|formula|tea|supplement} {for weight loss|burns belly fat|makes you bigger|regrows hair}{, guaranteed|, order your trial|, results in days} {link|}
turn {$100|$200|{money}} into {$5000|{money}|ten times that} {in a week|in 24 hours|overnight} {with bitcoin|trading options|no risk}{,|.} {inbox me|write to my manager|join our group} {link|}
{this|new} {coin|token|stock} {will|is about to} {explode|pump 100x|moon}{,|!} {buy|get in} {before listing|now|today} {link|}
I {saw|found} your {profile|page} and {want|would like} to {be your friend|know you better|share something}{,|.} {write me at|add me on whatsapp} {number|lovely@mail.xyz}
{register|sign up} {with|using} {my|this} {code|link} {XW12|BONUS50|FREE20} {and get|for} {free {money}|a gift card|bonus credit} {link|}
{rank|get your site} {first|number one} {on google|in search}{,|.} {affordable|cheap} {seo|backlinks|traffic}{,|.} {free audit|contact us|reply for prices} {link|}
{moms|students|people} wanted{!|:} {work from home|earn {money} a month|flexible hours}{,|.} {limited spots|no experience|start today} {link|}
"""

CHANNELS: Final = """
{hi|hey|hello|yo} {guys|everyone|there|people}{,|!} {I'm|I am|we are} {a singer|a small youtuber|a rapper from {town}|two brothers} and {make|upload|post} {covers|gaming videos|beats|vlogs|comedy}{,|.} {check me out|have a look|give us a chance|sub please}
{please|pls|plz} {help|support} {me|us} {get|reach|hit} {50|100|500|1000} {subs|subscribers|likes}{!|, thank you|, I will return it|}
{click|go to|tap} {my|on my} {name|profile|picture|channel} {for|to see|if you want} {free stuff|my videos|more like this|a surprise}
{anyway|lol|wow|so|if you are bored}{,|} {check out|look at|go watch} {this|my} {channel|video|site|song} {kobi12|by dj max|called gamerzone|link in bio|link}
{like|thumbs up|upvote} {this|my} {comment|post} {if you|and} {agree|want to see my video|love this song}{,|} {and|then} {subscribe|check my channel|share}
{who|if you} {sub|subs|subscribe|likes} {to me|my page} {gets|will get} {a sub back|a shoutout|a free beat|likes}
{come|join} {to|} my {server|stream|group|page} {for|and get} {free {coins|skins|gems}|giveaways|daily tips} {link|}
{hot|shocking|crazy|new} {video|clip|photos}{!|:|,} {you won't believe|watch} {what happens|what she does next|the ending} {link}
I {turned|changed} {my life|everything} with {this site|this app|this method}{,|} {go to|try} {freecash|getrich|quickmoney}.{com|net|info} {and see|now|}
{watch?v={abc12|Zx9|vt22Q}|youtube.com/{user|c}/{promo|dj}} {check this out|watch it|please sub|my new song}
{vote|please vote|pls vote} {for} {my dog|my band|my cousin|me} in {the contest|this poll|miss {town}}{,|} {only takes a second|every vote counts} {link|}
{our|my} {mixtape|single|ep|clothing line|merch} {drops|is out} {now|friday|today}{,|!} {go cop it|link in bio|stream it|order yours} {link|} {tag}
{follow|add} {@promo_king|@dailydeals|our page|my insta} {for|to get} {daily motivation|free tips|giveaways|hot deals}{!|} {tag} {tag}
"""

HAM: Final = """
{firm} I {clicked|followed|opened} the link {you sent|in your mail} {and|but} {it does not work|nothing happens} {link}
{firm} my free {upgrade|trial|delivery|gift} {did not arrive|was charged|ends {day}}{, why?|}
{firm} I {called|rang} {number} {and|but} {nobody answered|got cut off|was on hold for {while}}
{firm} you {charged|owe|took} {money} {for nothing|twice|from my account}
{just won|we won} {the game|our match|the cup} {tonight|}{!|!!}
{great|nice|interesting} {article|read|video|photo} {on|about} {town|the new {product}|{firm}} {link}
{love|loving} {this song|this video|your channel|the new album}{!| so much|, brilliant|}
who {is watching|is still listening to} this in {2014|2020|2023|2026}?
this {song|video|clip} {makes me cry|brings back memories|has a billion views wow|is so good}
{the|that} {beat|chorus|voice|dance|intro} {is amazing|gets me every time|never gets old}
{she|he} {sings|looks|plays} so {well|good|beautiful}{| in this video| , love it}
{call|text} me {when you are home|later|after work|when you get this}
{did|have} you {get|got|see|seen} my {text|email|message}{?|, call me}
{on|running} my way, {be there in {20 min|5 minutes}|save me a seat}
can you {pick up|buy|get} {milk|the kids|some bread|me} {on your way home|after work|}{?|}
{happy birthday|good night|sweet dreams|merry christmas}{!|,} {love you|have a great day|see you soon}
{new|our} {store|branch|office} {opens|is open} {in {town}|{day}} {link}
{firm} is your {sale|offer|50% off} {still on|valid {day}|also in {town}}?
{firm} {will|do} {new|} customers get the {discount|{money} bonus|free month}?
{price|prices} {went up|rose} to {money}{, too much|, really?|}
{weather|traffic|storm} {warning|update} for {town} {link}
{police|council|government} {confirm|announce} {road closure|new rules} in {town} {link}
{firm} {follow|dm} me {so I can send my order number|please, need help|back, I need to dm you}
{my|our} new {album|book|podcast} {is out|took two years|was reviewed in the paper}
your {order|parcel|appointment} {is confirmed|has shipped|is at {9|10|3}}{, thank you|}
your {verification|login} code is {123456|4821|90213}
the {kids|team} {won|enjoyed} {a prize|the day} at {school|the fair} {day}
{free|all} {wifi|parking|breakfast|seats} {at the {place}|were gone|would be nice|was promised} {firm|}
{got|picked up} a {free|} {ticket|shirt|badge|sticker} at {the conference|the booth|the launch} {in {town}|today}{!|, thanks {firm}|}
{great|good|nice} {app|game|phone}{,|} {but|and} {too many ads|costs too much|free version is enough|worth the money}
{don't|do not} {buy|download|trust} {this|it|them}{,|} {scam|they took my money|waste of money|it is full of ads}
{is|was} this {email|text|call} {from you|about my account|from {number}} {real|a scam|genuine}{?|, {firm}?}
{firm} {I got|someone sent me} a {fake|phishing|strange} {text|email} {with your name|asking for my password|about a parcel}
{first|best|my favourite} {video|song|part} {I watched|of the year|at 2:13}{, wow|, so funny|}
I {subscribed|signed up} {last year|for the premium plan} {and|but} {it was worth it|never got the newsletter|cannot cancel}
{my|the} {bitcoin|stock|loan|mortgage} {lost half its value|was approved|costs more now|is paid off}
{lost|I have lost} {5 kg|ten pounds} {since january|by running}{, feeling good|, happy|}
{the|new} {ipad|iphone|{product}} {launch|announcement|store} {in {town}|{day}|looks great} {link|} #tech
{download|grab|get} the {free|new|} {conference|festival|museum|city} {app|map|guide|schedule}{, it is {good}|, works offline|} {link} #{tech|music|art}
{free|new|today's} {music|sampler|podcast|book|song} {from|on|via} {itunes|the band|the library|the radio} {link} #{music|friday}
{giveaway|contest|raffle} at {our booth|the {place}|the fair} {today|at 3|{day}}{, come by|!} #{tech|expo}
{check out|have a look at|see} {this|the new} {article|demo|{product}|talk|photo} {by|from|at} {{firm}|@ann_writes|the museum} {link}
{google|apple|{firm}} {to launch|launches|announces|opens} {a new|its} {{product}|store|network|service} {today|in {town}|at the conference} {link} #{tech|news}
{rt|via} @{ann|tech|news}: {{firm} {opens|launches} {a store|a {product}} in {town}|what we know about the {product}|5 tips for using maps} {link}
{win|winning} {is everything|feels good|or lose, we love them}
{come|stop} by {the {place}|our talk|room 12} for {a demo|free coffee|stickers}{!|, until 5|} #{expo|tech}
{party|show|panel} {tonight|{day}} at {the {place}|8} in {town}{, rsvp|, free entry|, who is in?} {link|} #{music|tech}
{join|meet|see} us at {the meetup|our talk|the open day} {in {town}|{day}} {link|}
"""
