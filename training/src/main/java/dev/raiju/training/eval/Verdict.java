package dev.raiju.training.eval;

/// Whether a clip has an attribute as its prompt wants it.
///
/// @param wanted by the prompt; of two objects both, in the prompt's order
/// @param seen in the clip, in the same order
public record Verdict(Attribute attribute, String wanted, String seen, boolean right) {}
