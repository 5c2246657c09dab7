package dev.raiju.bench.study;

import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// What is compared, on what and by what: the configuration of a study, one JSON file.
///
/// Arms stand in groups, inside of which they are comparable. Settings of stages are those of a chain: the study's, over them the
/// group's, over them the leg's.
///
/// @param name of the study, and of its files
/// @param title of its report
/// @param question that it shall answer
/// @param model the folder with text encoder, tokenizer and autoencoder
/// @param teacher the folder with the transformer that everything begins with
/// @param data what is learned from
/// @param seeds of everything random: each arm is run with each
/// @param validation where losses are measured
/// @param clips what is sampled at the end of every arm
/// @param otherWords what captions and prompts become where they have other words: words for words, both ways
/// @param groups of arms
/// @param claims that the report judges
record Study(String name, String title, String question, Path model, Path teacher, Json.Obj data, List<Long> seeds,
    Validation validation, Clips clips, Map<String, String> otherWords, List<Group> groups, List<Claim> claims) {
  private static final int MOST = 1 << 16;

  /// True clips of held-out combinations with noise that never changes.
  ///
  /// @param clips how many
  /// @param every how many steps of training the loss is measured
  /// @param shift of the noise levels
  record Validation(int clips, int every, double shift) {
    static Validation read(Fields json) throws ModelFormatException {
      Validation validation = new Validation(json.integer("clips", 1, MOST), json.integer("every", 1, MOST), json.number("shift",
          3));
      json.refuseUnknown();
      return validation;
    }
  }

  /// Prompts of held-out combinations, the same with the same noise for all.
  ///
  /// @param prompts how many
  /// @param features whether the distance from true clips is measured
  record Clips(int prompts, boolean features) {
    static Clips read(Fields json) throws ModelFormatException {
      Clips clips = new Clips(json.integer("prompts", 2, MOST), json.flag("features", false));
      json.refuseUnknown();
      return clips;
    }
  }

  /// Arms that are comparable.
  ///
  /// @param baseline what the others are compared with
  record Group(String name, String baseline, List<Arm> arms) {
    Group { arms = List.copyOf(arms); }

    Arm arm(String name) {
      return arms.stream().filter(arm -> arm.name().equals(name)).findFirst().orElseThrow(() -> new IllegalArgumentException(
          "study: no arm " + name + " in group " + this.name + "; there are " + arms.stream().map(Arm::name).collect(Collectors
              .joining(", "))));
    }
  }

  /// One of the ways that are compared.
  record Arm(String name, Course course, Sampling sampling) {}

  Study {
    seeds = List.copyOf(seeds);
    groups = List.copyOf(groups);
    claims = List.copyOf(claims);
  }

  Group group(String name) {
    return groups.stream().filter(group -> group.name().equals(name)).findFirst().orElseThrow(() -> new IllegalArgumentException(
        "study: no group " + name + "; there are " + groups.stream().map(Group::name).collect(Collectors.joining(", "))));
  }

  /// All arms of all groups.
  List<Arm> arms() { return groups.stream().flatMap(group -> group.arms().stream()).toList(); }

  /// A seed for each time that an arm is run: the teacher is the same for all.
  List<Long> seeds(Course course) { return course.isTeacher() ? List.of(0L) : seeds; }

  /// What results depend on besides stages.
  Json.Obj basis() {
    Json.Obj words = Json.object();
    for (var entry : otherWords.entrySet()) words = words.with(entry.getKey(), entry.getValue());
    return Json.object().with("data", data).with("validation", validation.clips() + " clips, shift " + validation.shift()).with(
        "prompts", clips.prompts()).with("words", words);
  }

  /// A caption under the other words.
  String inOtherWords(String caption) {
    return Arrays.stream(caption.split(" ")).map(word -> otherWords.getOrDefault(word, word)).collect(Collectors.joining(" "));
  }

  /// Reads a configuration.
  ///
  /// @throws ModelFormatException if a key is missing, unknown or makes no sense
  static Study read(Path file) throws IOException {
    Fields json = Fields.read(file);
    Json.Obj stages = object(json, "stages");
    Sampling usual = Sampling.read(json.object("sampling"));
    List<Fields> everywhere = json.has("arms") ? json.objects("arms") : List.of();
    List<Group> groups = new ArrayList<>();
    for (Fields group : json.objects("groups")) groups.add(group(group, stages, everywhere, usual));
    List<Claim> claims = new ArrayList<>();
    for (Fields claim : json.has("claims") ? json.objects("claims") : List.<Fields>of()) claims.add(Claim.read(claim));
    Study study = new Study(json.string("name"), json.string("title"), json.string("question"), Path.of(json.string("model")),
        Path.of(json.string("teacher")), object(json, "data"), Arrays.stream(json.integers("seeds")).boxed().toList(), Validation
            .read(json.object("validation")), Clips.read(json.object("clips")), words(json), groups, claims);
    json.refuseUnknown();
    for (Claim claim : claims) {
      study.group(claim.group()).arm(claim.better());
      study.group(claim.group()).arm(claim.than());
    }
    if (study.seeds.isEmpty()) throw json.refuse("seeds", "are none; needs 1 or more");
    return study;
  }

  private static Json.Obj object(Fields json, String name) throws ModelFormatException {
    json.object(name);
    return (Json.Obj) json.value(name);
  }

  private static Map<String, String> words(Fields json) throws ModelFormatException {
    Map<String, String> words = new LinkedHashMap<>();
    Optional<Fields> given = json.optionalObject("other_words");
    if (given.isEmpty()) return words;
    for (String word : given.get().names()) {
      words.put(word, given.get().string(word));
      words.put(given.get().string(word), word);
    }
    return words;
  }

  private static Group group(Fields json, Json.Obj stages, List<Fields> everywhere, Sampling usual) throws ModelFormatException {
    Json.Obj settings = json.has("settings") ? Overlay.of(stages, object(json, "settings")) : stages;
    List<Fields> all = new ArrayList<>(everywhere);
    if (json.has("arms")) all.addAll(json.objects("arms"));
    List<Arm> arms = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>();
    for (Fields arm : all) {
      arms.add(arm(arm, settings, usual));
      if (!names.add(arms.getLast().name())) throw arm.refuse("name", "is " + arms.getLast().name() + " twice; needs one each");
    }
    Group group = new Group(json.string("name"), json.string("baseline"), arms);
    json.refuseUnknown();
    if (!names.contains(group.baseline())) throw json.refuse("baseline", "is " + group.baseline() + "; needs one of " + names);
    return group;
  }

  private static Arm arm(Fields json, Json.Obj stages, Sampling usual) throws ModelFormatException {
    List<Leg> legs = new ArrayList<>();
    for (Fields leg : json.objects("legs")) legs.add(leg(leg, stages));
    Optional<Fields> sampling = json.optionalObject("sampling");
    Arm arm = new Arm(json.string("name"), new Course(legs), sampling.isPresent() ? Sampling.read(sampling.get()) : usual);
    json.refuseUnknown();
    return arm;
  }

  private static Leg leg(Fields json, Json.Obj stages) throws ModelFormatException {
    String name = json.string("stage");
    Leg.Stage stage = Arrays.stream(Leg.Stage.values()).filter(s -> s.word().equals(name)).findFirst().orElseThrow(() -> json
        .refuse("stage", "is " + name + "; needs prune, recover, refine or distill"));
    Json.Obj settings = Overlay.part(stages, name);
    if (json.has("settings")) settings = Overlay.of(settings, object(json, "settings"));
    Leg leg = new Leg(stage, json.flag("other_words", false), settings);
    json.refuseUnknown();
    return leg;
  }
}
