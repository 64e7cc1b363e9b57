package org.cupule.hw.cpu.oracle;

import static org.cupule.hw.cpu.oracle.UserMemory.PAGE;
import static org.cupule.hw.cpu.oracle.UserMemory.PAGES;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.cupule.hardware.Cpu;
import org.cupule.hardware.CpuContext;
import org.cupule.hardware.CpuExit;
import org.cupule.hardware.CpuFactory;
import org.cupule.hardware.CpuSpec;
import org.cupule.hardware.Register;
import org.cupule.hardware.Translation;
import org.cupule.ram.Access;
import org.cupule.ram.Ram;
import org.cupule.types.Behaviour;

/**
 * Runs samples on a processor model, in a sandbox like that of the host: user mode in long mode with paging, Linux'
 * global and our local descriptor table, and an interrupt table whose handlers only halt, so that the exception frame
 * can be read.
 *
 * <pre>
 *   physical   0x01000  page tables       linear 0xFFFF_8000_0000_0000 + physical, supervisor only,
 *              0x10000  GDT               for everything below 0x20000
 *              0x11000  LDT
 *              0x12000  IDT
 *              0x13000  TSS
 *              0x14000  handlers: HLT
 *              0x15000  kernel stack
 *              0x16000  image of the FPU's state
 *              0x20000  the pages of UserMemory
 * </pre>
 */
final class SimulatedUser implements CpuContext {
    private static final long KERNEL = 0xFFFF_8000_0000_0000L;
    private static final int GDT = 0x10000;
    private static final int LDT = 0x11000;
    private static final int IDT = 0x12000;
    private static final int TSS = 0x13000;
    private static final int HANDLERS = 0x14000;
    private static final int STACK_TOP = 0x16000;
    private static final int FX = 0x16000;
    private static final int KERNEL_CODE = 0x10;
    private static final int KERNEL_DATA = 0x18;
    /** FXRSTOR64 [RAX], HLT; FXSAVE64 [RAX], HLT: behind the handlers. */
    private static final int RESTORE = HANDLERS + 0x900;
    private static final byte[] RESTORE_CODE = {0x48, 0x0F, (byte) 0xAE, 0x08, (byte) 0xF4};
    private static final int SAVE = HANDLERS + 0x908;
    private static final byte[] SAVE_CODE = {0x48, 0x0F, (byte) 0xAE, 0x00, (byte) 0xF4};
    private static final int USER = 0x20000;
    private static final int RAM_BYTES = USER + PAGES * PAGE;
    private static final int VECTOR_STRIDE = 8;
    /** Longer samples loop for ever, for our purpose. */
    private static final long BUDGET = 20_000;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final long NOT_EXECUTABLE = 1L << 63;

    private final Ram ram;
    private final Cpu cpu;
    private final byte[] image;
    private final byte[] wanted;
    private final long budget;
    private int tables = 0x1000;

    /**
     * Makes a sandbox.
     *
     * @param budgetAtOnce
     *            how many instructions to ask of the model in one call
     */
    SimulatedUser(CpuFactory factory, byte[] image, long budgetAtOnce) {
        this.ram = new Ram(Arena.ofAuto().allocate(RAM_BYTES, PAGE));
        this.image = image;
        this.wanted = image.clone();
        this.budget = budgetAtOnce;
        this.cpu = factory.create(new CpuSpec(0, 1, 1_000_000_000L, Behaviour.X86), this);
        layOut();
        enterLongMode();
    }

    /** Runs one sample and puts the memory back. */
    Outcome run(Sample sample) {
        lay(sample.pokeAt(), sample.poke());
        lay(sample.codeAt(), sample.code());
        load(sample.state());
        int reason = execute();
        Outcome outcome = reason == CpuExit.HLT ? outcome() : unended();
        restore(sample.pokeAt(), sample.poke().length);
        restore(sample.codeAt(), sample.code().length);
        return outcome;
    }

    /** {@return the model} */
    Cpu cpu() {
        return cpu;
    }

    private int execute() {
        long end = cpu.retired() + BUDGET;
        int reason = CpuExit.BUDGET;
        while (reason == CpuExit.BUDGET && cpu.retired() < end) {
            reason = cpu.run(Math.min(budget, end - cpu.retired()));
        }
        return reason;
    }

    private Outcome unended() {
        return new Outcome(new UserState(), -1, 0, 0, false, changes());
    }

    private Outcome outcome() {
        int vector = (int) (cpu.register(Register.RIP) - KERNEL - HANDLERS) / VECTOR_STRIDE;
        boolean hasCode = vector == 8 || vector >= 10 && vector <= 14 || vector == 17;
        long frame = STACK_TOP - (hasCode ? 48 : 40);
        int error = hasCode ? (int) word(frame) : 0;
        frame += hasCode ? 8 : 0;
        UserState state = store();
        kernel(SAVE);
        ram.segment().asSlice(FX, FxImage.BYTES).asByteBuffer().get(state.fx.image());
        state.rip = word(frame);
        state.selector[UserState.CS] = (int) word(frame + 8) & 0xFFFF;
        state.rflags = word(frame + 16);
        state.gpr[UserState.RSP] = word(frame + 24);
        state.selector[UserState.SS] = (int) word(frame + 32) & 0xFFFF;
        return new Outcome(state, vector, error, vector == 14 ? cpu.register(Register.CR2) : 0, true, changes());
    }

    /** Executes a few instructions of our own in supervisor mode. */
    private void kernel(int code) {
        segment(Segment.CS, KERNEL_CODE, HostSegments.descriptor(KERNEL_CODE));
        segment(Segment.SS, KERNEL_DATA, HostSegments.descriptor(KERNEL_DATA));
        cpu.register(Register.RFLAGS, 2);
        cpu.register(Register.RIP, KERNEL + code);
        cpu.register(Register.RAX, KERNEL + FX);
        if (cpu.run(2) != CpuExit.HLT) {
            throw new IllegalStateException("the model cannot load or store the FPU's state");
        }
    }

    private UserState store() {
        var state = new UserState();
        for (int i = 0; i < 16; i++) {
            state.gpr[i] = cpu.register(Register.values()[i]);
        }
        state.selector[UserState.ES] = (int) cpu.register(Register.ES);
        state.selector[UserState.DS] = (int) cpu.register(Register.DS);
        state.selector[UserState.FS] = (int) cpu.register(Register.FS);
        state.selector[UserState.GS] = (int) cpu.register(Register.GS);
        state.fsBase = cpu.register(Register.FS_BASE);
        state.gsBase = cpu.register(Register.GS_BASE);
        return state;
    }

    private void load(UserState state) {
        ram.write(FX, state.fx.image(), 0, FxImage.BYTES);
        kernel(RESTORE);
        for (int i = 0; i < 16; i++) {
            cpu.register(Register.values()[i], state.gpr[i]);
        }
        cpu.register(Register.RIP, state.rip);
        cpu.register(Register.RFLAGS, state.rflags | 0x202);
        cpu.register(Register.CR2, 0);
        Segment[] segments = {Segment.ES, Segment.CS, Segment.SS, Segment.DS, Segment.FS, Segment.GS};
        for (int i = 0; i < segments.length; i++) {
            segment(segments[i], state.selector[i], HostSegments.descriptor(state.selector[i]));
        }
        if ((state.selector[UserState.FS] & 4) == 0) {
            cpu.register(Register.FS_BASE, state.fsBase);
        }
        if ((state.selector[UserState.GS] & 4) == 0) {
            cpu.register(Register.GS_BASE, state.gsBase);
        }
    }

    private void segment(Segment segment, int selector, long descriptor) {
        cpu.register(segment.selector, selector);
        cpu.register(segment.base, HostSegments.base(descriptor));
        cpu.register(segment.limit, HostSegments.limit(descriptor));
        cpu.register(segment.attributes, HostSegments.attributes(descriptor));
    }

    private int[] changes() {
        int[] changes = new int[16];
        int count = 0;
        MemorySegment pages = ram.segment().asSlice(USER, PAGES * PAGE);
        MemorySegment was = MemorySegment.ofArray(wanted);
        for (long at = 0, next; (next = pages.asSlice(at).mismatch(was.asSlice(at))) >= 0; at += next + 1) {
            if (count == changes.length) {
                changes = Arrays.copyOf(changes, 2 * count);
            }
            int offset = (int) (at + next);
            changes[count++] = offset << 8 | pages.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
            ram.write(USER + offset, wanted, offset, 1);
        }
        return Arrays.copyOf(changes, count);
    }

    private void lay(long linear, byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            int offset = UserMemory.offset(linear + i);
            wanted[offset] = bytes[i];
            ram.write(USER + offset, bytes, i, 1);
        }
    }

    private void restore(long linear, int lengthBytes) {
        for (int i = 0; i < lengthBytes; i++) {
            int offset = UserMemory.offset(linear + i);
            wanted[offset] = image[offset];
            ram.write(USER + offset, image, offset, 1);
        }
    }

    private void layOut() {
        ram.write(USER, image, 0, image.length);
        long[] global = HostSegments.global();
        global[HostSegments.TSS >> 3] = HostSegments.descriptor(KERNEL + TSS, 0x67, 0x8B);
        global[(HostSegments.TSS >> 3) + 1] = KERNEL + TSS >>> 32;
        for (int i = 0; i < global.length; i++) {
            word(GDT + 8 * i, global[i]);
        }
        long[] local = HostSegments.local();
        for (int i = 0; i < local.length; i++) {
            word(LDT + 8 * i, local[i]);
        }
        for (int vector = 0; vector < 256; vector++) {
            gate(vector);
        }
        word(TSS + 4, KERNEL + STACK_TOP);
        word(TSS + 0x60, 0x68L << 48); // the I/O map begins behind the limit: no port is allowed
        ram.segment().asSlice(HANDLERS, PAGE).fill((byte) 0xF4);
        ram.write(RESTORE, RESTORE_CODE, 0, RESTORE_CODE.length);
        ram.write(SAVE, SAVE_CODE, 0, SAVE_CODE.length);
        mapAll();
    }

    private void gate(int vector) {
        long handler = KERNEL + HANDLERS + (long) vector * VECTOR_STRIDE;
        long type = vector == 3 || vector == 4 ? 0xEE00 : 0x8E00;
        word(IDT + 16 * vector, handler & 0xFFFF | 0x10 << 16 | type << 32 | (handler & 0xFFFF0000L) << 32);
        word(IDT + 16 * vector + 8, handler >>> 32);
    }

    private void mapAll() {
        int root = table();
        for (long at = 0x1000; at < USER; at += PAGE) {
            map(root, KERNEL + at, at | 3);
        }
        for (int page = 0; page < PAGES; page++) {
            long flags = page < 2 ? 7 : page == UserMemory.FIXED_PAGE ? 5 | NOT_EXECUTABLE : 7 | NOT_EXECUTABLE;
            map(root, UserMemory.pageAt(page), USER + (long) page * PAGE | flags);
        }
        cpu.register(Register.CR3, root);
    }

    private int table() {
        int table = tables;
        tables += PAGE;
        return table;
    }

    private void map(int root, long linear, long entry) {
        int table = root;
        for (int shift = 39; shift > 12; shift -= 9) {
            long at = table + 8 * (linear >>> shift & 0x1FF);
            if (word(at) == 0) {
                word(at, table() | 7);
            }
            table = (int) word(at) & -PAGE;
        }
        word(table + 8 * (linear >>> 12 & 0x1FF), entry | 0x60); // accessed and dirty
    }

    private void enterLongMode() {
        cpu.register(Register.CR4, 0x6B0); // PSE, PAE, PGE, OSFXSR, OSXMMEXCPT
        cpu.register(Register.EFER, 0xD01); // SCE, LME, LMA, NXE
        cpu.register(Register.CR0, 0x80050033L); // PG, AM, WP, NE, ET, MP, PE
        cpu.register(Register.GDTR_BASE, KERNEL + GDT);
        cpu.register(Register.GDTR_LIMIT, HostSegments.GDT_LIMIT);
        cpu.register(Register.IDTR_BASE, KERNEL + IDT);
        cpu.register(Register.IDTR_LIMIT, 0xFFF);
        cpu.register(Register.LDTR, 0x50);
        cpu.register(Register.LDTR_BASE, KERNEL + LDT);
        cpu.register(Register.LDTR_LIMIT, HostSegments.LDT_LIMIT);
        cpu.register(Register.LDTR_ATTRIBUTES, 0x82);
        cpu.register(Register.TR, HostSegments.TSS);
        cpu.register(Register.TR_BASE, KERNEL + TSS);
        cpu.register(Register.TR_LIMIT, 0x67);
        cpu.register(Register.TR_ATTRIBUTES, 0x8B);
    }

    private long word(long at) {
        return ram.segment().get(LONG, at);
    }

    private void word(long at, long value) {
        ram.segment().set(LONG, at, value);
    }

    @Override
    public boolean translate(long gpa, int access, Translation out) {
        if (Long.compareUnsigned(gpa, RAM_BYTES) >= 0) {
            return false;
        }
        out.ram = ram;
        out.offset = gpa;
        out.access = Access.ALL;
        return true;
    }

    @Override
    public long timeStampCounter() {
        return cpu.retired();
    }

    @Override
    public long requestFlush() {
        return 0;
    }

    @Override
    public boolean flushed(long request) {
        return true;
    }

    @Override
    public void unknownInstruction(long rip, byte[] bytes) {
        // the outcome shows it as #UD
    }

    /** The registers of a segment. */
    private enum Segment {
        ES(Register.ES, Register.ES_BASE, Register.ES_LIMIT, Register.ES_ATTRIBUTES), CS(Register.CS, Register.CS_BASE,
                Register.CS_LIMIT, Register.CS_ATTRIBUTES), SS(Register.SS, Register.SS_BASE, Register.SS_LIMIT,
                        Register.SS_ATTRIBUTES), DS(Register.DS, Register.DS_BASE, Register.DS_LIMIT,
                                Register.DS_ATTRIBUTES), FS(Register.FS, Register.FS_BASE, Register.FS_LIMIT,
                                        Register.FS_ATTRIBUTES), GS(Register.GS, Register.GS_BASE, Register.GS_LIMIT,
                                                Register.GS_ATTRIBUTES);

        private final Register selector;
        private final Register base;
        private final Register limit;
        private final Register attributes;

        Segment(Register selector, Register base, Register limit, Register attributes) {
            this.selector = selector;
            this.base = base;
            this.limit = limit;
            this.attributes = attributes;
        }
    }
}
