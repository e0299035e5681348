"""French: a smaller grammar for what most people say; for the rest they write English. Symbols as in `grammar`."""

FRENCH: dict[str, str] = {
    "jour": "lundi\nmardi\nmercredi\njeudi\nvendredi\nsamedi\ndimanche",
    "qui": "ma mère\nmon frère\nma voisine\nmon collègue\nma tante\nmon grand-père\nma cheffe",
    "occasion": """le mariage de ma sœur
un entretien
l'examen
le concert
un rendez-vous médical
la finale
notre déménagement""",
    "debut": """Bravo {brand}, vraiment.
Bonjour {brand},
Encore une fois {brand} :
Ça suffit, {brand}.
Client de {brand} depuis {3-19} ans.
Il y a quelqu'un chez {brand} ?
Merci pour rien {brand}.
À l'équipe de {brand} :""",
    "suite": """J'ai raté {occasion} à cause de ça.
{12-95} minutes d'attente puis plus rien.
Le dossier {100000-999999} traîne depuis {2-9} semaines.
Cela me coûte {12-480} euros.
Même problème pour {qui} à {city}.
On m'avait promis {jour}, rien.
Le robot pose {2-6} fois la même question.
Aucune excuse, aucun message.""",
    "fin": """Remboursez-moi.
Plus jamais.
Je résilie.
Qui est responsable ?
Incroyable.
J'attends une réponse avant {jour}.
Une honte.
Faites quelque chose.""",
    "panne": """Plus rien ne marche depuis {jour}.
Prélevé deux fois, {20-300} euros de trop.
L'application plante depuis la version {2-9}.{0-20}.
La facture {100000-999999} est fausse.
Mon compte est bloqué sans un mot.
L'agence de {city} m'a mis dehors.
{2-6} heures de retard sans une annonce.
Le remboursement manque depuis {2-9} mois.""",
    "complaint": "{debut} {panne} {suite} {fin}\n{panne} {suite} {fin} {brand}\n{debut} {suite} {panne} {fin}",
    "followup": """{brand} des nouvelles ? {suite} {fin}
Toujours rien de {brand} après {2-9} heures. {suite} {fin}
@{handle} cela n'a pas aidé. {suite} {fin}""",
    "demande": """combien de temps faut-il à {city} ?
peut-on mettre le contrat {1000-9999} au nom de quelqu'un d'autre ?
faut-il un rendez-vous {jour} ?
où trouver le formulaire {10-99}B ?
est-ce valable à {city} aussi ?
jusqu'à quand puis-je changer ?
quel prix pour {2-6} personnes ?""",
    "cadre": """C'est pour {occasion}.
Je déménage à {city}.
Le site ne dit rien.
Client depuis {2004-2023}.
C'est un peu urgent, {jour} c'est trop tard.
L'aide date de {2015-2022}.""",
    "question": """Bonjour {brand}, {demande} {cadre}
Question à {brand} : {demande} {cadre} Merci !
{cadre} Quelqu'un chez {brand} sait : {demande}""",
    "eloge": """Réglé en {2-9} minutes à {city}.
Remboursé en {1-3} jours.
Une patience infinie avec {qui}.
Grâce à eux {occasion} a eu lieu.
{4-30} secondes d'attente, une question, résolu.
Le colis perdu était là {jour}.""",
    "praise": """Un grand merci à {brand} ! {eloge} {eloge}
{eloge} {eloge} Bravo {brand}, continuez.
On critique toujours, mais {brand} a été parfait. {eloge} {eloge}""",
    "propos": """{qui} a bien ri.
Ensuite, un gâteau à {city}.
Je n'en sais pas plus.
Troisième fois cette semaine.
Voilà mon {jour}.
C'était beau, {occasion}.""",
    "chatter": """Vu une publicité de {brand} à {city}. {propos} {propos} {propos}
{brand} ouvre quelque chose à {city}. {propos} {propos} {propos}
{brand} dans les mots croisés, {2-9} lettres de trop. {propos} {propos} {propos}""",
    "irrelevant": """Il pleut à {city} depuis {3-19} jours. {propos} {propos} {propos}
Couru {3-21} kilomètres ce matin. {propos} {propos} {propos}
Le chat a cassé {2-9} tasses. {propos} {propos} {propos}
Qui connaît un bon livre sur {city} ? {propos} {propos} {propos}""",
    "surge": """Panne totale chez {brand} à {city} ! {suite} {fin}
Plus rien chez {brand} depuis {10-95} minutes. {suite} {fin}
{debut} panne dans tout {city}, aucune information. {suite}""",
}
