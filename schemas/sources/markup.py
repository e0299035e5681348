"""In: HTML as networks and tools send it (paragraphs, blocks, breaks, links, spans). Out: the text a reader sees."""

import re
from html import unescape

_PARAGRAPHS = "p|li|blockquote|pre|h[1-6]"
_BLOCKS = (
    "div|tr|dt|dd|dl|section|article|aside|main|nav|header|footer|ul|ol|table|thead|tbody|caption|hr|figure|figcaption|details|summary|"
    "address|form|fieldset"
)
# A tag ends before the next "<", and a run of them begins with one: linear time, whatever hostile input leaves open.
_UNSEEN = re.compile(r"<(script|style)\b[^<>]*>[^<]*</\1\s*>|<!--[^<>]*-->", re.IGNORECASE)
_BREAK = re.compile(r"<br\b[^<>]*>", re.IGNORECASE)
_CELL_END = re.compile(r"</t[dh]>(?=\s*<t[dh]\b)", re.IGNORECASE)
_RUN = re.compile(rf"(?:</?(?:{_PARAGRAPHS}|{_BLOCKS})\b[^<>]*>\s*)+", re.IGNORECASE)
_PARAGRAPH = re.compile(rf"</?(?:{_PARAGRAPHS})\b", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


def to_text(markup: str) -> str:
    """Paragraphs are parted by blank lines, other blocks and breaks by new lines, cells by a space, every other tag is nothing; entities
    are decoded. A block parts what is before it, too, whether it is ever closed or not.

    >>> to_text("<p>No &amp; no!<br/>Fix <a href='https://a.example'>a.example</a></p><p>Bye</p>")
    'No & no!\\nFix a.example\\n\\nBye'
    >>> to_text("Delayed<ul><li>again<div>and again")
    'Delayed\\n\\nagain\\nand again'
    """
    if markup.startswith("<p>") and markup.find("<", 1) == len(markup) - 4 and markup.endswith("</p>"):
        markup = markup[3:-4]  # one paragraph and no other tag: most posts
    elif "<" in markup:
        markup = _CELL_END.sub(" ", _BREAK.sub("\n", _UNSEEN.sub("", markup)))
        markup = _TAG.sub("", _RUN.sub(_parted, markup))
    return (unescape(markup) if "&" in markup else markup).strip()


def _parted(run: re.Match[str]) -> str:
    return "\n\n" if _PARAGRAPH.search(run[0]) else "\n"
