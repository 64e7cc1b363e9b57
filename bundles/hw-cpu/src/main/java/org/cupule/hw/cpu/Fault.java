package org.cupule.hw.cpu;

/**
 * The present instruction ends with an exception of the guest. Thrown inside this package only, one object a CPU,
 * without a stack trace; the interpreter turns it into an event.
 *
 * @threading confined to one CPU
 */
final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Error code of a vector that has none. */
    static final int NO_CODE = -1;

    /** Vector, 0 to 31. */
    int vector;
    /** Error code, or {@link #NO_CODE}. */
    int code;

    Fault() {
        super(null, null, false, false);
    }

    Fault of(int vector, int code) {
        this.vector = vector;
        this.code = code;
        return this;
    }
}
