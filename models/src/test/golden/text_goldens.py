"""Writes the .tsv files of src/test/resources/dev/raiju/models/text: what ftfy 6.3.1 and SentencePiece 0.2.2 give.

Columns are separated by tabs; what is not printable ASCII is written as \\{hexadecimal}. Needs ftfy and sentencepiece.
tokenizer_tiny.json, which belongs to tokenizer_tiny.model, becomes a table too.
"""
import hashlib
import html
import json
import pathlib
import random
import re

import ftfy
import sentencepiece

OUT = pathlib.Path(__file__).parents[1] / "resources/dev/raiju/models/text"
R = random.Random(20)

SENTENCES = [
    "schön café naïve", "Voilà le travail – à la mode, ça va?", "“quoted” ‘text’… — dash", "Привет, мир", "Ελληνικά και άλλα",
    "日本語のテキスト、です。", "한국어 문장", "العربية لغة", "हिन्दी में", "😀🚀 emoji 👍🏽 🇫🇷", "Łódź żółć gęśl", "Ştefan Ğ ıİ",
    "ąžuolas šņķ", "señor ¡Hola! ¿qué?", "50° C ±2 £5 €10 ©®™", "½ ¾ ² ³ µ", "fi ﬁ ﬂ ﬀ ĳ", "ＦＵＬＬ　ｗｉｄｔｈ ﾊﾝｶｸ", "a red circle moves right",
    "a & b < c > d", "&eacute; &#233; &EACUTE; &amp;lt;", "Ã la mode", "fÃ cil Ã quela", "è stato più", "¯\\_(ツ)_/¯", "(°□°)╯",
    "─│┌ box ░▒▓", "e\u0301 combining o\u0308", "\u200bzero\u200c\u200d\u200f", "tab\tnew\nline\r\nx\u2028y\x85z", "\x1b[31mred\x1b[0m",
    "\ufeffbom", "été à Noël", "Bronte…”", "ГўВЂВ™s", "вЂ“ вЂ”", "â€œ like this â€\ufffd", "in\x92t \x93q\x94", "&notit; &notin &AMP &#x80; &#0;",
]
ENCODINGS = ["latin-1", "sloppy-windows-1252", "sloppy-windows-1251", "sloppy-windows-1250", "sloppy-windows-1253",
             "sloppy-windows-1254", "sloppy-windows-1257", "iso-8859-2", "macroman", "cp437"]


def escape(text):
    return "".join(c if " " <= c <= "~" and c != "\\" else f"\\{{{ord(c):x}}}" for c in text)


def write(name, rows):
    (OUT / name).write_text("".join("\t".join(row) + "\n" for row in rows), encoding="ascii")


def clean(text):
    text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
    return re.sub(r"\s+", " ", text).strip()


def misread(text):
    data = text.encode("utf-8")
    damage = R.randrange(6)
    if damage == 0:
        data = data.replace(b"\xa0", b" ")
    try:
        read = data.decode(R.choice(ENCODINGS))
    except UnicodeDecodeError:
        return text
    return re.sub("[\x80-\x9f]", "\ufffd", read) if damage == 1 else read


def dirty():
    text = " ".join(R.choice(SENTENCES) for _ in range(R.randint(1, 2)))
    for _ in range(R.choice([1, 1, 2])):
        text = misread(text)
    return text + R.choice(["", " " + R.choice(SENTENCES)])


def garbage():
    upper = [bytes([b]).decode(e) for e in ENCODINGS for b in range(0x80, 0x100)]
    return "".join(R.choice(upper) if R.random() < 0.6 else R.choice("abXY .,?") for _ in range(R.randint(2, 8)))


def main():
    texts = SENTENCES + [dirty() for _ in range(300)] + [garbage() for _ in range(300)]
    write("cleaning.tsv", [[escape(t), escape(clean(t))] for t in texts])

    tiny = json.loads((pathlib.Path(__file__).parent / "tokenizer_tiny.json").read_text(encoding="utf-8"))
    write("tokenizer_tiny.tsv", [[escape(case["text"]), escape(case["cleaned"]), escape(case["normalized"]),
                                  escape(" ".join(case["pieces"])), " ".join(map(str, case["ids"])),
                                  " ".join(map(str, case["ids_eos_padded"])), str(case["length"])] for case in tiny["cases"]])

    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(OUT / "tokenizer_tiny.model"))
    # every character between two letters, so that the rules for spaces at the ends stay out of it
    digest = hashlib.sha256()
    for c in range(1, 0x110000):
        if not 0xD800 <= c < 0xE000:
            digest.update((tokenizer.normalize(f"a{chr(c)}b") + "\n").encode("utf-8"))
    words = [tokenizer.id_to_piece(i).replace("▁", " ") for i in range(260, 1200)]
    oddities = ["  ", "\u3000", "\u200b", "▁", "ﬁ", "e\u0301", "\u304b\u3099", "\u0301", "\x7f", "ppp", "aaa", "Ω", "😀", "語"]
    rows = []
    for _ in range(400):
        text = "".join(R.choice(words) if R.random() < 0.7 else R.choice(oddities) for _ in range(R.randint(0, 8)))
        ids = tokenizer.encode(text)
        rows.append([escape(text), " ".join(map(str, ids)), escape(tokenizer.decode(ids))])
    for _ in range(200):
        ids = [R.randrange(1200 if R.random() < 0.5 else 260) for _ in range(R.randint(0, 8))]
        rows.append(["", " ".join(map(str, ids)), escape(tokenizer.decode(ids))])
    write("encoding.tsv", rows)
    write("normalization.tsv", [[digest.hexdigest()]])


if __name__ == "__main__":
    main()
