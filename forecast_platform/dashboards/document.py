"""One HTML document that needs nothing else: styles, scripts and data inside, and a policy that forbids all the rest.

Belongs here: putting a template and its parts together. Does not belong here: what a page shows.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Mapping, Sequence
from importlib import resources

_PLACEHOLDER = re.compile(r"\{\{ (\w+) \}\}")


def asset(package: str, name: str) -> str:
    """The text of ``page/<name>`` in ``package``."""
    return resources.files(package).joinpath("page", name).read_text(encoding="utf-8")


def base_style() -> str:
    """Colours, light and dark, type, buttons and tables: what all our pages share."""
    return asset(__package__, "base.css")


def filled(template: str, parts: Mapping[str, str]) -> str:
    """``template`` with each ``{{ name }}`` replaced once; braces inside the parts stay as they are.

    Args:
        parts: By name, already safe where they go: markup, script or escaped text.
    """
    return _PLACEHOLDER.sub(lambda match: parts[match[1]], template)


def inline_script(text: str) -> str:
    """Script text as the HTML parser will hand it on, so that its hash holds: one kind of newline, no end tag."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("</script", "<\\/script")


def content_security_policy(scripts: Sequence[str], script_sources: str = "") -> str:
    """A policy under which only ``scripts`` run, and nothing can be loaded from or sent to anywhere; escaped.

    Style attributes are allowed: charts place their parts with them.

    Args:
        scripts: Inline scripts, exactly as they are in the document.
        script_sources: Where else scripts may come from, as the policy's syntax has it.
    """
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode('utf-8')).digest()).decode('ascii')}'"
        for script in scripts
    )
    return html.escape(
        f"default-src 'none'; script-src {f'{script_sources} {hashes}'.strip()}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
