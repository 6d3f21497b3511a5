from __future__ import annotations

import pytest

from services.portal.negotiation import Choice, Form, choose

ALL = (Form.JSON, Form.PAGE, Form.JWT, Form.PNG)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "form", "media_type"),
    [
        (None, Form.JSON, "application/json"),
        ("", Form.JSON, "application/json"),
        ("*/*", Form.JSON, "application/json"),
        ("application/json", Form.JSON, "application/json"),
        ("application/ld+json", Form.JSON, "application/ld+json"),
        ('application/ld+json;profile="https://www.w3.org/ns/credentials/v2"', Form.JSON, "application/ld+json"),
        ("application/vc", Form.JSON, "application/vc"),
        ("application/*", Form.JSON, "application/json"),
        ("application/vc+jwt", Form.JWT, "application/vc+jwt"),
        ("application/jwt", Form.JWT, "application/jwt"),
        ("text/plain", Form.JWT, "text/plain"),
        ("text/html", Form.PAGE, "text/html"),
        ("TEXT/HTML", Form.PAGE, "text/html"),
        ("text/*", Form.PAGE, "text/html"),
        ("image/png", Form.PNG, "image/png"),
        ("image/*", Form.PNG, "image/png"),
        (BROWSER, Form.PAGE, "text/html"),
        ("text/html, */*", Form.PAGE, "text/html"),
        ("application/vc+jwt;q=0.4, application/json;q=0.6", Form.JSON, "application/json"),
        ("application/json;q=0.4, application/vc+jwt;q=0.6", Form.JWT, "application/vc+jwt"),
        ("text/html;q=0, */*;q=0.1", Form.JSON, "application/json"),
        ("application/json;q=0, application/*;q=0.5", Form.JSON, "application/ld+json"),
        ("image/png;q=0.9, */*;q=0.1", Form.PNG, "image/png"),
        ("application/json;q=nonsense, image/png;q=0.1", Form.PNG, "image/png"),
        ("nonsense, text/plain", Form.JWT, "text/plain"),
        ("nonsense", Form.JSON, "application/json"),
    ],
)
def test_the_client_gets_the_form_that_it_prefers(accept: str | None, form: Form, media_type: str) -> None:
    assert choose(accept, ALL) == Choice(form, media_type)


@pytest.mark.parametrize("accept", ["video/mp4", "application/json;q=0", "*/*;q=0", "image/jpeg"])
def test_a_client_that_accepts_none_of_our_forms_gets_none(accept: str) -> None:
    assert choose(accept, ALL) is None


def test_the_server_s_order_breaks_ties() -> None:
    assert choose("*/*", (Form.PAGE, Form.JSON)) == Choice(Form.PAGE, "text/html")
