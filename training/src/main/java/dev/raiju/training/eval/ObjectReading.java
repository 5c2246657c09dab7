package dev.raiju.training.eval;

import dev.raiju.training.data.Colour;
import dev.raiju.training.data.Motion;
import dev.raiju.training.data.Size;
import dev.raiju.training.data.Subject;
import java.util.Optional;

/// One object of a clip, read from its pixels; what looks like nothing known is empty.
///
/// @param size of a shape
/// @param motion empty for a picture
/// @param x the middle of its way, in pixels
/// @param y likewise
public record ObjectReading(Optional<Subject> subject, Optional<Colour> colour, Optional<Size> size, Optional<Motion> motion,
    double x,
    double y) {}
