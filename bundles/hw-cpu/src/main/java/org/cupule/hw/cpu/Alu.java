package org.cupule.hw.cpu;

/**
 * Arithmetic with its flags, on values of any size. Results come back zero-extended to their size, 64-bit ones as they
 * are.
 *
 * @threading confined to its CPU
 */
final class Alu {
    private final Registers state;

    Alu(Registers state) {
        this.state = state;
    }

    /**
     * One of the eight operations of opcodes 00 to 3F: ADD OR ADC SBB AND SUB XOR CMP. CMP returns the difference too.
     */
    long operate(int kind, long a, long b, int size) {
        return switch (kind) {
            case 0 -> add(a, b, 0, size);
            case 1 -> logic(a | b, size);
            case 2 -> add(a, b, state.cf() ? 1 : 0, size);
            case 3 -> subtract(a, b, state.cf() ? 1 : 0, size);
            case 4 -> logic(a & b, size);
            case 6 -> logic(a ^ b, size);
            default -> subtract(a, b, 0, size);
        };
    }

    long add(long a, long b, int carry, int size) {
        long sum = a + b + carry;
        int shift = 64 - 8 * size;
        state.result = sum << shift >> shift;
        state.carries = (a & b | (a | b) & ~sum) << shift;
        state.flagBits = 8 * size;
        return sum << shift >>> shift;
    }

    long subtract(long a, long b, int borrow, int size) {
        long difference = a - b - borrow;
        int shift = 64 - 8 * size;
        state.result = difference << shift >> shift;
        state.carries = (~a & b | (~a | b) & difference) << shift;
        state.flagBits = 8 * size;
        return difference << shift >>> shift;
    }

    long logic(long value, int size) {
        int shift = 64 - 8 * size;
        state.result = value << shift >> shift;
        state.carries = 0;
        state.flagBits = 8 * size;
        return value << shift >>> shift;
    }

    long increment(long a, int size) {
        boolean cf = state.cf();
        long value = add(a, 1, 0, size);
        keepCarry(state, cf);
        return value;
    }

    long decrement(long a, int size) {
        boolean cf = state.cf();
        long value = subtract(a, 1, 0, size);
        keepCarry(state, cf);
        return value;
    }

    /** Puts CF back; OF, which is the exclusive or of the upper two carries, stays. */
    private static void keepCarry(Registers state, boolean cf) {
        if (state.carries < 0 != cf) {
            state.carries ^= 3L << 62;
        }
    }

    // --- 32 and 64 bits, for the usual operations

    static long add32(Registers state, long a, long b) {
        long sum = a + b;
        state.result = (int) sum;
        state.carries = (a & b | (a | b) & ~sum) << 32;
        state.flagBits = 32;
        return sum & 0xFFFF_FFFFL;
    }

    static long add64(Registers state, long a, long b) {
        long sum = a + b;
        state.result = sum;
        state.carries = a & b | (a | b) & ~sum;
        state.flagBits = 64;
        return sum;
    }

    static long addCarry32(Registers state, long a, long b) {
        long sum = a + b + (state.cf() ? 1 : 0);
        state.result = (int) sum;
        state.carries = (a & b | (a | b) & ~sum) << 32;
        state.flagBits = 32;
        return sum & 0xFFFF_FFFFL;
    }

    static long addCarry64(Registers state, long a, long b) {
        long sum = a + b + (state.cf() ? 1 : 0);
        state.result = sum;
        state.carries = a & b | (a | b) & ~sum;
        state.flagBits = 64;
        return sum;
    }

    static long sub32(Registers state, long a, long b) {
        long difference = a - b;
        state.result = (int) difference;
        state.carries = (~a & b | (~a | b) & difference) << 32;
        state.flagBits = 32;
        return difference & 0xFFFF_FFFFL;
    }

    static long sub64(Registers state, long a, long b) {
        long difference = a - b;
        state.result = difference;
        state.carries = ~a & b | (~a | b) & difference;
        state.flagBits = 64;
        return difference;
    }

    static long subBorrow32(Registers state, long a, long b) {
        long difference = a - b - (state.cf() ? 1 : 0);
        state.result = (int) difference;
        state.carries = (~a & b | (~a | b) & difference) << 32;
        state.flagBits = 32;
        return difference & 0xFFFF_FFFFL;
    }

    static long subBorrow64(Registers state, long a, long b) {
        long difference = a - b - (state.cf() ? 1 : 0);
        state.result = difference;
        state.carries = ~a & b | (~a | b) & difference;
        state.flagBits = 64;
        return difference;
    }

    static long increment32(Registers state, long a) {
        boolean cf = state.cf();
        long value = add32(state, a, 1);
        keepCarry(state, cf);
        return value;
    }

    static long increment64(Registers state, long a) {
        boolean cf = state.cf();
        add64(state, a, 1);
        keepCarry(state, cf);
        return a + 1;
    }

    static long decrement32(Registers state, long a) {
        boolean cf = state.cf();
        long value = sub32(state, a, 1);
        keepCarry(state, cf);
        return value;
    }

    static long decrement64(Registers state, long a) {
        boolean cf = state.cf();
        sub64(state, a, 1);
        keepCarry(state, cf);
        return a - 1;
    }

    static long logic32(Registers state, long value) {
        state.result = (int) value;
        state.carries = 0;
        state.flagBits = 32;
        return value & 0xFFFF_FFFFL;
    }

    static long logic64(Registers state, long value) {
        state.result = value;
        state.carries = 0;
        state.flagBits = 64;
        return value;
    }

    static void cmp8(Registers state, long a, long b) {
        long difference = a - b;
        state.result = (byte) difference;
        state.carries = (~a & b | (~a | b) & difference) << 56;
        state.flagBits = 8;
    }
}
