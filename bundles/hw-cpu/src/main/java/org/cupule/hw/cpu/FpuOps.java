package org.cupule.hw.cpu;

/**
 * The FPU's instructions. Source: SDM volume 1, "Programming with the x87 FPU"; volume 2.
 *
 * <p>
 * An instruction computes first, into scratch numbers and {@link Rounding#flags}; then it stores to memory, which may
 * fault or leave; the registers change last.
 *
 * @threading confined to its CPU
 */
final class FpuOps {
    private static final int CONTROL_RESET = 0x37F;
    private static final int EXCEPTIONS = 0x3F;
    /** Those that, not masked, leave the operands as they are. */
    private static final int BEFORE = Rounding.INVALID | Rounding.DENORMAL | Rounding.ZERO_DIVIDE;
    private static final int[] CONSTANT_HIGH = {0x3FFF, 0x4000, 0x3FFF, 0x4000, 0x3FFD, 0x3FFE, 0};
    private static final long[] CONSTANTS = {Extended.INTEGER, 0xD49A_784B_CD1B_8AFEL, 0xB8AA_3B29_5C17_F0BCL,
            0xC90F_DAA2_2168_C235L, 0x9A20_9A84_FBCF_F799L, 0xB172_17F7_D1CF_79ACL, 0};

    private final Processor cpu;
    private final Registers state;
    private final SystemOps system;
    private final Fpu fpu;
    private final Rounding rounding = new Rounding();
    private final FloatArithmetic arithmetic = new FloatArithmetic(rounding);
    private final Transcendentals transcendentals = new Transcendentals(rounding, arithmetic);
    private final Extended operand = new Extended();
    private final Extended answer = new Extended();
    private final Extended other = new Extended();

    FpuOps(Processor cpu, SystemOps system) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.system = system;
        this.fpu = cpu.fpu;
    }

    void execute(Op op) {
        if ((state.cr0 & (X86.CR0_EM | X86.CR0_TS)) != 0) {
            throw cpu.fault.of(X86.NM, Fault.NO_CODE);
        }
        if (control(op)) {
            return;
        }
        requireNoneUnmasked();
        if (waitingControl(op)) {
            return;
        }
        rounding.control = cpu.fpuControl;
        rounding.flags = 0;
        if (op.memory) {
            memory(op);
        } else {
            register(op);
        }
        remember(op);
    }

    void fwait() {
        if ((state.cr0 & (X86.CR0_MP | X86.CR0_TS)) == (X86.CR0_MP | X86.CR0_TS)) {
            throw cpu.fault.of(X86.NM, Fault.NO_CODE);
        }
        requireNoneUnmasked();
    }

    /** With CR0.NE clear the FERR# pin would tell: there is none. */
    private void requireNoneUnmasked() {
        if ((fpu.status & Fpu.SUMMARY) != 0 && (state.cr0 & X86.CR0_NE) != 0) {
            throw cpu.fault.of(X86.MF, Fault.NO_CODE);
        }
    }

    private void remember(Op op) {
        fpu.codeOffset = state.r[Registers.HEAD] + op.offset;
        fpu.codeSelector = state.segments[X86.CS].selector;
        fpu.opcode = op.kind << 8 | op.modrm;
        if (op.memory) {
            fpu.dataOffset = cpu.offset(op);
            fpu.dataSelector = state.segments[op.segment].selector;
        }
    }

    // --- control

    /** Those that do not look at pending exceptions. {@return whether it was one} */
    private boolean control(Op op) {
        int sub = op.modrm >> 3 & 7;
        if (op.memory) {
            switch (op.kind << 4 | sub) {
                case 0x16 -> storeEnvironment(op, false);
                case 0x17 -> cpu.mmu.store16(cpu.writeAddress(op, 2), cpu.fpuControl);
                case 0x56 -> storeEnvironment(op, true);
                case 0x57 -> cpu.mmu.store16(cpu.writeAddress(op, 2), fpu.statusWord());
                default -> {
                    return false;
                }
            }
            return true;
        }
        switch (op.kind << 8 | op.modrm) {
            case 0x3E0, 0x3E1, 0x3E4 -> {
                // FNENI, FNDISI, FNSETPM: nothing since the 287
            }
            case 0x3E2 -> fpu.status &= ~(Fpu.SUMMARY | Rounding.STACK | EXCEPTIONS);
            case 0x3E3 -> {
                fpu.initialise();
                cpu.fpuControl = CONTROL_RESET;
            }
            case 0x7E0 -> state.set16(Registers.RAX, fpu.statusWord());
            default -> {
                return false;
            }
        }
        return true;
    }

    /** Those that do look, but are not remembered as the last instruction. {@return whether it was one} */
    private boolean waitingControl(Op op) {
        int sub = op.modrm >> 3 & 7;
        if (op.memory) {
            switch (op.kind << 4 | sub) {
                case 0x14 -> loadEnvironment(op, false);
                case 0x15 -> {
                    cpu.fpuControl = cpu.mmu.load16(cpu.readAddress(op, 2)) & 0x1F7F | 0x40;
                    summarise();
                }
                case 0x54 -> loadEnvironment(op, true);
                default -> {
                    return false;
                }
            }
            return true;
        }
        switch (op.kind << 8 | op.modrm) {
            case 0x1D0 -> {
                // FNOP
            }
            case 0x1F6 -> turn(-1);
            case 0x1F7 -> turn(1);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void turn(int by) {
        fpu.turn(by);
        fpu.status &= ~Fpu.C1;
    }

    private void summarise() {
        fpu.summarise(cpu.fpuControl);
    }

    /** FNSTENV, FNSAVE: seven words of 16 or 32 bits, then the registers from ST(0). */
    private void storeEnvironment(Op op, boolean registers) {
        int size = op.size == 2 ? 2 : 4;
        int length = size * 7 + (registers ? 80 : 0);
        long at = cpu.writeAddress(op, length);
        cpu.mmu.probe(at, length);
        boolean real = state.realOrV86();
        long code = real ? ((long) fpu.codeSelector << 4) + fpu.codeOffset : fpu.codeOffset;
        long data = real ? ((long) fpu.dataSelector << 4) + fpu.dataOffset : fpu.dataOffset;
        long upper = size == 4 ? 0xFFFF_0000L : 0;
        long[] words = {upper | cpu.fpuControl, upper | fpu.statusWord(), upper | fpu.tagWord(), code,
                real ? code >> 16 << 12 & 0xFFFF_FFFFL | fpu.opcode : (long) fpu.opcode << 16 | fpu.codeSelector, data,
                real ? data >> 16 << 12 & 0xFFFF_FFFFL : upper | fpu.dataSelector};
        for (int i = 0; i < 7; i++) {
            cpu.mmu.store(at + (long) i * size, size, words[i]);
        }
        for (int i = 0; registers && i < 8; i++) {
            long place = at + 7L * size + 10L * i;
            cpu.mmu.store64(place, fpu.st(i).fraction);
            cpu.mmu.store16(place + 8, fpu.st(i).high);
        }
        if (registers) {
            fpu.initialise();
            cpu.fpuControl = CONTROL_RESET;
        } else {
            cpu.fpuControl |= EXCEPTIONS;
            summarise();
        }
    }

    private void loadEnvironment(Op op, boolean registers) {
        int size = op.size == 2 ? 2 : 4;
        long at = cpu.readAddress(op, size * 7 + (registers ? 80 : 0));
        long[] words = new long[7];
        for (int i = 0; i < 7; i++) {
            words[i] = cpu.mmu.load(at + (long) i * size, size);
        }
        long[] numbers = new long[16];
        for (int i = 0; registers && i < 8; i++) {
            numbers[2 * i] = cpu.mmu.load64(at + 7L * size + 10L * i);
            numbers[2 * i + 1] = cpu.mmu.load16(at + 7L * size + 10L * i + 8);
        }
        cpu.fpuControl = (int) words[0] & 0x1F7F | 0x40;
        fpu.statusWord((int) words[1] & 0xFFFF);
        fpu.tagWord((int) words[2]);
        fpu.codeOffset = words[3];
        fpu.codeSelector = (int) words[4] & 0xFFFF;
        fpu.opcode = (int) (words[4] >> 16) & 0x7FF;
        fpu.dataOffset = words[5];
        fpu.dataSelector = (int) words[6] & 0xFFFF;
        for (int i = 0; registers && i < 8; i++) {
            fpu.st(i).set((int) numbers[2 * i + 1], numbers[2 * i]);
        }
        summarise();
    }

    // --- what ends an instruction

    /** Takes the flags over. {@return whether the answer may be stored} */
    private boolean commit() {
        boolean goesOn = !rounding.unmasked(BEFORE);
        if (!goesOn) { // it never came to rounding
            boolean stack = (rounding.flags & Rounding.STACK) != 0;
            rounding.flags &= BEFORE | Rounding.STACK | (stack ? Rounding.ROUNDED_UP : 0);
        }
        fpu.status = fpu.status & ~Fpu.C1 | rounding.flags;
        summarise();
        return goesOn;
    }

    private void underflow() {
        rounding.flags = Rounding.INVALID | Rounding.STACK;
        answer.indefinite();
    }

    private void push(Extended number) {
        if (!fpu.empty(-1) && (rounding.flags & Rounding.STACK) == 0) {
            rounding.flags = Rounding.INVALID | Rounding.STACK | Rounding.ROUNDED_UP;
            number.indefinite();
        }
        if (commit()) {
            fpu.turn(-1);
            fpu.st(0).set(number);
            fpu.empty(0, false);
        }
    }

    private void pop() {
        fpu.empty(0, true);
        fpu.turn(1);
    }

    private void finish(int target, boolean pop) {
        if (commit()) {
            fpu.st(target).set(answer);
            fpu.empty(target, false);
            if (pop) {
                pop();
            }
        }
    }

    // --- with a memory operand

    private void memory(Op op) {
        int sub = op.modrm >> 3 & 7;
        switch (op.kind) {
            case 0, 2, 4, 6 -> {
                load(op, op.kind);
                calculate(sub, 0, fpu.empty(0), operand, 0, sub == 3);
            }
            case 1, 3, 5, 7 -> {
                if (sub == 0 || op.kind == 7 && sub == 5 || op.kind == 3 && sub == 5) {
                    load(op, op.kind == 3 && sub == 5 ? 8 : op.kind == 7 && sub == 5 ? 9 : op.kind - 1);
                    if (op.kind != 3 && operand.signaling()) {
                        rounding.flags |= Rounding.INVALID;
                        operand.fraction |= Extended.QUIET;
                    }
                    push(operand);
                } else if (sub == 2 || sub == 3) {
                    store(op, op.kind - 1, sub == 3);
                } else if (op.kind == 3 && sub == 7) {
                    store(op, 8, true);
                } else if (op.kind == 7 && sub == 7) {
                    store(op, 9, true);
                } else if (op.kind == 7 && sub == 4) {
                    loadDecimal(op);
                } else if (op.kind == 7 && sub == 6) {
                    storeDecimal(op);
                } else {
                    throw system.unknown(op);
                }
            }
            default -> throw system.unknown(op);
        }
    }

    /** Loads an operand of a form: 0 single, 2 32-bit integer, 4 double, 6 16-bit integer, 8 extended, 9 64-bit. */
    private void load(Op op, int form) {
        switch (form) {
            case 0 -> single(cpu.mmu.load32(cpu.readAddress(op, 4)));
            case 2 -> integer(cpu.mmu.load32(cpu.readAddress(op, 4)));
            case 4 -> twice(cpu.mmu.load64(cpu.readAddress(op, 8)));
            case 6 -> integer((short) cpu.mmu.load16(cpu.readAddress(op, 2)));
            case 8 -> {
                long at = cpu.readAddress(op, 10);
                long fraction = cpu.mmu.load64(at);
                operand.set(cpu.mmu.load16(cpu.mmu.wrap(at + 8)), fraction);
            }
            default -> integer(cpu.mmu.load64(cpu.readAddress(op, 8)));
        }
    }

    private void integer(long value) {
        long magnitude = Math.abs(value);
        int up = Long.numberOfLeadingZeros(magnitude);
        operand.set(value < 0, value == 0 ? 0 : Extended.BIAS + 63 - up, value == 0 ? 0 : magnitude << up);
    }

    private void single(int bits) {
        widen(bits < 0, bits >>> 23 & 0xFF, (long) (bits & 0x7F_FFFF) << 40, 0xFF, 127);
    }

    private void twice(long bits) {
        widen(bits < 0, (int) (bits >>> 52) & 0x7FF, (bits & (1L << 52) - 1) << 11, 0x7FF, 1023);
    }

    private void widen(boolean negative, int exponent, long fraction, int special, int bias) {
        if (exponent == special) {
            operand.set(negative, Extended.SPECIAL, fraction | Extended.INTEGER);
        } else if (exponent != 0) {
            operand.set(negative, exponent - bias + Extended.BIAS, fraction | Extended.INTEGER);
        } else if (fraction == 0) {
            operand.set(negative, 0, 0);
        } else {
            rounding.flags |= Rounding.DENORMAL;
            int up = Long.numberOfLeadingZeros(fraction);
            operand.set(negative, 1 - bias + Extended.BIAS - up, fraction << up);
        }
    }

    /** Stores ST(0) in a form as for {@link #load}. */
    private void store(Op op, int form, boolean pop) {
        if (fpu.empty(0)) {
            underflow();
        } else {
            answer.set(fpu.st(0));
        }
        boolean none = fpu.empty(0);
        int size = form == 6 ? 2 : form == 8 ? 10 : form == 4 || form == 9 ? 8 : 4;
        long at = cpu.writeAddress(op, size);
        long value = switch (form) {
            case 0 -> rounding.single(answer) & 0xFFFF_FFFFL;
            case 4 -> rounding.twice(answer);
            case 8 -> answer.fraction;
            default -> none ? Long.MIN_VALUE >> 64 - 8 * size : rounding.integer(answer, size, false);
        };
        int late = form == 0 || form == 4 ? Rounding.OVERFLOW | Rounding.UNDERFLOW : 0;
        if (!rounding.unmasked(Rounding.INVALID | late)) {
            if (form == 8) {
                cpu.mmu.probe(at, 10);
                cpu.mmu.store64(at, value);
                cpu.mmu.store16(at + 8, answer.high);
            } else {
                cpu.mmu.store(at, size, value);
            }
        } else {
            cpu.mmu.probe(at, size);
            rounding.flags &= ~(Rounding.INEXACT | Rounding.ROUNDED_UP);
        }
        boolean stored = !rounding.unmasked(Rounding.INVALID | late);
        commit();
        if (pop && stored) {
            pop();
        }
    }

    /** FBLD. */
    private void loadDecimal(Op op) {
        long at = cpu.readAddress(op, 10);
        long low = cpu.mmu.load64(at);
        int high = cpu.mmu.load16(cpu.mmu.wrap(at + 8));
        integer(PackedDecimal.magnitude(high, low));
        operand.high |= high & 0x8000;
        push(operand);
    }

    /** FBSTP. */
    private void storeDecimal(Op op) {
        boolean none = fpu.empty(0);
        if (none) {
            underflow();
        }
        long value = none ? 0 : rounding.integer(fpu.st(0), 8, false);
        boolean invalid = none || (rounding.flags & Rounding.INVALID) != 0 || PackedDecimal.tooLong(Math.abs(value));
        if (invalid) {
            rounding.flags = rounding.flags & Rounding.STACK | Rounding.INVALID;
        }
        long at = cpu.writeAddress(op, 10);
        boolean stored = !rounding.unmasked(Rounding.INVALID);
        if (stored) {
            long magnitude = Math.abs(value);
            cpu.mmu.probe(at, 10);
            cpu.mmu.store64(at, invalid ? PackedDecimal.INDEFINITE_LOW : PackedDecimal.low(magnitude));
            cpu.mmu.store16(cpu.mmu.wrap(at + 8), invalid
                    ? PackedDecimal.INDEFINITE_HIGH
                    : PackedDecimal.high(fpu.st(0).negative(), magnitude));
        } else {
            cpu.mmu.probe(at, 10);
        }
        commit();
        if (stored) {
            pop();
        }
    }

    // --- arithmetic and comparison

    /**
     * ST(0) and an operand, by the number that D8 to DE share: FADD FMUL FCOM FCOMP FSUB FSUBR FDIV FDIVR.
     *
     * @param into
     *            which register takes the answer
     */
    private void calculate(int kind, int left, boolean missing, Extended right, int into, boolean pop) {
        if (kind == 2 || kind == 3) {
            compare(missing, right, false, pop ? 1 : 0);
            return;
        }
        Extended a = fpu.st(left);
        if (missing) {
            underflow();
        } else {
            nothingDenormal(a);
            switch (kind) {
                case 0 -> arithmetic.add(a, right, answer);
                case 1 -> arithmetic.multiply(a, right, answer);
                case 4 -> arithmetic.subtract(a, right, answer);
                case 5 -> arithmetic.subtract(right, a, answer);
                case 6 -> arithmetic.divide(a, right, answer);
                default -> arithmetic.divide(right, a, answer);
            }
        }
        finish(into, pop);
    }

    /** Beside a NaN it does not count that the operand from memory is denormal. */
    private void nothingDenormal(Extended other) {
        rounding.flags &= other.nan() || other.unsupported() ? ~Rounding.DENORMAL : -1;
    }

    private int order(boolean missing, Extended right, boolean quiet) {
        if (missing) {
            underflow();
            return X86.ZF | X86.PF | X86.CF;
        }
        nothingDenormal(fpu.st(0));
        return arithmetic.compare(fpu.st(0), right, quiet);
    }

    private void compare(boolean missing, Extended right, boolean quiet, int pops) {
        int order = order(missing, right, quiet);
        boolean goesOn = commit();
        fpu.status = fpu.status & ~(Fpu.C0 | Fpu.C2 | Fpu.C3) | ((order & X86.CF) != 0 ? Fpu.C0 : 0)
                | ((order & X86.PF) != 0 ? Fpu.C2 : 0) | ((order & X86.ZF) != 0 ? Fpu.C3 : 0);
        for (int i = 0; goesOn && i < pops; i++) {
            pop();
        }
    }

    private void compareFlags(int i, boolean quiet, boolean pop) {
        int order = order(fpu.empty(0) || fpu.empty(i), fpu.st(i), quiet);
        boolean goesOn = commit();
        state.flag(X86.ARITHMETIC, order);
        if (goesOn && pop) {
            pop();
        }
    }

    // --- with registers only

    private void register(Op op) {
        int sub = op.modrm >> 3 & 7;
        int i = op.modrm & 7;
        boolean missing = fpu.empty(0) || fpu.empty(i);
        switch (op.kind) {
            case 0 -> calculate(sub, 0, missing, fpu.st(i), 0, sub == 3);
            case 1 -> registerD9(op, sub, i);
            case 2 -> registerDA(op, sub, i);
            case 3 -> registerDB(op, sub, i);
            case 4 -> toRegister(sub, i, missing, false);
            case 5 -> registerDD(op, sub, i);
            case 6 -> {
                if (sub == 3 && i != 1) {
                    throw system.unknown(op);
                }
                if (sub == 3) {
                    compare(missing, fpu.st(1), false, 2);
                } else {
                    toRegister(sub, i, missing, true);
                }
            }
            default -> registerDF(op, sub, i);
        }
    }

    /** The forms with ST(i) as the target; the subtractions and divisions stand there the other way round. */
    private void toRegister(int sub, int i, boolean missing, boolean pop) {
        if (sub == 2 || sub == 3) {
            compare(missing, fpu.st(i), false, sub == 3 || pop ? 1 : 0);
            return;
        }
        // With ST(i) as the left operand: DC E0 is FSUBR, ST(i) = ST(0) - ST(i).
        int kind = switch (sub) {
            case 4 -> 5;
            case 5 -> 4;
            case 6 -> 7;
            case 7 -> 6;
            default -> sub;
        };
        calculate(kind, i, missing, fpu.st(0), i, pop);
    }

    private void registerD9(Op op, int sub, int i) {
        switch (sub) {
            case 0 -> {
                operand.set(fpu.st(i));
                if (fpu.empty(i)) {
                    underflow();
                    operand.indefinite();
                }
                push(operand);
            }
            case 1 -> exchange(i);
            case 4 -> sign(op, i);
            case 5 -> constant(op, i);
            case 6, 7 -> functions(op, (sub - 6) * 8 + i);
            default -> throw system.unknown(op);
        }
    }

    private void exchange(int i) {
        Extended a = fpu.st(0);
        Extended b = fpu.st(i);
        rounding.flags |= fpu.empty(0) || fpu.empty(i) ? Rounding.INVALID | Rounding.STACK : 0;
        if (commit()) {
            other.set(fpu.empty(0) ? a.indefinite() : a);
            a.set(fpu.empty(i) ? b.indefinite() : b);
            b.set(other);
            fpu.empty(0, false);
            fpu.empty(i, false);
        }
    }

    private void sign(Op op, int i) {
        switch (i) {
            case 0, 1 -> {
                if (fpu.empty(0)) {
                    underflow();
                } else {
                    answer.set(i == 0 ? fpu.st(0).high ^ 0x8000 : fpu.st(0).high & 0x7FFF, fpu.st(0).fraction);
                }
                finish(0, false);
            }
            case 4 -> compare(fpu.empty(0), operand.set(0, 0), false, 0);
            case 5 -> examine();
            default -> throw system.unknown(op);
        }
    }

    /** FXAM: 001 NaN, 010 normal, 011 infinite, 100 zero, 101 empty, 110 denormal, 000 unsupported in C3 C2 C0. */
    private void examine() {
        Extended x = fpu.st(0);
        int kind;
        if (fpu.empty(0)) {
            kind = Fpu.C3 | Fpu.C0;
        } else if (x.unsupported()) {
            kind = 0;
        } else if (x.nan()) {
            kind = Fpu.C0;
        } else if (x.infinite()) {
            kind = Fpu.C2 | Fpu.C0;
        } else if (x.zero()) {
            kind = Fpu.C3;
        } else {
            kind = x.denormal() ? Fpu.C3 | Fpu.C2 : Fpu.C2;
        }
        fpu.status = fpu.status & ~(Fpu.C0 | Fpu.C1 | Fpu.C2 | Fpu.C3) | kind | (x.negative() ? Fpu.C1 : 0);
    }

    private void constant(Op op, int i) {
        if (i == 7) {
            throw system.unknown(op);
        }
        int mode = rounding.mode();
        // The table is rounded to nearest: log2(10), the first irrational one, lies below the exact value, all others
        // above.
        boolean above = i >= 2 && i <= 5;
        int away = above && (mode == 1 || mode == 3) ? -1 : i == 1 && mode == 2 ? 1 : 0;
        push(operand.set(CONSTANT_HIGH[i], CONSTANTS[i] + away));
    }

    /** D9 F0 to D9 FF. */
    private void functions(Op op, int number) {
        switch (number) {
            case 0x0 -> unary(() -> transcendentals.power(fpu.st(0), answer));
            case 0x1 -> binary(() -> transcendentals.logarithm(fpu.st(0), fpu.st(1), answer));
            case 0x2 -> pair(true);
            case 0x3 -> binary(() -> transcendentals.arcTangent(fpu.st(1), fpu.st(0), answer));
            case 0x4 -> extract();
            case 0x9 -> binary(() -> transcendentals.logarithmOfMore(fpu.st(0), fpu.st(1), answer));
            case 0xB -> pair(false);
            case 0xE -> angle(() -> transcendentals.sine(fpu.st(0), answer));
            case 0xF -> angle(() -> transcendentals.cosine(fpu.st(0), answer));
            case 0x5, 0x8 -> remainder(number == 5);
            case 0xA -> unary(() -> arithmetic.root(fpu.st(0), answer));
            case 0xC -> unary(this::toWhole);
            case 0xD -> {
                if (fpu.empty(0) || fpu.empty(1)) {
                    underflow();
                } else {
                    arithmetic.scale(fpu.st(0), fpu.st(1), answer);
                }
                finish(0, false);
            }
            default -> throw system.unknown(op);
        }
    }

    /** Of ST(0) and ST(1), into ST(1), and popped. */
    private void binary(Runnable function) {
        if (fpu.empty(0) || fpu.empty(1)) {
            underflow();
        } else {
            function.run();
        }
        finish(1, true);
    }

    private void angle(Runnable function) {
        transcendentals.outside = false;
        if (fpu.empty(0)) {
            underflow();
        } else {
            function.run();
        }
        if (!isOutside()) {
            finish(0, false);
        }
    }

    /** C2 tells of an angle that is too large. {@return whether it is} */
    private boolean isOutside() {
        fpu.status &= ~Fpu.C2;
        if (transcendentals.outside) {
            fpu.status = fpu.status & ~Fpu.C1 | Fpu.C2;
        }
        return transcendentals.outside;
    }

    /** FPTAN, which pushes 1, and FSINCOS. */
    private void pair(boolean tangent) {
        if (fpu.empty(0) || !fpu.empty(-1)) {
            underflow();
            rounding.flags |= fpu.empty(0) ? 0 : Rounding.ROUNDED_UP;
            fpu.status &= ~Fpu.C2;
            other.indefinite();
        } else {
            if (tangent) {
                transcendentals.tangent(fpu.st(0), answer);
                other.set(false, Extended.BIAS, Extended.INTEGER);
            } else {
                transcendentals.sine(fpu.st(0), answer);
                transcendentals.cosine(fpu.st(0), other);
            }
            if (isOutside()) {
                return;
            }
            other.set(answer.nan() ? answer : other);
        }
        if (commit()) {
            fpu.st(0).set(answer);
            fpu.empty(0, false);
            fpu.turn(-1);
            fpu.st(0).set(other);
            fpu.empty(0, false);
        }
    }

    private void unary(Runnable function) {
        if (fpu.empty(0)) {
            underflow();
        } else {
            function.run();
        }
        finish(0, false);
    }

    private void toWhole() {
        answer.set(fpu.st(0));
        if (answer.unsupported() || answer.nan()) {
            arithmetic.add(fpu.st(0), fpu.st(0), answer);
        } else {
            rounding.toWhole(answer);
        }
    }

    /** FXTRACT: ST(0) becomes the exponent, and the significand is pushed. */
    private void extract() {
        Extended x = fpu.st(0);
        if (fpu.empty(0) || x.unsupported() || x.nan() || x.zero() || x.infinite()) {
            extractSpecial(x);
            return;
        }
        rounding.flags |= x.denormal() ? Rounding.DENORMAL : 0;
        if (rounding.unmasked(BEFORE) || !fpu.empty(-1)) {
            extractNothing(x);
            return;
        }
        int exponent = x.normalExponent() - Extended.BIAS;
        other.set(x.negative(), Extended.BIAS, x.normalFraction());
        integer(exponent);
        x.set(operand);
        push(other);
    }

    /** There is no room to push, or an exception is not masked. */
    private void extractNothing(Extended x) {
        push(operand.indefinite());
        if (!rounding.unmasked(BEFORE)) {
            x.indefinite();
        }
    }

    private void extractSpecial(Extended x) {
        if (!fpu.empty(0) && !fpu.empty(-1)) {
            extractNothing(x);
            return;
        }
        boolean zero = !fpu.empty(0) && x.zero();
        boolean infinite = !fpu.empty(0) && x.infinite();
        other.set(x);
        if (fpu.empty(0)) {
            underflow();
            other.indefinite();
        } else if (!zero && !infinite) {
            arithmetic.add(x, x, other);
        }
        rounding.flags |= zero ? Rounding.ZERO_DIVIDE : 0;
        if (!rounding.unmasked(BEFORE)) {
            if (zero || infinite) {
                x.set(zero, Extended.SPECIAL, Extended.INTEGER);
            } else {
                x.set(other);
            }
            fpu.empty(0, false);
        }
        push(other);
    }

    private void remainder(boolean nearest) {
        int quotient = -2;
        if (fpu.empty(0) || fpu.empty(1)) {
            underflow();
        } else {
            quotient = arithmetic.remainder(fpu.st(0), fpu.st(1), nearest, answer);
        }
        finish(0, false);
        fpu.status &= ~(Fpu.C1 | Fpu.C2);
        if (quotient == -2 || rounding.unmasked(BEFORE)) {
            return;
        }
        fpu.status &= ~(Fpu.C0 | Fpu.C3);
        if (quotient < 0) {
            fpu.status |= Fpu.C2;
        } else {
            fpu.status |= ((quotient & 4) != 0 ? Fpu.C0 : 0) | ((quotient & 2) != 0 ? Fpu.C3 : 0)
                    | ((quotient & 1) != 0 ? Fpu.C1 : 0);
        }
    }

    private void registerDA(Op op, int sub, int i) {
        if (sub < 4) {
            move(condition(sub), i);
        } else if (op.modrm == 0xE9) {
            compare(fpu.empty(0) || fpu.empty(1), fpu.st(1), true, 2);
        } else {
            throw system.unknown(op);
        }
    }

    private void registerDB(Op op, int sub, int i) {
        switch (sub) {
            case 0, 1, 2, 3 -> move(!condition(sub), i);
            case 5, 6 -> compareFlags(i, sub == 5, false);
            default -> throw system.unknown(op);
        }
    }

    /** B, E, BE, U. */
    private boolean condition(int sub) {
        return switch (sub) {
            case 0 -> state.cf();
            case 1 -> state.zf();
            case 2 -> state.cf() || state.zf();
            default -> state.pf();
        };
    }

    private void move(boolean moved, int i) {
        if (fpu.empty(0) || fpu.empty(i)) {
            underflow();
            finish(0, false);
            return;
        }
        answer.set(fpu.st(moved ? i : 0));
        finish(0, false);
    }

    private void registerDD(Op op, int sub, int i) {
        switch (sub) {
            case 0 -> fpu.empty(i, true);
            case 2, 3 -> {
                answer.set(fpu.st(0));
                if (fpu.empty(0)) {
                    underflow();
                }
                finish(i, sub == 3);
            }
            case 4, 5 -> compare(fpu.empty(0) || fpu.empty(i), fpu.st(i), true, sub - 4);
            default -> throw system.unknown(op);
        }
    }

    private void registerDF(Op op, int sub, int i) {
        switch (sub) {
            case 5, 6 -> compareFlags(i, sub == 5, true);
            default -> throw system.unknown(op);
        }
    }
}
