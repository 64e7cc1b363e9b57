package org.cupule.hw.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
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
 * A processor model over 4 MiB of RAM at guest physical address 0; everything else is outside and is answered here.
 *
 * <pre>
 *  0x00000 free   0x01000 GDT   0x02000 page tables   0x10000 code   0x20000 ... free
 * </pre>
 */
final class FlatMachine implements CpuContext {
    static final int CODE = 0x10000;
    static final int CODE_SELECTOR = 0x08;
    static final int DATA_SELECTOR = 0x10;
    private static final int GDT = 0x1000;
    private static final int PML4 = 0x2000;
    private static final int PDPT = 0x3000;
    private static final int PD = 0x4000;
    /** The page table of the first 2 MiB; that of the next ones follows. */
    static final int PT = 0x5000;
    private static final int RAM_BYTES = 4 << 20;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    final Ram ram = new Ram(Arena.ofAuto().allocate(RAM_BYTES, Ram.PAGE_BYTES));
    /** What was accessed outside of RAM: {@code out 0x80 1 0x41}, {@code read 0x80000000 4}. */
    final List<String> accesses = new ArrayList<>();
    /** What every read from outside gives. */
    long answer = -1;
    /** The bytes of unknown instructions. */
    final List<String> unknown = new ArrayList<>();
    /** How many times the other processors were asked to drop their translations. */
    long flushRequests;
    /** Whether they have. */
    boolean flushed = true;
    Cpu cpu;

    FlatMachine(CpuFactory factory, int cpuCount) {
        cpu = factory.create(new CpuSpec(0, cpuCount, 1_000_000_000L, Behaviour.X86), this);
    }

    FlatMachine() {
        this(new InterpretedCpuFactory(), 1);
    }

    /** Puts bytes, given in hexadecimal, into RAM. */
    FlatMachine put(long at, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        ram.write(at, bytes, 0, bytes.length);
        return this;
    }

    long word(long at) {
        return ram.segment().get(LONG, at);
    }

    void word(long at, long value) {
        ram.segment().set(LONG, at, value);
        ram.written(at, 8);
    }

    /** Real mode at the code, with a stack below it. */
    FlatMachine real() {
        segment(Register.CS, CODE >> 4, CODE);
        cpu.register(Register.RIP, 0);
        cpu.register(Register.RSP, 0x8000);
        return this;
    }

    private void segment(Register selector, int value, long base) {
        cpu.register(selector, value);
        cpu.register(Register.values()[selector.ordinal() + 8], base);
    }

    /** Long mode at the code, everything mapped to itself in pages of 4 KiB, with a stack below the code. */
    FlatMachine long64() {
        word(GDT + CODE_SELECTOR, 0x00AF_9B00_0000_FFFFL);
        word(GDT + DATA_SELECTOR, 0x00CF_9300_0000_FFFFL);
        word(PML4, PDPT | 7);
        word(PDPT, PD | 7);
        word(PD, PT | 7);
        word(PD + 8, PT + 0x1000 | 7);
        for (int page = 0; page < RAM_BYTES >> 12; page++) {
            word(PT + 8L * page, page << 12 | 7);
        }
        cpu.register(Register.CR4, 1 << 5);
        cpu.register(Register.CR3, PML4);
        cpu.register(Register.EFER, 1 << 8 | 1 << 10);
        cpu.register(Register.CR0, 0x8001_0031L);
        cpu.register(Register.GDTR_BASE, GDT);
        cpu.register(Register.GDTR_LIMIT, 0xFFF);
        cpu.register(Register.CS, CODE_SELECTOR);
        cpu.register(Register.CS_BASE, 0);
        cpu.register(Register.CS_LIMIT, 0xFFFF_FFFFL);
        cpu.register(Register.CS_ATTRIBUTES, 0xA09B);
        cpu.register(Register.SS, DATA_SELECTOR);
        cpu.register(Register.SS_LIMIT, 0xFFFF_FFFFL);
        cpu.register(Register.SS_ATTRIBUTES, 0xC093);
        cpu.register(Register.RIP, CODE);
        cpu.register(Register.RSP, CODE);
        return this;
    }

    /** Makes an interrupt gate of long mode in a table at 0x8000. */
    FlatMachine gate(int vector, long handler) {
        cpu.register(Register.IDTR_BASE, 0x8000);
        cpu.register(Register.IDTR_LIMIT, 0xFFF);
        word(0x8000 + 16L * vector,
                handler & 0xFFFF | CODE_SELECTOR << 16 | 0x8E00L << 32 | (handler & 0xFFFF_0000L) << 32);
        word(0x8000 + 16L * vector + 8, handler >>> 32);
        return this;
    }

    /** Runs until it leaves for something else than an access, which is answered and noted. */
    int run() {
        int reason = cpu.run(100_000);
        while (reason == CpuExit.ACCESS) {
            note();
            cpu.answer(answer);
            reason = cpu.run(100_000);
        }
        return reason;
    }

    private void note() {
        CpuExit exit = cpu.exit();
        String what = exit.space == CpuExit.PORT ? exit.write ? "out" : "in" : exit.write ? "write" : "read";
        accesses.add("%s 0x%x %d%s".formatted(what, exit.address, exit.size,
                exit.write ? " 0x%x".formatted(exit.value) : ""));
    }

    long register(Register register) {
        return cpu.register(register);
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
        return ++flushRequests;
    }

    @Override
    public boolean flushed(long request) {
        return flushed;
    }

    @Override
    public void unknownInstruction(long rip, byte[] bytes) {
        unknown.add(HexFormat.of().formatHex(bytes));
    }
}
