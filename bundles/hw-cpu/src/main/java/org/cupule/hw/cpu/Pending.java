package org.cupule.hw.cpu;

/**
 * An event that is to be delivered before the next instruction. It stays here until its delivery, which may leave for
 * accesses outside of RAM, has come to its end.
 *
 * @threading confined to its CPU
 */
final class Pending {
    private static final int NONE = -1;

    /** Vector, or -1 for none. */
    int vector = NONE;
    /** Error code, or {@link Fault#NO_CODE}. */
    int code;
    /** A kind of {@link Events}. */
    int kind;

    boolean is() {
        return vector != NONE;
    }

    void set(int vector, int code, int kind) {
        this.vector = vector;
        this.code = code;
        this.kind = kind;
    }

    void clear() {
        set(NONE, Fault.NO_CODE, Events.EXCEPTION);
    }
}
