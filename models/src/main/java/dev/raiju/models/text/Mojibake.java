package dev.raiju.models.text;

import static dev.raiju.models.text.SingleByteEncoding.LATIN_1;
import static dev.raiju.models.text.SingleByteEncoding.WINDOWS_1257;

import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The signs of UTF-8 that was read in another encoding.
///
/// Some four hundred characters are what the bytes of UTF-8 turn into. By themselves most of them are innocent; some neighbours of
/// theirs hardly ever occur in what people write. Which ones is the finding of ftfy 6 (Robyn Speer), whose judgement this follows.
final class Mojibake {
  private static final String CONTROL = "\u0080-\u009F";
  private static final String COMMON = "\u00A0\u00AD´·–-―’…";
  // hardly ever on purpose
  private static final String ODD = "¤¦¨ª¬¯¸ºƒˆˇ˘˛˜†‡‰⌐◊\uFFFD";
  private static final String LAW = "§¶";
  private static final String MONEY = "¢£¥₧€";
  private static final String OPENING = "¡©«¿΄΅‘‚“„•‹\uF8FF";
  private static final String CLOSING = "®»˝”›™";
  private static final String NUMBER = "±-³µ¹¼-¾×÷⁄№∂∆∏∑√∞∩∫≈≠≡≤≥";
  // eyes and arms of faces made of letters
  private static final String FACE = "°Ò-ÖÙ-Üò-öø-üŌŐŪŲ";
  private static final String UPPER = "À-ÑØÜÝĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶĹĻĽŁŃŅŇŒŘŚŞŠŢŤŮŰŸŹŻŽҐ";
  private static final String LOWER = "ß-ñüāăąćčďđēėęěğģīįķĺļľłœŕśşšťźżžґﬁﬂ";
  private static final String ACCENTED = UPPER + LOWER;
  // at home in Greek and Cyrillic words
  private static final String OTHER_UPPER = "ÞΆΈ-ΊΌΎΏΑ-ΫЁ-Я";
  private static final String OTHER_LOWER = "ά-ωа-џ";
  private static final String BOX = "│┌┐┘├┤┬┼═-╬▀▄█▌▐-▓";
  private static final String SIGNS = BOX + OPENING + CLOSING + MONEY + NUMBER + LAW;
  private static final String SPACE = "\t-\r\u001C-\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000";

  private static final Pattern SUSPICIOUS = Pattern.compile(String.join("|",
      run(CONTROL),
      run(ACCENTED + SIGNS + ODD, ODD),
      run(ODD, ACCENTED + SIGNS),
      run("a-zA-Z", OTHER_LOWER + OTHER_UPPER, ODD),
      // letters after what ends a word, or a capital within one
      run(LOWER + OTHER_LOWER + BOX + CLOSING + MONEY + NUMBER, UPPER),
      run(BOX + CLOSING + MONEY + NUMBER, LOWER),
      run(UPPER, "°"),
      run("Œœ", "^A-Za-z"),
      // signs where they have no business
      run(LOWER + BOX + CLOSING, MONEY),
      run(SPACE, UPPER, MONEY),
      run(UPPER + BOX, NUMBER + LAW),
      run(ACCENTED + BOX + MONEY + CLOSING, OPENING, NUMBER),
      run(ACCENTED + MONEY + NUMBER + BOX + LAW, CLOSING, OPENING),
      run(MONEY + NUMBER + BOX, OPENING),
      run("a-z", UPPER, OPENING + MONEY),
      run(ACCENTED, OPENING + CLOSING, "\\p{L}\\p{N}_"),
      run(BOX, FACE + CLOSING),
      run(ACCENTED + MONEY + NUMBER + OPENING + CLOSING + LAW, BOX),
      // Windows-1252: two bytes, among them Arabic (twice, as these are common) and an accented a before a lost space
      run("ÂÃÎÐ", "\u00A0\u00AD€œŠš¢£Ÿž®©°·»´–—" + OPENING + CLOSING),
      run("×", "²³"),
      "(?:" + run("ØÙ", COMMON + MONEY + ODD + NUMBER + OPENING + "ŸŠ®°µ»") + "){2}",
      run("Ã", "\u00A0¡"),
      run("a-z") + run(SPACE) + "?" + run("ÃÂ", " "),
      "^" + run("ÃÂ", " "),
      run("a-z.,?!" + CLOSING, "Â", " " + OPENING + CLOSING),
      // three bytes: alphabets of South Asia
      run("à", "²µ¹¼½¾"),
      // MacRoman
      run("√", "±∂†≠®™´≤≥¥µø"),
      run("≈", "°¢"),
      run("‚", "Ä", "ìîïòôúùû†°¢π"),
      run("‚", "âó", "àä°ê"),
      // punctuation in Windows-1251, -1253 and -1257, then what lies in Latin-1 in the first two
      "вЂ",
      run("β", "€", "™\u00A0Ά\u00AD®°"),
      "ā€",
      run("ВГРС", CONTROL + ODD + OPENING + CLOSING + MONEY + "°µ", "ВГРС"),
      run("ΒΓΞΟ", CONTROL + ODD + OPENING + CLOSING + MONEY + "°", "ΒΓΞΟ"),
      // Windows-1251 on top of Latin-1, beside Latin letters
      "ГўВЂВ" + run("^\n", "A-Za-z ")));

  private static final Set<SingleByteEncoding> WIDESPREAD = EnumSet.range(LATIN_1, WINDOWS_1257);
  private static final String LATER_BYTE = inWidespread(0x80, 0xBF);
  // these stand for themselves even beside misread text
  private static final String PUNCTUATION = "–—―‘’‚“”„•…";

  /// Stretches that look like UTF-8 in a widespread encoding, a plain space standing for a no-break space. The lead bytes of four are
  /// those of the characters in use.
  static final Pattern MISREAD = Pattern.compile("(?<!" + run(LATER_BYTE.replaceAll(run(PUNCTUATION), "")) + ")(?:"
      + String.join("|", misread(inWidespread(0xC2, 0xDF), 1), misread(inWidespread(0xE0, 0xEF), 2),
          misread(inWidespread(0xF0, 0xF0) + inWidespread(0xF3, 0xF3), 3))
      // possessive, so that a long stretch takes no stack
      + ")++");

  private Mojibake() {}

  /// Whether a text looks misread somewhere.
  static boolean suspected(String text) { return text.chars().anyMatch(c -> c >= 0x80) && SUSPICIOUS.matcher(text).find(); }

  /// One character of each class after the other.
  private static String run(String... classes) { return "[" + String.join("][", classes) + "]"; }

  private static String misread(String lead, int laterBytes) {
    return run(lead) + run(LATER_BYTE + " ") + "{" + laterBytes + "}";
  }

  /// What the bytes from `first` to `last` mean in the widespread encodings.
  private static String inWidespread(int first, int last) {
    return WIDESPREAD.stream().map(encoding -> encoding.range(first, last)).collect(Collectors.joining());
  }
}
