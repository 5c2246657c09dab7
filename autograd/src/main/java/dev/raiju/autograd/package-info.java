/// Gradients: a tape notes what was computed and walks it backwards. Start at [Tape].
package dev.raiju.autograd;
