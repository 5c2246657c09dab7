package dev.raiju.models.verify;

import dev.raiju.models.text.PromptCleaner;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Golden files of a tokenizer: JSON that names the tokenizer's file beside it, with texts and what becomes of them.
final class TokenizerChecks {
  private TokenizerChecks() {}

  /// Checks a file. The error of each entry is how many texts come out otherwise.
  static VerifyResult verify(Path file) {
    Map<String, Integer> wrong = new LinkedHashMap<>();
    try {
      Fields json = Fields.read(file);
      if (!json.has("cases") || !(json.value("model") instanceof Json.Str)) return result(file, wrong, "no golden file", false);
      Path model = file.resolveSibling(json.string("model"));
      // a name in a file must not lead elsewhere
      if (!model.getFileName().toString().equals(json.string("model"))) throw json.refuse("model", "is no plain file name");
      UnigramTokenizer tokenizer = UnigramTokenizer.load(model);
      int length = json.integer("max_len", 1, 1 << 16);
      for (Fields row : json.objects("cases")) check(row, tokenizer, length, wrong);
      return new VerifyResult(file, entries(wrong), Optional.empty(), 0, true);
    } catch (IOException | RuntimeException e) {
      return result(file, wrong, String.valueOf(e.getMessage()), true);
    }
  }

  private static VerifyResult result(Path file, Map<String, Integer> wrong, String problem, boolean checked) {
    return new VerifyResult(file, entries(wrong), Optional.of(problem), 0, checked);
  }

  private static void check(Fields row, UnigramTokenizer tokenizer, int length, Map<String, Integer> wrong) throws IOException {
    count("cleaned", row.string("cleaned").equals(PromptCleaner.clean(row.string("text"))), wrong);
    String clean = row.string("cleaned");
    count("normalized", row.string("normalized").equals(tokenizer.normalize(clean)), wrong);
    count("pieces", row.strings("pieces").equals(tokenizer.pieces(clean)), wrong);
    count("ids", Arrays.equals(row.integers("ids"), wide(tokenizer.encode(clean))), wrong);
    UnigramTokenizer.PaddedIds padded = tokenizer.encode(clean, length);
    count("ids_eos_padded", Arrays.equals(row.integers("ids_eos_padded"), wide(padded.ids())), wrong);
    count("length", row.integer("length") == padded.length(), wrong);
  }

  private static long[] wide(int[] ids) { return Arrays.stream(ids).asLongStream().toArray(); }

  private static void count(String what, boolean right, Map<String, Integer> wrong) {
    wrong.merge(what, right ? 0 : 1, Integer::sum);
  }

  private static List<Comparison.Entry> entries(Map<String, Integer> wrong) {
    List<Comparison.Entry> entries = new ArrayList<>();
    wrong.forEach((what, texts) -> entries.add(new Comparison.Entry(what, texts, Comparison.EXACT)));
    return entries;
  }
}
