package dev.raiju.models.verify;

import dev.raiju.models.sampler.DpmSolver;
import dev.raiju.models.sampler.Euler;
import dev.raiju.models.sampler.FewStep;
import dev.raiju.models.sampler.Sampler;
import dev.raiju.models.sampler.Schedule;
import dev.raiju.models.sampler.TrainingTable;
import dev.raiju.models.sampler.UniPc;
import dev.raiju.models.sampler.VelocityModel;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.Json;
import dev.raiju.tensor.io.ModelFormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Noise levels and samplers, on a network that is a formula.
final class SchedulerChecks {
  // beyond, differences of f32 add up
  private static final int SHORT = 10;

  private static final Map<String, Kind> KINDS = new LinkedHashMap<>();

  static {
    KINDS.put("flowmatch_euler", (steps, shift) -> new Euler(Schedule.flow(steps, shift)));
    KINDS.put("diffusers_euler", (steps, shift) -> new Euler(Schedule.diffusersEuler(steps, shift)));
    KINDS.put("wan_unipc", (steps, shift) -> new UniPc(Schedule.wanUniPc(steps, shift)));
    KINDS.put("diffusers_unipc", (steps, shift) -> new UniPc(Schedule.diffusersUniPc(steps, shift)));
    KINDS.put("wan_dpmpp", (steps, shift) -> new DpmSolver(Schedule.wanDpm(steps, shift)));
    KINDS.put("diffusers_dpmpp", (steps, shift) -> new DpmSolver(Schedule.diffusersDpm(steps, shift)));
  }

  private interface Kind {
    Sampler sampler(int steps, double shift);
  }

  private SchedulerChecks() {}

  static void check(GoldenFile golden, Comparison results) throws IOException {
    Tensor a = golden.tensor("in.A");
    Tensor c = golden.tensor("in.C");
    VelocityModel model = (x, timestep) -> a.mul(x).add(c.mul(timestep / 1000));
    for (Json item : array(golden.config(), "cases")) {
      double[] numbers = numbers(golden.config(), item);
      String name = "n" + (int) numbers[0] + "_s" + number(numbers[1]);
      for (Map.Entry<String, Kind> kind : KINDS.entrySet()) {
        solver(golden, results, kind.getKey() + "." + name + ".", kind.getValue().sampler((int) numbers[0], numbers[1]), model);
      }
    }
    for (double shift : golden.config().numbers("shifts_table")) {
      table(golden, results, shift);
      int[] steps = Arrays.stream(golden.config().integers("few")).mapToInt(Math::toIntExact).toArray();
      String name = "few.s" + number(shift) + ".";
      fewSteps(golden, results, name + "plain.", FewStep.plain(shift, steps), model);
      fewSteps(golden, results, name + "warped.", FewStep.warped(shift, steps), model);
      if (golden.has(name + "warped_timesteps")) {
        results.check(name + "warped_timesteps", FewStep.warped(shift, steps).schedule().timesteps(), Comparison.LEVELS);
      }
    }
  }

  private static void solver(GoldenFile golden, Comparison results, String name, Sampler sampler, VelocityModel model)
      throws IOException {
    if (!golden.has(name + "traj")) return;
    Schedule schedule = sampler.schedule();
    double[] sigmas = schedule.sigmas();
    // some files leave out the last level, which is 0
    long listed = golden.tensor(name + "sigmas").shape().elements();
    results.check(name + "sigmas", Arrays.copyOf(sigmas, Math.toIntExact(Math.min(listed, sigmas.length))), Comparison.LEVELS);
    boolean whole = golden.tensor(name + "timesteps").dtype().isInteger();
    results.check(name + "timesteps", schedule.timesteps(), whole ? Comparison.EXACT : Comparison.LEVELS);
    Tensor start = golden.tensor("in.x");
    List<Tensor> samples = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      sampler.sample(model, _ -> start, step -> samples.add(step.sample().alias()));
      double tolerance = schedule.steps() <= SHORT ? Comparison.PRODUCT : Comparison.MODEL;
      results.check(name + "traj", Tensor.stack(0, samples), tolerance);
    } finally {
      samples.forEach(Tensor::close);
    }
  }

  private static void table(GoldenFile golden, Comparison results, double shift) throws IOException {
    TrainingTable table = TrainingTable.of(shift);
    String name = "train_table.s" + number(shift) + ".";
    results.check(name + "sigmas", table.sigmas(), Comparison.LEVELS);
    results.check(name + "timesteps", table.timesteps(), Comparison.LEVELS);
    results.check(name + "weights", table.weights(), Comparison.ELEMENTWISE);
  }

  private static void fewSteps(GoldenFile golden, Comparison results, String name, FewStep sampler, VelocityModel model)
      throws IOException {
    results.check(name + "timesteps", sampler.schedule().timesteps(), Comparison.LEVELS);
    Tensor start = golden.tensor("in.x");
    Tensor again = golden.tensor("in.renoise");
    List<Tensor> guesses = new ArrayList<>();
    List<Tensor> samples = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      sampler.sample(model, index -> index == 0 ? start : again.select(0, index - 1), step -> {
        guesses.add(step.denoised().alias());
        samples.add(step.sample().alias());
      });
      results.check(name + "x0_preds", Tensor.stack(0, guesses), Comparison.PRODUCT);
      results.check(name + "renoised", Tensor.stack(0, samples.subList(0, samples.size() - 1)), Comparison.PRODUCT);
    } finally {
      guesses.forEach(Tensor::close);
      samples.forEach(Tensor::close);
    }
  }

  private static List<Json> array(Fields config, String name) throws ModelFormatException {
    if (config.value(name) instanceof Json.Arr(List<Json> items)) return items;
    throw config.refuse(name, "needs an array");
  }

  private static double[] numbers(Fields config, Json item) throws ModelFormatException {
    return Fields.of("case", Json.object().with("case", item)).numbers("case");
  }

  /// As these files write numbers in names: `5` for 5.0.
  private static String number(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }
}
