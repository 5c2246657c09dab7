package dev.raiju.models.sampler;

/// Straight steps along the velocity: `x += (σ_next - σ) · v`.
///
/// @param schedule usually [Schedule#flow]
public record Euler(Schedule schedule) implements Sampler {
  @Override
  public Run begin(Noise noise) {
    return (i, x, velocity) -> Blend.of(1, x, schedule.sigma(i + 1) - schedule.sigma(i), velocity);
  }
}
