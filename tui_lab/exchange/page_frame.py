"""What every page has around what it shows: its looks, a script for the numbers under the mouse,
and a policy by which a browser runs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape

from tui_lab import __version__
from tui_lab.exchange.graphics.svg import FONTS, style_sheet
from tui_lab.view_models.plain_text import plain

_STYLE = f"""
:root{{--paper:#ffffff;--ink:#303030;--quiet:#5f5f5f;--rule:#dadada;--mark:#af5f00;--alarm:#af0000;
--panel:#f4f4f4;color-scheme:light dark}}
@media (prefers-color-scheme:dark){{:root{{--paper:#121212;--ink:#dadada;--quiet:#a8a8a8;
--rule:#3a3a3a;--mark:#ffaf5f;--alarm:#ff5f5f;--panel:#1c1c1c}}}}
*{{box-sizing:border-box}}
body{{margin:0 auto;max-width:1560px;padding:24px;background:var(--paper);color:var(--ink);
font:15px/1.45 {FONTS}}}
h1{{font-size:24px;margin:0}}h2{{font-size:16px;margin:28px 0 8px;color:var(--quiet)}}
p{{margin:4px 0}}.quiet{{color:var(--quiet)}}.mark{{color:var(--mark)}}.alarm{{color:var(--alarm)}}
.tag{{border:1px solid var(--rule);border-radius:9px;padding:0 8px;margin-right:6px}}
.pictures{{display:flex;flex-wrap:wrap;gap:12px}}
.pictures svg{{max-width:100%;height:auto;border:1px solid var(--rule);border-radius:6px}}
.columns{{display:flex;flex-wrap:wrap;gap:0 48px;align-items:flex-start}}
.columns section{{max-width:660px}}
table{{border-collapse:collapse}}td,th{{padding:2px 16px 2px 0;text-align:left;vertical-align:top}}
th{{color:var(--quiet);font-weight:normal}}td.n,th.n{{text-align:right;font-variant-numeric:tabular-nums}}
pre{{background:var(--panel);padding:10px 12px;border-radius:6px;overflow:auto;white-space:pre-wrap;
overflow-wrap:anywhere;margin:4px 0;font:13px/1.4 ui-monospace,'DejaVu Sans Mono',monospace}}
#under{{position:absolute;display:none;pointer-events:none;background:var(--panel);padding:4px 8px;
border:1px solid var(--rule);border-radius:5px;font-size:12px;white-space:pre}}
"""

_SCRIPT = """
const under = document.getElementById('under');
const number = (scale, at) => {
  const [start, stop, low, high, log] = scale;
  const value = low + (at - start) / (stop - start) * (high - low);
  return Number((log ? 10 ** value : value).toPrecision(4)).toString();
};
for (const svg of document.querySelectorAll('svg[data-x]')) {
  const [x, y] = ['x', 'y'].map(name => svg.dataset[name].split(' ').map(Number));
  const lines = [...svg.querySelectorAll('polyline[data-name]')].map(line => [line.dataset.name,
    line.getAttribute('points').split(' ').map(point => point.split(',').map(Number))]);
  svg.addEventListener('mousemove', event => {
    const box = svg.getBoundingClientRect();
    const at = (event.clientX - box.left) * svg.viewBox.baseVal.width / box.width;
    const near = lines.map(([name, points]) => [name, points.reduce((one, other) =>
      Math.abs(other[0] - at) < Math.abs(one[0] - at) ? other : one)])
      .filter(([, point]) => Math.abs(point[0] - at) < 12);
    under.style.display = near.length ? 'block' : 'none';
    under.textContent = near.map(([name, point]) =>
      `${name}  ${number(y, point[1])}  at ${number(x, point[0])}`).join('\\n');
    under.style.left = `${Math.min(event.pageX + 14, innerWidth - under.offsetWidth - 24)}px`;
    under.style.top = `${event.pageY + 14}px`;
  });
  svg.addEventListener('mouseleave', () => { under.style.display = 'none'; });
}
"""


def framed_page(title: str, body: Iterable[str]) -> str:
    """A whole page; `body` is HTML already, and whoever makes it has escaped what it says."""
    style = _STYLE + style_sheet()
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{text(title)}</title><style>{style}</style></head><body>",
            *body,
            f'<p class="quiet">Written by tui-lab {__version__}.</p>',
            f'<div id="under"></div><script>{_SCRIPT}</script></body></html>\n',
        ]
    )


def text(value: object, longest: int = 2000) -> str:
    """What is said, as HTML that says it and does nothing."""
    safe = plain(value, longest).encode("utf-8", "replace").decode()
    return escape(safe)


def table(
    rows: Sequence[Sequence[object]], heading: Sequence[str] = (), numeric: Iterable[int] = ()
) -> str:
    """A table; columns that are `numeric` stand flush right."""
    right = set(numeric)

    def row(cells: Sequence[object], kind: str) -> str:
        return "".join(
            f"<{kind}{' class=n' if i in right else ''}>{text(cell)}</{kind}>"
            for i, cell in enumerate(cells)
        )

    head = f"<tr>{row(heading, 'th')}</tr>" if heading else ""
    body = "".join(f"<tr>{row(cells, 'td')}</tr>" for cells in rows)
    return f"<table>{head}{body}</table>"


def _policy() -> str:
    """Nothing but what stands in the page, and of scripts that one alone."""
    digest = base64.b64encode(sha256(_SCRIPT.encode()).digest()).decode()
    return (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        f"script-src 'sha256-{digest}'"
    )
