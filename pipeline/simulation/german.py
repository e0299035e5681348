"""German: a smaller grammar for what most people say; for the rest they write English. Symbols as in `grammar`."""

GERMAN: dict[str, str] = {
    "tag": "Montag\nDienstag\nMittwoch\nDonnerstag\nFreitag\nSamstag\nSonntag",
    "wer": """meine Mutter
mein Bruder
meine Nachbarin
mein Kollege
meine Tante
mein Opa
meine Chefin
mein Mitbewohner""",
    "anlass": """die Hochzeit
ein Vorstellungsgespräch
die Prüfung
das Konzert
den Arzttermin
das Endspiel
den ersten Arbeitstag""",
    "ort": "im Büro\nim Verein\nauf der Arbeit\nin der Bücherei\nbeim Chor\nin unserer Straße\nin {city}",
    "auftakt": """{brand}, so geht das nicht.
Hallo {brand},
Schon wieder {brand}:
Liebes Team von {brand},
Was ist los bei {brand}?
Ich bin seit {3-19} Jahren bei {brand}.
Danke für nichts, {brand}.
Ist bei {brand} noch jemand wach?
{brand} macht mich fertig.
Ein neues Kapitel mit {brand}:""",
    "folge": """Dadurch habe ich {anlass} verpasst.
{12-95} Minuten Warteschleife, dann aufgelegt.
Vorgang {100000-999999} liegt seit {2-9} Wochen herum.
Das kostet mich {12-480} Euro.
Am Telefon weiß niemand etwas, {wer} auch nicht.
Versprochen war {tag}, gekommen ist nichts.
Der Chat stellt {2-6} mal dieselbe Frage.
Genau dasselbe hatte {wer} in {city}.
Von Entschuldigung keine Spur.
Ich sitze jetzt in {city} fest.""",
    "schluss": """Bitte heute noch klären.
Ich will mein Geld zurück.
Nie wieder.
Ich kündige.
Wer ist zuständig?
Unfassbar.
Bis {tag} erwarte ich eine Antwort.
Eine Frechheit.
Ich warte.""",
    "mangel": """Seit {tag} funktioniert gar nichts mehr.
Zweimal abgebucht, einmal {20-300} Euro zu viel.
Die App stürzt seit Version {2-9}.{0-20} dauernd ab.
Vorgang {1000-9999} wurde einfach geschlossen.
Die Filiale in {city} schickt mich weg.
Die Rechnung {100000-999999} stimmt hinten und vorne nicht.
Mein Zugang ist gesperrt, ohne ein Wort.
{2-6} Stunden Ausfall und keine Durchsage.
Die Erstattung fehlt seit {2-9} Monaten.
Man hat {wer} falsch beraten.""",
    "complaint": """{auftakt} {mangel} {folge} {schluss}
{mangel} {folge} {schluss} {brand}
{auftakt} {mangel} {mangel} {folge}
{auftakt} {folge} {mangel} {schluss}""",
    "followup": """{brand} gibt es etwas Neues? {folge} {schluss}
Nach {2-9} Stunden noch immer keine Antwort von {brand}. {folge} {schluss}
@{handle} das hat nicht geholfen. {folge} {schluss}""",
    "frage": """wie lange dauert die Bearbeitung in {city}?
kann ich den Vertrag {1000-9999} auf {wer} umschreiben?
was kostet das ab dem {2-28}. des Monats?
brauche ich am {tag} einen Termin?
gilt das auch in {city}?
wo finde ich Formular {10-99}B?
bis wann muss ich mich melden?
geht das auch mit {2-6} Personen?
wann wird die Störung in {city} behoben?""",
    "umstand": """Es geht um {anlass}.
Ich ziehe nach {city}.
Auf der Seite steht nichts dazu.
{wer} sagt ja, der Chat sagt nein.
Ich bin seit {2004-2023} dabei.
Es eilt ein wenig, am {tag} ist Schluss.
Die Hilfe ist von {2015-2022}.""",
    "question": """Hallo {brand}, {frage} {umstand}
Frage an {brand}: {frage} {umstand} Danke!
{umstand} Weiß jemand bei {brand}: {frage}""",
    "lob": """{wer} wurde in {city} wunderbar beraten.
Nach {2-9} Minuten war alles erledigt.
Das Geld war nach {1-3} Tagen wieder da.
So freundlich war am {tag} sonst niemand.
Trotz {anlass} hat alles geklappt.
{4-30} Sekunden gewartet, eine Frage, gelöst.""",
    "praise": """Großes Lob an {brand}! {lob} {lob}
{lob} {lob} Danke {brand}! Weiter so.
Man meckert ja immer, aber {brand} war heute großartig. {lob} {lob}""",
    "plausch": """{wer} hat gelacht.
Danach gab es Kuchen in {city}.
Mehr weiß ich auch nicht.
Zum dritten Mal diese Woche.
Das war mein {tag}.
Sieht man {ort} ständig.
{anlass} war übrigens schön.""",
    "chatter": """Werbung von {brand} {ort} gesehen. {plausch} {plausch} {plausch}
{brand} hat in {city} etwas eröffnet. {plausch} {plausch} {plausch}
Im Kreuzworträtsel kam {brand} vor, {2-9} Buchstaben übrig. {plausch} {plausch} {plausch}
{wer} fragt, was {brand} eigentlich macht. {plausch} {plausch} {plausch}""",
    "irrelevant": """Die Tomaten sind nach {40-90} Tagen rot. {plausch} {plausch} {plausch}
Regen in {city} seit {3-19} Tagen. {plausch} {plausch} {plausch}
Heute {3-21} Kilometer gelaufen. {plausch} {plausch} {plausch}
Wer kennt ein gutes Buch über {city}? {plausch} {plausch} {plausch}
Der Kater hat {2-9} Tassen vom Regal geworfen. {plausch} {plausch} {plausch}""",
    "surge": """Totalausfall bei {brand} in {city}! {folge} {schluss}
Nichts geht mehr bei {brand} seit {10-95} Minuten. {folge} {schluss}
{auftakt} Störung in ganz {city}, keine Auskunft. {folge}
Störung {brand}: {wer} kommt nicht weiter. {folge} {schluss}""",
}
