"""What authors plainly claim to be in their profile: reporter, authority, or somebody of the subject's. `Speakers` asks."""

from __future__ import annotations

import re
from collections.abc import Callable

from schemas.messages import Stakeholder
from schemas.text import searchable


def _any(phrases: str) -> str:
    """An alternative of phrases (regular expressions, two spaces or a line's end between them) for text that was folded."""
    return "|".join(searchable(phrase) for phrase in re.split(r"\s{2,}", phrases.strip()))


_NOT_NOW = re.compile(
    r"(?:\b(?:former|formerly|retired|recovering|aspiring|future|wannabe|student|fake|parody|not an?|no|never|ex|failed|"
    + _any("""
        ehemalig(?:e|er|en)  kein(?:e)?  ancien(?:ne)?  antigu[oa]  exper[a-z]+  jubilad[oa]  niet  voormalig  были?
        бывш[а-я]+  eski  były  była
        """)
    + r")\W+(?:\w+\W+){0,2}|\bex-?)$"
)
_MEDIA = re.compile(
    r"\b(?:"
    + _any("""
        journalists?  reporters?  correspondent  newsroom  news ?desk  news editor  breaking news  news agency
        editor-in-chief  journalist(?:e|in|en|innen)  redakteur(?:e|in)?  reporterin  korrespondentin?  nachrichtenagentur
        nachrichtenredaktion  redacteur en chef  correspondante  periodistas?  corresponsal  agencia de noticias
        giornalisti?a?  redazione di  jornalistas?  correspondente  verslaggever  hoofdredacteur  dziennikar(?:z|ka)
        redaktor naczeln[ya]  журналист(?:ка)?  корреспондент  информагентство  gazeteci  muhabir  haber ajansi
        """)
    + r")\b|"
    + _any("صحفي  صحافي  مراسل  وكالة أنباء  记者  記者  通讯社  新聞社  ジャーナリスト  報道局  신문사  보도국  นักข่าว  ผู้สื่อข่าว")
    + r"|(?:^|\s)"
    + _any("기자")
    + r"(?:$|\W)"
)
_OFFICIAL = re.compile(
    _any("""
        official  offiziell  amtlich  officiel  oficial  ufficiale  officieel  officiële  oficjaln  официальн  resm[iî]
        الرسمي  官方  公式  공식  ทางการ
        """)
)
_OFFICE = re.compile(
    r"\b(?:"
    + _any("""
        police  ministry  department of  city council  county council  regulator  regulatory authority  ombudsman
        fire (?:service|brigade)  government of  polizei  ministerium  bundesministerium  bundesamt  behörde  feuerwehr
        préfecture  ministère  gendarmerie  ministerio  ayuntamiento  policía  ministero  polizia  comune di  ministério
        prefeitura  polícia  politie  gemeente  policj[ai]  ministerstw[oa]  министерств[оа]  полици[яи]  bakanlığı  emniyet
        belediyesi
        """)
    + r")\b|"
    + _any("وزارة  شرطة  هيئة تنظيم  公安  政府  警察  消防  省庁  경찰  정부  ตำรวจ  กระทรวง")
)
_ELECTED = re.compile(
    r"\b(?:"
    + _any("""
        mp for  member of parliament  member of congress  councillor for  councilmember  senator for  mep for  mayor of
        minister (?:of|for)  bundestagsabgeordneter?  mdb  bürgermeister(?:in)? von  députée? (?:de|du|des)
        diputad[oa] (?:de|por)  alcald(?:e|esa) de  deputat[oa] (?:de|per)  sindaco di  deputad[oa] (?:federal|estadual)
        kamerlid  burgemeester van  posłanka  poseł na sejm  депутат  milletvekili
        """)
    + r")\b"
)
_BOUND = (
    (
        Stakeholder.EMPLOYEE.value,
        _any("""
        i work (?:at|for|with)  working (?:at|for)  works (?:at|for)  employee (?:at|of)  employed (?:at|by)
        (?:engineer|manager|crew|pilot|driver|nurse|developer|designer|staff|head of [a-z ]{2,30}|director) (?:at|for)
        arbeite bei  mitarbeiter(?:in)? (?:bei|der|von)  (?:je )?travaille (?:chez|a)  salariee? (?:de|chez)  trabajo en
        emplead[oa] de  lavoro (?:in|per|da)  dipendente (?:di|della)  trabalho n[ao]  funcionari[oa] d[aeo]
        werk(?:zaam)? bij  pracuj[eę] w  работаю в  calisiyorum
        """),
    ),
    (
        Stakeholder.PARTNER.value,
        _any("""
        (?:authori[sz]ed|official|certified|appointed) (?:partner|reseller|dealer|agent|supplier|distributor|retailer|installer) (?:of|for)
        supplier (?:of|to)  (?:autorisierter|offizieller|zertifizierter) (?:partner|händler) (?:von|der)
        (?:partenaire|revendeur) (?:officiel|agréé) (?:de|d')
        (?:distribuidor|socio|proveedor) (?:oficial|autorizado) (?:de|da)
        (?:rivenditore|partner) (?:ufficiale|autorizzato) (?:di|della)
        """),
    ),
    (
        Stakeholder.INVESTOR.value,
        _any("""
        (?:shareholder|investor|stockholder) (?:of|in|at)  i own shares (?:of|in)  aktionär(?:in)? (?:der|von|bei)
        actionnaire (?:de|d'|chez)  accionista de  azionista (?:di|della)  acionista d[aeo]
        """),
    ),
)
_BOUND_TO = tuple((kind, re.compile(rf"\b(?:{phrases})\s(?P<whom>.{{2,60}})")) for kind, phrases in _BOUND)


def claim_of(bio: str, names_us: Callable[[str], bool]) -> str | None:
    """The stakeholder that a biography claims, None when it claims none. ``names_us``: whether a text names a subject that is ours.

    >>> claim_of("Reporter at the Daily Lark. Views mine.", lambda text: False), claim_of("Former journalist, gardener", lambda text: False)
    ('media', None)
    """
    folded = searchable(bio)
    for kind, pattern in _BOUND_TO:
        if any(names_us(found["whom"]) for found in pattern.finditer(folded) if _is_present(folded, found)):
            return kind
    if any(_is_present(folded, found) for found in _MEDIA.finditer(folded)):
        return Stakeholder.MEDIA.value
    if (_OFFICIAL.search(folded) and _OFFICE.search(folded)) or any(_is_present(folded, found) for found in _ELECTED.finditer(folded)):
        return Stakeholder.AUTHORITY.value
    return None


def _is_present(folded: str, found: re.Match[str]) -> bool:
    """Whether nothing before it says that it is over, or never was."""
    return _NOT_NOW.search(folded, max(0, found.start() - 40), found.start()) is None
