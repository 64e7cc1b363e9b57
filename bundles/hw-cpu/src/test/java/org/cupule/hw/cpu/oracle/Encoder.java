package org.cupule.hw.cpu.oracle;

import java.util.Set;
import org.cupule.hw.cpu.oracle.Form.Immediate;
import org.cupule.hw.cpu.oracle.Form.Trait;
import org.cupule.hw.cpu.oracle.Sample.Mode;

/**
 * Encodes one instruction of a form with random prefixes and operands, and moves registers so that a memory operand
 * lies where something is.
 *
 * <p>
 * A tame instruction takes its data registers from one set and its address registers from another one, so that a
 * sequence of them does not lose its pointers.
 */
final class Encoder {
    private static final int[] TAME_DATA = {0, 1, 2};
    private static final int[] TAME_DATA_LONG = {0, 1, 2, 8, 9, 10, 11};
    private static final int[] TAME_BYTES = {0, 1, 2, 4, 5, 6};
    private static final int[] TAME_POINTERS = {3, 5, 6, 7};
    private static final int[] TAME_POINTERS_LONG = {3, 5, 6, 7, 12, 13, 14, 15};
    private static final int[] SEGMENT_PREFIX = {0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65};
    /** Base and index registers of the eight 16-bit forms; -1 for none. */
    private static final int[][] NARROW_FORMS = {{3, 6}, {3, 7}, {5, 6}, {5, 7}, {6, -1}, {7, -1}, {5, -1}, {3, -1}};

    private final Values values;
    private final Mode mode;
    private final UserState state;
    private final boolean tame;

    private Form form;
    private boolean operandPrefix;
    private boolean addressPrefix;
    private int segmentPrefix;
    private int repPrefix;
    private boolean lockPrefix;
    private int rex;
    private boolean hasRex;
    private int modRm;
    private int sib;
    private int displacementBytes;
    private long displacement;
    private boolean ripRelative;
    private int immediateValue;
    /** Where the memory operand was put, or -1. */
    private long aimed;

    Encoder(Values values, Mode mode, UserState state, boolean tame) {
        this.values = values;
        this.mode = mode;
        this.state = state;
        this.tame = tame;
    }

    /** {@return the bytes of a new instruction that will stand at this linear address} */
    byte[] encode(Form wanted, long at) {
        form = wanted;
        aimed = -1;
        ripRelative = false;
        sib = -1;
        displacementBytes = 0;
        choosePrefixes();
        int last = form.opcode()[form.opcode().length - 1] + choice();
        if (form.hasModRm()) {
            chooseModRm();
        }
        var head = new Bytes();
        putPrefixes(head);
        putOpcode(head, last);
        var tail = new Bytes();
        putImmediate(tail);
        putModRm(head, at, tail.length());
        return head.put(tail.toArray()).toArray();
    }

    /** {@return the linear address of the memory operand, where there is one and it was aimed; else -1} */
    long aimed() {
        return aimed;
    }

    boolean registerOperand() {
        return form.hasModRm() && modRm >>> 6 == 3;
    }

    int registerField() {
        return modRm >>> 3 & 7 | (rex & 4) << 1;
    }

    int registerOrMemoryField() {
        return modRm & 7 | (rex & 1) << 3;
    }

    int immediateValue() {
        return immediateValue;
    }

    int operandBytes() {
        if (form.has(Trait.B)) {
            return 1;
        }
        return (rex & 8) != 0 ? 8 : (mode == Mode.NARROW) == operandPrefix ? 4 : 2;
    }

    int addressBytes() {
        return mode == Mode.LONG ? addressPrefix ? 4 : 8 : (mode == Mode.NARROW) == addressPrefix ? 4 : 2;
    }

    private void choosePrefixes() {
        Set<Trait> traits = form.traits();
        boolean near = mode == Mode.LONG && traits.contains(Trait.NEAR);
        // of 16 bits, BSWAP is undefined, and so are double shifts by more than 16
        boolean swap = form.undefined() == Form.Undefined.DOUBLE_SHIFT
                || form.opcode().length == 2 && form.opcode()[1] == 0xC8;
        operandPrefix = !near && !(swap && mode != Mode.NARROW) && values.percent(20) || swap && mode == Mode.NARROW;
        addressPrefix = values.percent(tame ? 3 : 8) && !(tame && form.has(Trait.REP));
        segmentPrefix = values.percent(tame ? 5 : 12) ? values.below(6) : -1;
        if (tame && (segmentPrefix == UserState.CS || segmentPrefix >= UserState.FS)) {
            segmentPrefix = -1; // they have bases of their own
        }
        repPrefix = traits.contains(Trait.REP) && values.percent(60) || !traits.contains(Trait.PLAIN)
                && !form.traits().contains(Trait.LOCK) && values.percent(2) ? 0xF2 + values.below(2) : 0;
        lockPrefix = form.has(Trait.LOCK) && values.percent(15) || !tame && !form.has(Trait.PLAIN) && values.percent(1);
        if (form.has(Trait.SIMD)) {
            operandPrefix = false;
            repPrefix = 0;
        }
        hasRex = mode == Mode.LONG && values.percent(60);
        rex = hasRex ? 0x40 | values.below(16) : 0;
        if (swap || near || traits.contains(Trait.POINTER)) {
            rex &= swap ? ~0 : ~8;
        }
    }

    private void putPrefixes(Bytes out) {
        if (operandPrefix) {
            out.put(0x66, 1);
        }
        if (segmentPrefix >= 0) {
            out.put(SEGMENT_PREFIX[segmentPrefix], 1);
        }
        if (addressPrefix) {
            out.put(0x67, 1);
        }
        if (repPrefix != 0) {
            out.put(repPrefix, 1);
        }
        if (lockPrefix) {
            out.put(0xF0, 1);
        }
    }

    private void putOpcode(Bytes out, int last) {
        int[] opcode = form.opcode();
        int first = 0;
        if (opcode[0] == 0xF3 || opcode[0] == 0xF2 || opcode[0] == 0x66) {
            out.put(opcode[0], 1); // a prefix that is part of it stands before REX
            first = 1;
        }
        if (hasRex) {
            out.put(rex, 1);
        }
        for (int i = first; i < opcode.length - 1; i++) {
            out.put(opcode[i], 1);
        }
        out.put(last, 1);
    }

    private int choice() {
        if (tame && form.range() == 8) {
            int register = dataRegister();
            rex = hasRex ? rex & ~1 | register >>> 3 : rex;
            return register & 7;
        }
        return values.below(form.range());
    }

    private int dataRegister() {
        if (form.has(Trait.B) && !hasRex) {
            return TAME_BYTES[values.below(TAME_BYTES.length)];
        }
        int[] set = hasRex ? TAME_DATA_LONG : TAME_DATA;
        return set[values.below(set.length)];
    }

    private void chooseModRm() {
        boolean memory = form.has(Trait.MEM) || lockPrefix && values.percent(90)
                || !form.has(Trait.REG) && values.percent(55);
        memory &= !(tame && form.hint() == Form.Hint.BIT);
        int field = form.digit() >= 0 ? form.digit() : values.below(8);
        if (tame && form.digit() < 0) {
            int register = dataRegister();
            field = register & 7;
            rex = hasRex ? rex & ~4 | register >>> 1 & 4 : rex;
        }
        modRm = field << 3;
        if (!memory) {
            modRm |= 0xC0 | registerOrMemory();
        } else if (addressBytes() == 2) {
            chooseNarrowMemory();
        } else {
            chooseMemory();
        }
    }

    private int registerOrMemory() {
        if (!tame) {
            return values.below(8);
        }
        int register = dataRegister();
        rex = hasRex ? rex & ~1 | register >>> 3 : rex;
        return register & 7;
    }

    private void chooseNarrowMemory() {
        int kind = values.below(3);
        int rm = values.below(8);
        modRm |= kind << 6 | rm;
        displacementBytes = kind == 0 && rm == 6 ? 2 : kind;
        displacement = smallDisplacement();
        if (tame) {
            displacement = kind == 0 && rm == 6 ? values.below(0x1FF0) : displacement;
            return;
        }
        long target = values.target(mode);
        int[] registers = NARROW_FORMS[rm];
        boolean direct = kind == 0 && rm == 6;
        long offset = target - segmentBase(direct || registers[0] != 5 ? UserState.DS : UserState.SS);
        if (direct) {
            displacement = offset;
        } else {
            long index = registers[1] < 0 ? 0 : state.gpr[registers[1]];
            set(registers[0], offset - index - displacement, 0xFFFF);
        }
        aimed = target;
    }

    private void chooseMemory() {
        int kind = values.below(3);
        int base = tame ? pointer() : values.below(8);
        if (tame && hasRex) {
            rex = rex & ~3 | base >>> 3;
        }
        int low = base & 7;
        modRm |= kind << 6 | low;
        displacementBytes = kind == 0 ? low == 5 ? 4 : 0 : kind == 1 ? 1 : 4;
        displacement = smallDisplacement();
        int index = -1;
        int scale = 0;
        if (low == 4) {
            index = tame ? 4 : values.below(8);
            scale = tame ? 0 : values.below(4);
            int sibBase = tame ? 4 : values.below(8);
            sib = scale << 6 | index << 3 | sibBase;
            base = sibBase | (rex & 1) << 3;
            index |= (rex & 2) << 2;
            index = index == 4 ? -1 : index;
            if (kind == 0 && (sibBase & 7) == 5) {
                displacementBytes = 4;
                base = -1;
            }
        } else if (kind == 0 && low == 5) {
            base = -1;
            ripRelative = mode == Mode.LONG;
        } else {
            base = low | (rex & 1) << 3;
        }
        aim(base, index, scale);
    }

    /** Moves the base register, or the displacement where there is none, so that the operand lies at a target. */
    private void aim(int base, int index, int scale) {
        boolean stack = base == UserState.RSP || base == UserState.RBP;
        if (tame && base >= 0) {
            return;
        }
        long target = tame ? UserMemory.DATA + values.below(0x1FF0) : values.target(mode);
        long offset = target - segmentBase(stack ? UserState.SS : UserState.DS);
        long rest = index < 0 ? 0 : state.gpr[index] << scale;
        if (base < 0) {
            displacement = offset - rest; // RIP is taken off later
            aimed = target;
        } else if (base != index) {
            set(base, offset - rest - displacement, addressBytes() == 8 ? -1 : 0xFFFFFFFFL);
            aimed = target;
        }
    }

    private int pointer() {
        int[] set = hasRex ? TAME_POINTERS_LONG : TAME_POINTERS;
        return set[values.below(set.length)];
    }

    private long smallDisplacement() {
        return displacementBytes == 1 ? (byte) values.below(256) : values.below(0x400) - 0x200;
    }

    private void set(int register, long value, long mask) {
        long kept = values.percent(50) ? 0 : state.gpr[register];
        state.gpr[register] = value & mask | kept & ~mask;
    }

    private long segmentBase(int usual) {
        int segment = segmentPrefix >= 0 ? segmentPrefix : usual;
        if (mode == Mode.LONG && segment < UserState.FS) {
            return 0;
        }
        int selector = state.selector[segment];
        if (segment >= UserState.FS && (selector & 4) == 0) {
            return segment == UserState.FS ? state.fsBase : state.gsBase;
        }
        return HostSegments.base(HostSegments.descriptor(selector));
    }

    private void putModRm(Bytes out, long at, int tailBytes) {
        if (!form.hasModRm()) {
            return;
        }
        out.put(modRm, 1);
        if (sib >= 0) {
            out.put(sib, 1);
        }
        if (ripRelative) {
            displacement -= at + out.length() + 4 + tailBytes;
        }
        out.put(displacement, displacementBytes);
    }

    private void putImmediate(Bytes out) {
        Immediate kind = form.immediate();
        int wide = operandBytes() == 2 ? 2 : 4;
        long value = values.operand();
        switch (kind) {
            case NONE -> {
            }
            case IB -> out.put(systemCallFree(value), 1);
            case IW -> out.put(values.below(0x40), 2);
            case IZ -> out.put(value, wide);
            case IV -> out.put(value, operandBytes() == 8 ? 8 : wide);
            case MOFFS -> out.put(values.target(mode) - segmentBase(UserState.DS), addressBytes());
            case FAR -> out.put(values.codeTarget(), wide).put(values.codeSelector(), 2);
            case CB -> out.put(value, 1);
            case CZ -> out.put(values.percent(90) ? values.below(0x400) - 0x200 : value, mode == Mode.LONG ? 4 : wide);
            case IWIB -> out.put(values.below(0x80), 2).put(values.percent(70) ? values.below(4) : value, 1);
        }
        immediateValue = (int) value & 0xFF;
    }

    /** INT 0x80 would be a system call. */
    private long systemCallFree(long value) {
        return form.opcode()[0] == 0xCD && (value & 0xFF) == 0x80 ? 0x81 : value;
    }
}
