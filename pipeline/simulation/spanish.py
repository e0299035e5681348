"""Spanish: a smaller grammar for what most people say; for the rest they write English. Symbols as in `grammar`."""

SPANISH: dict[str, str] = {
    "dia": "lunes\nmartes\nmiércoles\njueves\nviernes\nsábado\ndomingo",
    "quien": "mi madre\nmi hermano\nmi vecina\nmi compañero\nmi tía\nmi abuelo\nmi jefa",
    "ocasion": "la boda de mi hermana\nuna entrevista\nel examen\nel concierto\nla cita médica\nla final\nla mudanza",
    "inicio": """Muy bien, {brand}, muy bien.
Hola {brand},
Otra vez {brand}:
Basta ya, {brand}.
Cliente de {brand} desde hace {3-19} años.
¿Hay alguien en {brand}?
Gracias por nada, {brand}.
Al equipo de {brand}:""",
    "efecto": """Por eso me perdí {ocasion}.
{12-95} minutos en espera y colgaron.
El caso {100000-999999} lleva {2-9} semanas abierto.
Me cuesta {12-480} euros.
Lo mismo le pasó a {quien} en {city}.
Prometieron el {dia} y nada.
El robot pregunta {2-6} veces lo mismo.
Ni una disculpa.""",
    "final": """Devuélvanme el dinero.
Nunca más.
Me doy de baja.
¿Quién responde?
Increíble.
Espero respuesta antes del {dia}.
Una vergüenza.
Hagan algo.""",
    "fallo": """Nada funciona desde el {dia}.
Cobrado dos veces, {20-300} euros de más.
La aplicación se cierra desde la versión {2-9}.{0-20}.
La factura {100000-999999} está mal.
Mi cuenta está bloqueada sin aviso.
La oficina de {city} me echó.
{2-6} horas de retraso sin un anuncio.
Falta el reembolso desde hace {2-9} meses.""",
    "complaint": """{inicio} {fallo} {efecto} {final}
{fallo} {efecto} {final} {brand}
{inicio} {efecto} {fallo} {final}""",
    "followup": """{brand} ¿alguna novedad? {efecto} {final}
Sigue sin responder {brand} tras {2-9} horas. {efecto} {final}
@{handle} eso no ayudó. {efecto} {final}""",
    "consulta": """¿cuánto tarda en {city}?
¿puedo cambiar el contrato {1000-9999} de nombre?
¿hace falta cita el {dia}?
¿dónde está el formulario {10-99}B?
¿vale también en {city}?
¿hasta cuándo puedo cambiarlo?
¿qué precio hay para {2-6} personas?""",
    "marco": """Es para {ocasion}.
Me mudo a {city}.
La web no dice nada.
Soy cliente desde {2004-2023}.
Corre prisa, el {dia} es tarde.
La ayuda es de {2015-2022}.""",
    "question": """Hola {brand}, {consulta} {marco}
Pregunta para {brand}: {consulta} {marco} ¡Gracias!
{marco} ¿Alguien de {brand} sabe esto? {consulta}""",
    "elogio": """Resuelto en {2-9} minutos en {city}.
Reembolso en {1-3} días.
Paciencia infinita con {quien}.
Gracias a ellos hubo {ocasion}.
{4-30} segundos de espera, una pregunta, listo.
El paquete perdido llegó el {dia}.""",
    "praise": """¡Mil gracias a {brand}! {elogio} {elogio}
{elogio} {elogio} Bravo {brand}, sigan así.
Siempre nos quejamos, pero {brand} estuvo perfecto. {elogio} {elogio}""",
    "charla": """{quien} se rió.
Luego hubo tarta en {city}.
No sé nada más.
Tercera vez esta semana.
Así fue mi {dia}.
Qué bonito {ocasion}.""",
    "chatter": """Vi un anuncio de {brand} en {city}. {charla} {charla} {charla}
{brand} abre algo en {city}. {charla} {charla} {charla}
Salió {brand} en el crucigrama, sobran {2-9} letras. {charla} {charla} {charla}""",
    "irrelevant": """Llueve en {city} desde hace {3-19} días. {charla} {charla} {charla}
Hoy corrí {3-21} kilómetros. {charla} {charla} {charla}
El gato rompió {2-9} tazas. {charla} {charla} {charla}
¿Un buen libro sobre {city}? {charla} {charla} {charla}""",
    "surge": """¡Caída total de {brand} en {city}! {efecto} {final}
Nada funciona en {brand} desde hace {10-95} minutos. {efecto} {final}
{inicio} avería en todo {city}, sin información. {efecto}""",
}
