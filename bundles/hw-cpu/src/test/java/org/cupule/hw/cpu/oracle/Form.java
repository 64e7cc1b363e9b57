package org.cupule.hw.cpu.oracle;

import java.util.EnumSet;
import java.util.Set;

/**
 * One form of an instruction, as a line of the table in {@link Forms} describes it.
 *
 * @param text
 *            the line
 * @param opcode
 *            its bytes; the last one is the first of a range when {@code range} is not 1
 * @param range
 *            how many opcodes follow each other: 1, 8 (a register in the low bits) or 16 (a condition)
 * @param digit
 *            the reg field of ModRM, {@link #ANY_REGISTER} or {@link #NO_MODRM}
 * @param immediate
 *            what follows
 * @param undefined
 *            which flags it leaves undefined
 * @param hint
 *            how registers and memory should be prepared, so that it does not always fault
 * @param traits
 *            its other properties
 */
record Form(String text, int[] opcode, int range, int digit, Immediate immediate, Undefined undefined, Hint hint,
        Set<Trait> traits) {
    static final int ANY_REGISTER = -1;
    static final int NO_MODRM = -2;

    /** What follows ModRM. */
    enum Immediate {
        NONE, IB, IW, IZ, IV, MOFFS, FAR, CB, CZ, IWIB
    }

    /** Rules for undefined flags; see {@link Generator}. */
    enum Undefined {
        NOTHING, LOGIC, SHIFT, ROTATE, DOUBLE_SHIFT, MULTIPLY, DIVIDE, BIT, SCAN, DECIMAL, ASCII, AAM
    }

    /** Preparations. */
    enum Hint {
        NONE, COUNT, DIVIDE, STRING, BIT, SELECTOR, JUMP, FAR_MEMORY, RETURN, FAR_RETURN, IRET, FLAGS, COMPARE, BOUND, XLAT, ENTER, LEAVE, MASKED, WIDE, MXCSR, PREDICATE
    }

    /** Properties. */
    enum Trait {
        /** Byte operands. */
        B,
        /** LOCK is allowed with a memory operand. */
        LOCK,
        /** Only a memory operand is encodable. */
        MEM,
        /** Only a register operand is encodable. */
        REG,
        /** Not in 64-bit mode. */
        NO64,
        /** Only in 64-bit mode. */
        ONLY64,
        /** A near branch: processors differ on the operand-size prefix in 64-bit mode. */
        NEAR,
        /** A far pointer in memory: processors differ on REX.W. */
        POINTER,
        /** REP prefixes are welcome. */
        REP,
        /** F2 and F3 would make it another instruction. */
        PLAIN,
        /** MMX or SSE: 66, F2 and F3 would make it another instruction, and its registers hold packed numbers. */
        SIMD,
        /** Its registers hold numbers of the FPU's own format. */
        FPU,
        /** Processors differ: in what becomes of C1 of the FPU's status. */
        C1,
        /** Processors differ: in whether it makes the FPU's registers those of MMX. */
        TRANSITION,
        /** F3 is part of it. */
        F3,
        /** F2 is part of it. */
        F2,
        /**
         * Processors differ: in how much they write before a fault, in the upper bytes of what they push, or in which
         * of two faults comes first.
         */
        LOOSE,
        /** Not for sequences that should go on: it changes flags that matter, segments, the stack or the flow. */
        WILD
    }

    /** Parses a line: opcode bytes, then words for all the rest. */
    static Form parse(String line) {
        String[] words = line.strip().split(" +");
        int count = 0;
        while (count < words.length && words[count].matches("[0-9A-F]{2}")) {
            count++;
        }
        int[] opcode = new int[count];
        for (int i = 0; i < count; i++) {
            opcode[i] = Integer.parseInt(words[i], 16);
        }
        var form = new Parsed();
        for (int i = count; i < words.length; i++) {
            form.word(words[i]);
        }
        return new Form(line.strip(), opcode, form.range, form.digit, form.immediate, form.undefined, form.hint,
                form.traits);
    }

    boolean has(Trait trait) {
        return traits.contains(trait);
    }

    boolean hasModRm() {
        return digit != NO_MODRM;
    }

    @Override
    public String toString() {
        return text;
    }

    /** Collects the words of a line. */
    private static final class Parsed {
        private int range = 1;
        private int digit = NO_MODRM;
        private Immediate immediate = Immediate.NONE;
        private Undefined undefined = Undefined.NOTHING;
        private Hint hint = Hint.NONE;
        private final Set<Trait> traits = EnumSet.noneOf(Trait.class);

        private void word(String word) {
            switch (word.charAt(0)) {
                case '+' -> range = Integer.parseInt(word.substring(1));
                case '/' -> digit = word.equals("/r") ? ANY_REGISTER : word.charAt(1) - '0';
                case '?' -> undefined = Undefined.valueOf(word.substring(1).toUpperCase());
                case '@' -> hint = Hint.valueOf(word.substring(1).toUpperCase());
                case '=' -> immediate = Immediate.valueOf(word.substring(1).toUpperCase());
                default -> traits.add(Trait.valueOf(word.toUpperCase()));
            }
        }
    }
}
