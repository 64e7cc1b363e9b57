package org.cupule.hw.cpu.oracle;

import java.util.List;
import java.util.SplittableRandom;
import org.cupule.hw.cpu.oracle.Form.Trait;
import org.cupule.hw.cpu.oracle.Sample.Mode;

/** Makes random samples: single instructions of any form with any state, and sequences of tame ones. */
final class Generator {
    private static final int MOST_CODE = 500;
    private static final int COUNTER_OFFSET = 0x1FF0;

    private final Values values;
    private final Mode mode;
    private final List<Form> wild;
    private final List<Form> tame;
    /** Whether the registers of FPU and SSE matter. */
    private final boolean numbers;

    Generator(long seed, Mode mode) {
        this(seed, mode, Forms.all());
    }

    Generator(long seed, Mode mode, List<Form> forms) {
        this.values = new Values(new SplittableRandom(seed));
        this.mode = mode;
        this.wild = forms.stream().filter(this::exists).toList();
        this.tame = wild.stream().filter(form -> !form.has(Trait.WILD)).toList();
        this.numbers = forms.stream().anyMatch(form -> form.has(Trait.SIMD));
    }

    private boolean exists(Form form) {
        return !form.has(mode == Mode.LONG ? Trait.NO64 : Trait.ONLY64);
    }

    /** {@return a sample of one instruction} */
    Sample single() {
        UserState state = anyState();
        Form form = wild.get(values.below(wild.size()));
        if (form.has(Trait.LOOSE)) { // a far call pushes as its target would, or as its source
            state.selector[UserState.SS] = HostSegments.USER_DATA;
            state.gpr[UserState.RSP] = UserMemory.DATA + 0x100 + values.below(0x1E0) * 8L;
        }
        if (form.has(Trait.SIMD)) {
            numbers(state.fx, !form.has(Trait.TRANSITION));
        }
        if (form.has(Trait.FPU)) {
            extended(state.fx);
        }
        var setting = new Setting(values, mode, state);
        setting.registers(form);
        long at = codeAt();
        var encoder = new Encoder(values, mode, state, false);
        byte[] code = encoder.encode(form, at);
        setting.memory(form, encoder);
        state.rip = at - codeBase(state);
        return new Sample(mode, state, at, fitting(at, code), setting.pokeAt(), setting.poke(),
                UndefinedFlags.of(form, encoder, state), form.has(Trait.LOOSE), form.text());
    }

    /** {@return a sample of some tame instructions, with forward jumps, now and then in a loop} */
    Sample sequence() {
        UserState state = tameState();
        if (numbers) {
            numbers(state.fx, false);
        }
        long at = UserMemory.CODE + 0x400 + values.below(values.percent(70) ? 0x100 : 0xC00);
        var code = new Bytes();
        var encoder = new Encoder(values, mode, state, true);
        int count = 2 + values.below(20);
        for (int i = 0; i < count && code.length() < MOST_CODE - 60; i++) {
            if (mode != Mode.NARROW && values.percent(2)) {
                putPatch(code, at);
            }
            putStep(code, encoder, at);
        }
        boolean loop = mode != Mode.NARROW && values.percent(25);
        if (loop) {
            putLoop(code, at);
        }
        state.rip = at - codeBase(state);
        byte[] counter = new Bytes().put(2 + values.below(30), 4).toArray();
        return new Sample(mode, state, at, code.toArray(), UserMemory.CODE + COUNTER_OFFSET, counter, 0,
                false, loop ? "loop" : "sequence");
    }

    /** Numbers of the FPU's own, most of the registers taken. */
    private void extended(FxImage fx) {
        fx.control(fx.control() & ~0x300 | values.below(4) << 8);
        fx.tags(values.percent(80) ? 0xFF : values.below(0x100));
        for (int i = 0; i < 8; i++) {
            fx.stack(i, values.extendedHigh(), values.extendedFraction());
        }
    }

    /** Any contents of the registers; now and then with an exception of the FPU that waits. */
    private void numbers(FxImage fx, boolean mayWait) {
        fx.mxcsr(values.mxcsr());
        int exceptions = mayWait && values.percent(10) ? values.below(0x40) : 0;
        fx.control(0x300 | values.below(4) << 10 | (values.percent(5) ? values.below(0x40) : 0x3F));
        boolean waits = (exceptions & ~fx.control()) != 0;
        fx.status(exceptions | values.below(8) << 11 | values.below(0x10000) & 0x4700 | (waits ? 0x8080 : 0));
        fx.tags(values.percent(30) ? values.below(0x100) : 0);
        for (int i = 0; i < 8; i++) {
            fx.stack(i, values.percent(50) ? 0xFFFF : values.below(0x10000), values.packed());
        }
        for (int half = 0; half < (mode == Mode.LONG ? 32 : 16); half++) {
            fx.xmm(half, values.packed());
        }
    }

    private void putStep(Bytes code, Encoder encoder, long at) {
        Form form = tame.get(values.below(tame.size()));
        boolean jump = values.percent(15);
        boolean counted = form.has(Trait.REP);
        long place = at + code.length() + (jump ? 2 : 0) + (counted ? mode == Mode.NARROW ? 3 : 5 : 0);
        byte[] instruction = encoder.encode(form, place);
        int skipped = instruction.length + (counted ? mode == Mode.NARROW ? 3 : 5 : 0);
        if (jump) {
            code.put(0x70 + values.below(16), 1).put(skipped, 1); // Jcc over it
        }
        if (counted) {
            code.put(0xB9, 1).put(values.below(24), mode == Mode.NARROW ? 2 : 4); // MOV ECX
        }
        code.put(instruction);
        if (form.undefined() != Form.Undefined.NOTHING) {
            code.put(0x3C, 1).put(values.operand(), 1); // CMP AL: defines all flags again
        }
    }

    /** ADD byte [next + 1], n; next: MOV AL, 0: code that changes the instruction behind it, each time anew. */
    private void putPatch(Bytes code, long at) {
        code.put(0x0580, 2);
        long next = at + code.length() + 5;
        code.put(mode == Mode.LONG ? 1 : next + 1, 4).put(1 + values.below(255), 1).put(0xB0, 2);
    }

    /** SUB dword [counter], 1; JNZ back to the start. */
    private void putLoop(Bytes code, long at) {
        long counter = UserMemory.CODE + COUNTER_OFFSET;
        code.put(0x2D83, 2);
        long next = at + code.length() + 5;
        code.put(mode == Mode.LONG ? counter - next : counter, 4).put(1, 1);
        code.put(0x850F, 2);
        code.put(-(code.length() + 4), 4);
    }

    private long codeAt() {
        int kind = values.below(100);
        if (kind < 85) {
            return UserMemory.CODE + 0x800 + values.below(0x100);
        }
        return UserMemory.CODE + (kind < 95 ? 0x1000 : 0x2000) - 1 - values.below(16);
    }

    private static byte[] fitting(long at, byte[] code) {
        int room = (int) (UserMemory.CODE + 0x2000 - at);
        return room >= code.length ? code : java.util.Arrays.copyOf(code, room);
    }

    private static long codeBase(UserState state) {
        return HostSegments.base(HostSegments.descriptor(state.selector[UserState.CS]));
    }

    private UserState anyState() {
        var state = new UserState();
        for (int i = 0; i < 16; i++) {
            state.gpr[i] = values.any();
        }
        state.rflags = values.flags();
        state.selector[UserState.CS] = codeSelector();
        state.selector[UserState.SS] = mode == Mode.LONG && values.percent(80)
                ? HostSegments.USER_DATA
                : values.stackSelector();
        int[] others = {UserState.ES, UserState.DS, UserState.FS, UserState.GS};
        for (int other : others) {
            state.selector[other] = values.loadableSelector();
        }
        segmentBases(state);
        stackPointer(state);
        return state;
    }

    private void stackPointer(UserState state) {
        long stack = values.percent(92) ? UserMemory.DATA + 0x100 + values.below(0x1E0) * 8L : values.target(mode);
        state.gpr[UserState.RSP] = stack - stackBase(state);
    }

    private UserState tameState() {
        var state = new UserState();
        for (int i = 0; i < 16; i++) {
            state.gpr[i] = values.operand();
        }
        int data = mode == Mode.NARROW ? HostSegments.DATA_NARROW : HostSegments.USER_DATA;
        java.util.Arrays.fill(state.selector, data);
        state.selector[UserState.CS] = codeSelector();
        segmentBases(state);
        long base = mode == Mode.NARROW ? 0 : UserMemory.DATA;
        for (int pointer : new int[]{3, 5, 12, 13, 14, 15}) {
            state.gpr[pointer] = base + 0x600 + values.below(0x800);
        }
        for (int pointer : new int[]{6, 7}) {
            state.gpr[pointer] = base + (mode == Mode.NARROW ? 0x200 : 0x600) + values.below(0x400);
        }
        state.gpr[UserState.RSP] = base + 0x800 + values.below(0x80) * 8;
        state.rflags = values.flags() & ~(UserState.TF | UserState.AC);
        return state;
    }

    private void segmentBases(UserState state) {
        long mask = mode == Mode.LONG ? -1 : 0xFFFFFFFFL;
        state.fsBase = base(state.selector[UserState.FS], mask);
        state.gsBase = base(state.selector[UserState.GS], mask);
    }

    private long base(int selector, long mask) {
        if ((selector & 4) != 0) {
            return HostSegments.base(HostSegments.descriptor(selector));
        }
        // small, so that offsets stay canonical: where they do not, processors differ
        return values.percent(50) ? UserMemory.DATA : values.operand() & mask & 0x3FFFFFFFFFFFL;
    }

    private long stackBase(UserState state) {
        return mode == Mode.LONG ? 0 : HostSegments.base(HostSegments.descriptor(state.selector[UserState.SS]));
    }

    private int codeSelector() {
        int[] wide = {HostSegments.USER_CODE_32, HostSegments.USER_CODE_32, HostSegments.CODE_FLAT,
                HostSegments.CODE_WIDE, HostSegments.EXECUTE_ONLY};
        return switch (mode) {
            case LONG -> HostSegments.USER_CODE_64;
            case WIDE -> wide[values.below(wide.length)];
            case NARROW -> values.percent(50) ? HostSegments.CODE_NARROW : HostSegments.CODE_NARROW_PAGES;
        };
    }
}
