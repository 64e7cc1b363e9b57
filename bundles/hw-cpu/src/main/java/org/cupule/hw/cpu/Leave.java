package org.cupule.hw.cpu;

/**
 * The present instruction cannot go on inside the CPU: an exit was filled in. Thrown inside this package only, one
 * object a CPU, without a stack trace.
 *
 * @threading confined to one CPU
 */
final class Leave extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Leave() {
        super(null, null, false, false);
    }
}
