package org.cupule.hw.cpu;

/**
 * An 8-byte descriptor of a GDT, LDT or IDT.
 *
 * <pre>
 *  63      56 55 54 53 52 51   48 47 46 45 44 43  40 39             16 15            0
 * +----------+--+--+--+--+-------+--+-----+--+------+-----------------+---------------+
 * | base     |G |DB|L |AV| limit |P | DPL |S | type |  base           |  limit        |
 * +----------+--+--+--+--+-------+--+-----+--+------+-----------------+---------------+
 * | gate: offset 31..16          |P | DPL |0 | type | parameters |  selector | offset |
 * </pre>
 *
 * <p>
 * Source: SDM volume 3, "Segment Descriptors", "Call Gates", "IDT Descriptors".
 *
 * @threading confined to its CPU
 */
final class Descriptor {
    static final int LDT = 2;
    static final int TSS16 = 1;
    static final int TSS16_BUSY = 3;
    static final int CALL_GATE16 = 4;
    static final int TASK_GATE = 5;
    static final int INTERRUPT_GATE16 = 6;
    static final int TRAP_GATE16 = 7;
    static final int TSS = 9;
    static final int TSS_BUSY = 11;
    static final int CALL_GATE = 12;
    static final int INTERRUPT_GATE = 14;
    static final int TRAP_GATE = 15;

    /** The 8 bytes. */
    long low;
    /** The upper 8 bytes of a 16-byte system descriptor of long mode. */
    long high;
    /** Linear address of its first byte. */
    long address;

    boolean present() {
        return (low >>> 47 & 1) != 0;
    }

    int dpl() {
        return (int) (low >>> 45) & 3;
    }

    /** Whether it is for code or data; else for the system. */
    boolean segment() {
        return (low >>> 44 & 1) != 0;
    }

    int type() {
        return (int) (low >>> 40) & 15;
    }

    boolean code() {
        return segment() && (type() & 8) != 0;
    }

    boolean conforming() {
        return (type() & 4) != 0;
    }

    boolean writableData() {
        return segment() && (type() & 10) == 2;
    }

    boolean readable() {
        return segment() && (type() & 10) != 8;
    }

    boolean longCode() {
        return (low >>> 53 & 1) != 0;
    }

    boolean big() {
        return (low >>> 54 & 1) != 0;
    }

    long base() {
        return low >>> 16 & 0xFF_FFFF | low >>> 32 & 0xFF00_0000L;
    }

    long limit() {
        long limit = low & 0xFFFF | low >>> 32 & 0xF_0000;
        return (low >>> 55 & 1) != 0 ? limit << 12 | 0xFFF : limit;
    }

    /** Attributes as a {@link Segment} has them. */
    int attributes() {
        return (int) (low >>> 40) & 0xFF | (int) (low >>> 40) & 0xF000;
    }

    int gateSelector() {
        return (int) (low >>> 16) & 0xFFFF;
    }

    long gateOffset() {
        return low & 0xFFFF | low >>> 32 & 0xFFFF_0000L;
    }

    int gateParameters() {
        return (int) (low >>> 32) & 31;
    }
}
