"""A dataset card as HTML: nothing of it runs, loads or leaves the outline of the page."""

import re

from releases.card_html import render_card
from releases.dataset_card import dataset_card
from tests.cases import cases
from tests.releases.made_up_facts import facts, manifest

HOSTILE = "<script>alert(1)</script>\n\n<b onclick=x>b</b> ![seen](https://127.0.0.1/i.png)\n\n<!-- x -->"
REFUSED = [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java&#115;cript:alert(1)", "vbscript:x", "data:text/html,x",
    "data:image/png;base64,AA", "file:///etc/passwd", "//127.0.0.1/x", "ftp://127.0.0.1", "http:/x", "a:b",
]  # fmt: skip
ALLOWED = [
    "http://127.0.0.1/",
    "https://127.0.0.1/?a=b#c",
    "mailto:us@localhost",
    "train.json",
    "a/b:c",
    "?at=2",
    "#labels",
]


def test_card_of_a_release_is_rendered_below_the_headings_of_the_page():
    html = render_card(dataset_card(facts(manifest(title="<i>Mine</i> [x](javascript:y)"))))
    assert "pretty_name" not in html  # the YAML header
    assert set(re.findall(r"<(h\d)", html)) == {"h3", "h4"}
    assert "<h3>&lt;i&gt;Mine&lt;/i&gt; [x](javascript:y), version 1.0</h3>" in html
    assert '<th class="number" scope="col">dialogues</th>' in html
    assert '<td class="number">8</td>' in html
    assert "style=" not in html
    assert html.count("<table>") == html.count('aria-label="Table ') == html.count("</table></div>") == 8


def test_raw_html_and_images_stay_text():
    html = render_card(HOSTILE)
    assert not re.findall(r"<(?!/?(p|a)\b)", html)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<img" not in html


def test_links_lead_to_pages_and_mailboxes_alone():
    refused = [url for url in REFUSED if "href" in render_card(f"[x]({url}) <{url}>\n\n[y]\n\n[y]: {url}")]
    assert refused == []
    for url in ALLOWED:
        html = render_card(f"[x]({url})")
        assert f'href="{url}"' in html, url
        assert 'rel="noopener noreferrer nofollow"' in html


@cases(
    ("markdown", "html"),
    [
        ("---\nlicense: mit\n---\n# One\n", "<h3>One</h3>\n"),
        ("---\nlicense: mit\n---   \n# One\n", "<h3>One</h3>\n"),
        ("# One\n\n---\n\nTwo\n", "<h3>One</h3>\n<hr>\n<p>Two</p>\n"),
        ("###### Deep\n", "<h6>Deep</h6>\n"),
        ("", ""),
        ("---\n", "<hr>\n"),
    ],
)
def test_header_and_headings_at_their_bounds(markdown, html):
    assert render_card(markdown) == html


def test_deep_nesting_ends():
    assert len(render_card(">" * 5_000 + "[" * 5_000)) < 100_000
