package org.cupule.hw.cpu;

/**
 * A segment register with its hidden part. Attributes are in the form of a VMCS:
 *
 * <pre>
 *  16  15  14   13  12  11..8  7   6  5   4   3..0
 * +---+---+-----+---+---+----+---+------+---+------+
 * | U | G | D/B | L |AVL|  0 | P | DPL  | S | type |      U 1 = unusable (a null selector)
 * +---+---+-----+---+---+----+---+------+---+------+
 * </pre>
 *
 * @threading confined to its CPU
 */
final class Segment {
    static final int PRESENT = 1 << 7;
    static final int CODE_OR_DATA = 1 << 4;
    static final int LONG = 1 << 13;
    static final int BIG = 1 << 14;
    static final int GRANULAR = 1 << 15;
    static final int UNUSABLE = 1 << 16;

    int selector;
    long base;
    long limit;
    int attributes;
    /** First offset that may be accessed, derived. */
    long first;
    /** Last offset that may be accessed, derived: unsigned 32 bits. */
    long last;
    /** Whether data may be read, derived. */
    boolean readable;
    /** Whether data may be written, derived. */
    boolean writable;

    void set(int selector, long base, long limit, int attributes) {
        this.selector = selector;
        this.base = base;
        this.limit = limit & 0xFFFF_FFFFL;
        this.attributes = attributes;
        derive();
    }

    void base(long base) {
        this.base = base;
    }

    private void derive() {
        boolean code = (attributes & 8) != 0;
        boolean usable = (attributes & (UNUSABLE | PRESENT)) == PRESENT;
        readable = usable && (!code || (attributes & 2) != 0);
        writable = usable && !code && (attributes & 2) != 0;
        boolean down = !code && (attributes & 4) != 0;
        first = down ? limit + 1 : 0;
        last = down ? big() ? 0xFFFF_FFFFL : 0xFFFF : limit;
    }

    boolean big() {
        return (attributes & BIG) != 0;
    }

    int dpl() {
        return attributes >> 5 & 3;
    }

    boolean usable() {
        return (attributes & UNUSABLE) == 0;
    }

    void copy(Segment other) {
        set(other.selector, other.base, other.limit, other.attributes);
    }
}
