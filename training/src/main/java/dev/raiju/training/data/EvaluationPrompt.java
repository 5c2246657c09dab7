package dev.raiju.training.data;

/// A prompt to judge a model by.
///
/// @param seed of the noise to start from
public record EvaluationPrompt(ClipKind kind, String text, Caption caption, long seed) {}
