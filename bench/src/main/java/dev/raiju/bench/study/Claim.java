package dev.raiju.bench.study;

import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;

/// What a study is to confirm or refute: that one arm is better than another.
///
/// @param text for people
/// @param group of both arms
/// @param better the arm that is said to be better
/// @param than the other one
/// @param by what
/// @param margin by so much it may be worse
record Claim(String text, String group, String better, String than, Measure by, double margin) {
  static Claim read(Fields json) throws ModelFormatException {
    String by = json.string("by");
    Claim claim = new Claim(json.string("claim"), json.string("group"), json.string("better"), json.string("than"), Measure.of(
        by).orElseThrow(() -> json.refuse("by", "is " + by + "; needs a measure such as loss, all right or FVD-S")), json.number(
            "margin", 0));
    json.refuseUnknown();
    return claim;
  }
}
