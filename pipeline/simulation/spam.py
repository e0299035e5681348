"""English: what campaigns of unwanted posts say. A campaign picks one line, its accounts vary it."""

SPAM: dict[str, str] = {
    "spam": """{spam.alert} {spam.sum} giveaway for the first {100-900} {brand} followers! Claim: {link}
{spam.alert} Lost money with {brand}? Recovery expert got my {spam.sum} back in {2-48} hours, write to {contact}
{brand} customers: your account will be closed today. Verify your identity now {link}
{spam.alert} {spam.coin} to the moon, I made {spam.sum} in {2-9} days from my sofa. Join {link}
Work from home, {40-90} per hour, no skills needed, {5-60} places left. Apply here {link} {spam.alert}
{10-90}k real followers for {5-30} dollars, instant delivery, no password {link}
Hot singles in {city} want to meet you tonight {spam.alert} {link}
{spam.alert} Cheap pills, no prescription, {50-90}% off until midnight {link}
Loan of up to {spam.sum} approved in {2-15} minutes without credit check {link}
{brand} official support here, sorry for the trouble! Send a message to {contact} with your card number for a refund
Congratulations!!! You won {spam.sum} in the {brand} anniversary draw, pay {9-49} dollars handling at {link}
I was skeptical but {contact} doubled my {spam.coin}, {spam.sum} withdrawn today. Thank me later {spam.alert}
{spam.alert} Free {brand} gift card worth {spam.sum}, just {2-5} questions {link}
One weird trick against belly fat, doctors in {city} hate it {link} {spam.alert}
Essay due? We write it in {2-12} hours, {10-30} dollars, no questions {link}
Watch the final live in HD free, no sign-up {link} {spam.alert}""",
    "spam.alert": "🔥🔥\n🚨\n💰💰💰\n!!!\nURGENT\n🎁\n✅\nLIMITED\n👉👉",
    "spam.sum": "500 dollars\n$1,000\n$5,000\n2,500 EUR\n$10,000\n$750\n0.5 coins",
    "spam.coin": "$MOON\n$FROG\n$ZETA\n$ORBIX\n$LUMA",
    "spam.host": "claim-now\nbonus-desk\nverify-id\nquick-gain\nfast-cash\nlucky-draw\nmeet-tonight\nhealth-deal",
    "spam.spin": """{spam.alert}
Dont miss out
Last chance
Trust me
100% real
Legit
DM me
Retweet to win
Today only
No joke""",
}
