package dev.raiju.models.text;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// The encodings of one byte a character in which UTF-8 is most often misread, in the order in which to suspect them.
///
/// A byte that an encoding leaves open means the character of the same number, as browsers read it, and U+FFFD, which less generous
/// readers put for such a byte, is written as the byte [#LOST].
enum SingleByteEncoding {
  LATIN_1(""),
  WINDOWS_1252(
      "€_‚ƒ„…†‡ˆ‰Š‹Œ_Ž__‘’“”•–—˜™š›œ_žŸ"),
  WINDOWS_1251(
      "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—_™љ›њќћџ_ЎўЈ_Ґ__Ё_Є____Ї__Ііґ___ё№є_јЅѕї"
          + "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя"),
  WINDOWS_1250(
      "€_‚_„…†‡_‰Š‹ŚŤŽŹ_‘’“”•–—_™š›śťžź_ˇ˘Ł_Ą____Ş____Ż__˛ł_____ąş_Ľ˝ľż"
          + "Ŕ__Ă_ĹĆ_Č_Ę_Ě__ĎĐŃŇ__Ő__ŘŮ_Ű__Ţ_ŕ__ă_ĺć_č_ę_ě__ďđńň__ő__řů_ű__ţ˙"),
  WINDOWS_1253(
      "€_‚ƒ„…†‡_‰_‹_____‘’“”•–—_™_›_____΅Ά____________―____΄___ΈΉΊ_Ό_ΎΏ"
          + "ΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡ_ΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώ"),
  WINDOWS_1254(
      "€_‚ƒ„…†‡ˆ‰Š‹Œ____‘’“”•–—˜™š›œ__Ÿ________________________________"
          + "________________Ğ____________İŞ_________________ğ____________ış"),
  WINDOWS_1257(
      "€_‚_„…†‡_‰_‹_¨ˇ¸_‘’“”•–—_™_›_¯˛_________Ø_Ŗ____Æ________ø_ŗ____æ"
          + "ĄĮĀĆ__ĘĒČ_ŹĖĢĶĪĻŠŃŅ_Ō___ŲŁŚŪ_ŻŽ_ąįāć__ęēč_źėģķīļšńņ_ō___ųłśū_żž˙"),
  ISO_8859_2(
      "_________________________________Ą˘Ł_ĽŚ__ŠŞŤŹ_ŽŻ_ą˛ł_ľśˇ_šşťź˝žż"
          + "Ŕ__Ă_ĹĆ_Č_Ę_Ě__ĎĐŃŇ__Ő__ŘŮ_Ű__Ţ_ŕ__ă_ĺć_č_ę_ě__ďđńň__ő__řů_ű__ţ˙"),
  MAC_ROMAN(
      "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°__§•¶ß®_™´¨≠ÆØ∞_≤≥¥_∂∑∏π∫ªºΩæø"
          + "¿¡¬√ƒ≈∆«»…\u00A0ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\uF8FFÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ"),
  CP437(
      "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐"
          + "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00A0");

  /// Stands for a byte that nobody knows any more: the control character "substitute".
  static final byte LOST = 0x1A;

  private static final char SAME = '_';

  private final char[] characters = new char[256];
  private final Map<Character, Byte> bytes = new HashMap<>();

  /// @param upperHalf the characters of the bytes from 0x80 on; `_`, or nothing at the end, where it is the one of the same number
  SingleByteEncoding(String upperHalf) {
    for (int i = 0; i < characters.length; i++) {
      int at = i - 0x80;
      characters[i] = at < 0 || at >= upperHalf.length() || upperHalf.charAt(at) == SAME ? (char) i : upperHalf.charAt(at);
    }
    if (hasGaps()) characters[LOST] = (char) Utf8.REPLACEMENT;
    for (int i = 0; i < characters.length; i++) bytes.put(characters[i], (byte) i);
  }

  /// Whether the encoding gives no character of its own to some bytes.
  boolean hasGaps() { return name().startsWith("WINDOWS"); }

  char decode(byte value) { return characters[value & 0xFF]; }

  /// The bytes that read as `text`, if it can have been read in this encoding.
  Optional<byte[]> encode(String text) {
    byte[] encoded = new byte[text.length()];
    for (int i = 0; i < encoded.length; i++) {
      Byte value = bytes.get(text.charAt(i));
      if (value == null) return Optional.empty();
      encoded[i] = value;
    }
    return Optional.of(encoded);
  }

  /// The characters of the bytes from `first` to `last`.
  String range(int first, int last) { return new String(characters, first, last - first + 1); }
}
