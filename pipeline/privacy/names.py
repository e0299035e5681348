"""Takes names of people out of a text where they introduce themselves, fill in a form or sign."""

import re

from pipeline.privacy.hints import Hint, capital
from pipeline.privacy.own_terms import NO_TERMS, OwnTerms
from pipeline.privacy.phrases import CAPITALS, PHRASES, one_of, spelled

_CAP = f"[{CAPITALS}]"
_SMALL = rf"(?!{_CAP})[^\W\d_]"
_PART = rf"{_CAP}(?:{_SMALL}|['’]{_CAP}?{_SMALL}|-{_CAP}){{1,30}}"
_TITLE = r"(?:(?:Dr|Mr|Mrs|Ms|Miss|Prof|Sr|Sra|Herr|Frau|Mme|M|Dhr|Mevr|Pan|Pani|Bay|Bayan)\b\.?(?:\s?&)?\s+)"
_PARTICLE = r"(?:(?:de|del|della|dela|da|dos|das|do|di|van|von|der|den|ter|la|le|bin|al|el|y)\s+)"
_PERSON = rf"(?:{_TITLE}){{0,3}}(?:{_CAP}\.\s*){{0,2}}{_PART}(?:\s+{_PARTICLE}{{0,2}}{_PART}){{0,3}}(?!\w|\s?[:\d])"
"""One to four words with capitals, no one of them a label like "Flight:"."""

_INTRODUCTION = re.compile(rf"(?<!\w)(?i:(?P<sure>{one_of('introductions')})|{one_of('presentations')})\s+(?P<name>{_PERSON})")
_INTRODUCED = Hint((f"{one} " for kind in ("introductions", "presentations") for one in spelled(kind)), then=capital)
_PLAINLY_INTRODUCED = Hint(f"{one} " for one in spelled("plain_introductions"))
_PLAIN_INTRODUCTION = re.compile(
    rf"(?<!\w){one_of('plain_introductions')}\s+(?P<name>[^\W\d_]{{2,20}}(?:\s[^\W\d_]{{2,20}})?)(?!\w)", re.IGNORECASE
)
_LABEL = re.compile(
    r"(?<!\w)(?P<of>[^\W\d_]{2,14}[ -])?(?i:name\s?:|(?:full|passenger|patient|guest|customer)[ -]?name\s?:?"
    rf"|(?:first|last|sur|family|given|contact)[ -]?name\s?:|{one_of('name_labels')}\s?:)\s{{0,2}}(?P<name>{_PERSON})"
)
_LABELS = re.compile(rf":\s{{0,2}}{_CAP}|(?i:(?:full|passenger|patient|guest|customer)[ -]?name)")
_SIGNATURE = re.compile(
    rf"(?<!\w)(?i:(?P<sure>{one_of('regards')})|(?P<short>lg|vg)|{one_of('thanks')})(?P<mark>\s?[,.!–-]?\s?)"
    rf"(?P<name>{_PERSON}(?:\s{_CAP}\.)?)(?=[\s.!]*$)"
)
_SIGNED_OFF = Hint([*spelled("regards"), *spelled("thanks"), "lg", "vg"])
_DASHES = re.compile(r"\s[-–—~]")
_DASHED = re.compile(rf"\s(?:-{{1,2}}|–|—|~)\s?(?P<name>{_PERSON}(?:\s{_CAP}\.)?)(?=[\s.!]*$)")

_CAPITALS = frozenset(CAPITALS)
SIGNED = 200
"""Characters at the end of a text in which a signature is looked for."""

_ASIAN = (
    re.compile(r"(?:名前は|氏名[::]?\s?)(?P<name>[\u3400-\u9fffぁ-んァ-ヶー々]{2,10}?)(?=です|と|で、|。|、|\s|$)"),
    re.compile(r"(?P<name>[\u3400-\u9fffァ-ヶー々]{2,8})(?=と申します|といいます|と言います)"),
    re.compile(
        r"(?:我叫|我是|名字是|名字叫|姓名[::]?\s?)(?P<name>[王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何林高罗羅郑鄭梁谢謝宋唐许許韩韓冯馮邓鄧曹彭曾肖蕭"
        r"田董袁潘于蒋蔣蔡余杜叶葉程苏蘇魏吕呂丁任沈姚卢盧姜崔钟鍾谭譚陆陸汪范金石廖贾賈夏方白邹鄒孟熊秦邱江尹薛段雷侯龙龍史陶黎贺賀顾顧毛郝龚龔邵万萬钱錢严嚴莫孔]"
        r"[\u3400-\u9fff]{1,2})(?=[,。、!!?.\s]|$)"
    ),
    re.compile(
        r"(?:제 이름은|이름은|성명[::]|저는|나는)\s?(?P<name>[김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허남심노하곽성차주우구"
        r"민유진지엄채원천방공현함변염여추도"
        r"소석선설마길연위표명기반왕금옥육인맹제모][가-힣]{2})(?=입니다|이고|이에요|예요|인데|[,.\s]|$)"
    ),
    re.compile(r"(?:اسمي|أنا اسمي|الاسم\s?:)\s+(?P<name>[\u0620-\u064a]{2,15}(?:\s(?:ال|عبد|بن\s)[\u0620-\u064a]{2,15})?)"),
    re.compile(r"(?:ผม|ฉัน|ดิฉัน|หนู)ชื่อ\s?(?P<name>[ก-๙]{2,30})"),
)

_ASIAN_SCRIPT = re.compile(r"[\u0600-\u06ff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
"""Arabic, Thai, Japanese, Chinese or Korean: each of those patterns needs a letter of it."""

_GIVEN, _NO_NAME, _OTHER_NAMES, _AFTER_NAME = (
    frozenset(PHRASES[kind]) for kind in ("given_names", "no_names", "other_names", "after_names")
)
_NO_NAME_END = re.compile(r"(?:ing|ed|ly|ful|ous|less|able|ible|tion|ness|ment)$")


def without_names(text: str, own: OwnTerms = NO_TERMS) -> str:
    """The text with [name] in place of the names that people give as theirs, but for the organisation's own among them.

    >>> without_names("I am Jane Doe, a Gold Member. Thanks, Jane")
    'I am [name], a Gold Member. Thanks, [name]'
    """
    if _INTRODUCED(text):
        text = _INTRODUCTION.sub(lambda match: _replaced(match, own, match["sure"] is not None), text)
    if _PLAINLY_INTRODUCED(text):
        text = _PLAIN_INTRODUCTION.sub(lambda match: _plainly_introduced(match, own), text)
    if (":" in text or "name" in text) and _LABELS.search(text):
        text = _LABEL.sub(lambda match: _labelled(match, own), text)
    if _may_end_with_name(text):
        text = _without_signature(text, own)
    if not text.isascii() and _ASIAN_SCRIPT.search(text):
        for pattern in _ASIAN:
            text = pattern.sub(lambda match: _put(match, match["name"], own), text)
    return text


def _may_end_with_name(text: str) -> bool:
    """Whether there is a capital in the last word, or the last but one where that is an initial."""
    end = text[-SIGNED:].rstrip()
    while end.endswith((".", "!")):
        end = end.rstrip(".!").rstrip()
    return not _CAPITALS.isdisjoint(end.rsplit(None, 1)[-1] if end else end)


def _without_signature(text: str, own: OwnTerms) -> str:
    body, end = text[:-SIGNED], text[-SIGNED:]
    if _SIGNED_OFF(end):
        end = _SIGNATURE.sub(
            lambda match: _replaced(match, own, match["sure"] is not None, marked=bool(match["mark"].strip() or match["short"])), end
        )
    if _DASHES.search(end):
        end = _DASHED.sub(lambda match: _replaced(match, own, sure=False, given=True), end)
    return body + end


def _put(match: re.Match[str], name: str, own: OwnTerms) -> str:
    """The match with a token in place of ``name``, which its group of this name begins with."""
    whole, start = match.group(), match.start("name") - match.start()
    return whole[:start] + own.beside(name, "[name]") + whole[start + len(name) :]


def _replaced(match: re.Match[str], own: OwnTerms, sure: bool, *, marked: bool = True, given: bool = False) -> str:
    """``sure``: what precedes is said before names only. ``given``: only who has a common given name, or a title, is a person."""
    words = match["name"].lower().split()
    titled = re.match(_TITLE, match["name"]) is not None
    named = titled or words[0] in _GIVEN
    full = len(words) > 1 and not any(_NO_NAME_END.search(word) for word in words)
    if _NO_NAME.intersection(words) and not named:
        return match.group()
    is_person = sure or (named and (marked or len(words) > 1)) or (full and marked and not given)
    return _put(match, match["name"], own) if is_person else match.group()


def _labelled(match: re.Match[str], own: OwnTerms) -> str:
    of = (match["of"] or "").strip(" -").lower()
    return match.group() if of in _OTHER_NAMES else _replaced(match, own, sure=True)


def _plainly_introduced(match: re.Match[str], own: OwnTerms) -> str:
    """ "my name is aisha rahman": what people who write no capitals say right after it, but for "wrong on the ticket" and its like."""
    first, _, second = match["name"].partition(" ")
    if first.lower() in _NO_NAME or first.lower() in _AFTER_NAME:
        return match.group()
    return _put(match, first if second.lower() in _AFTER_NAME else match["name"], own)
