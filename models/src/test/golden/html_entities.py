"""Writes src/main/resources/dev/raiju/models/text/html-entities.txt from the table in Python's standard library."""
import html.entities
import pathlib

HEADER = """# Named character references of the HTML Standard (html.spec.whatwg.org, section 13.5), (c) WHATWG, CC BY 4.0, in source code BSD
# 3-Clause: name, then its characters in hexadecimal. Names without a semicolon are the old ones that need none.
"""
lines = [f"{name} {' '.join(f'{ord(c):x}' for c in text)}\n" for name, text in sorted(html.entities.html5.items())]
out = pathlib.Path(__file__).parents[2] / "main/resources/dev/raiju/models/text/html-entities.txt"
out.write_text(HEADER + "".join(lines), encoding="ascii")
