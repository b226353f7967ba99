"""Elements of a page, so that text can only ever be text: what stands in them goes out escaped.

NOT here: what a report says (``report``), and how a chart is drawn (``charts``).
"""

from typing import Final, TypeAlias
from xml.etree.ElementTree import Element, SubElement, tostring

Content: TypeAlias = "Element | str"

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def element(tag: str, *content: Content, **attributes: str) -> Element:
    """Return one element around ``content``, in order.

    An attribute named like a Python word has an underscore behind (``class_``); others within become hyphens.
    """
    named = {name.rstrip("_").replace("_", "-"): printable(text) for name, text in attributes.items()}
    return fill(Element(tag, named), *content)


def fill(parent: Element, *content: Content) -> Element:
    """Put ``content`` behind what ``parent`` holds; return ``parent``."""
    for item in content:
        if isinstance(item, Element):
            parent.append(item)
        elif len(parent):
            parent[-1].tail = (parent[-1].tail or "") + printable(item)
        else:
            parent.text = (parent.text or "") + printable(item)
    return parent


def printable(text: str) -> str:
    """Return ``text`` with what a page cannot hold (controls, lone surrogates) made visible."""
    return "".join(
        char if char.isprintable() or char in "\n\t" else char.encode("unicode_escape").decode()
        for char in text
    )


def page(title: str, style: str, *content: Content) -> str:
    """Return a whole HTML page that loads nothing: its policy forbids scripts and every address.

    ``style`` is our own style sheet and is written as it is.
    """
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element(
            "meta",
            http_equiv="Content-Security-Policy",
            content="default-src 'none'; style-src 'unsafe-inline'",
        ),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
    )
    SubElement(head, "style").text = style
    root = element("html", head, element("body", element("main", *content)), lang="en")
    return "<!DOCTYPE html>\n" + tostring(root, encoding="unicode", method="html") + "\n"
