package org.cupule.hw.cpu.systest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
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
 * A processor, memory, a debug console at port 0xE9, a debug-exit port at 0xF4, and of a local APIC as much as a guest
 * needs to interrupt itself: enough for a flat multiboot image.
 */
final class BareMachine implements CpuContext {
    private static final int RAM_BYTES = 32 << 20;
    private static final int MULTIBOOT_MAGIC = 0x1BADB002;
    private static final int LOADER_MAGIC = 0x2BADB002;
    private static final int INFO = 0x1000;
    private static final int COMMAND_LINE = 0x1100;
    private static final int COMMAND_LINE_FLAG = 4;
    private static final int CONSOLE = 0xE9;
    private static final int DEBUG_EXIT = 0xF4;
    /** The interrupt command register: fixed to self, or NMI. */
    private static final long ICR = 0xFEE0_0300L;
    private static final int NMI = 0x400;
    private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED;

    private final Ram ram = new Ram(Arena.ofAuto().allocate(RAM_BYTES, Ram.PAGE_BYTES));
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final Cpu cpu;
    private final TreeSet<Integer> interrupts = new TreeSet<>();
    private boolean nmi;
    private int exitValue = -1;

    BareMachine(CpuFactory factory) {
        cpu = factory.create(new CpuSpec(0, 1, 1_000_000_000L, Behaviour.X86), this);
    }

    /** Loads a flat multiboot image with the address fields and sets the state that the loader hands over. */
    void load(Path file, String commandLine) {
        byte[] image = read(file);
        int header = 0;
        while (word(image, header) != MULTIBOOT_MAGIC) {
            header += 4;
        }
        int loadAt = word(image, header + 16);
        ram.write(loadAt, image, header - (word(image, header + 12) - loadAt), image.length - header);
        byte[] line = (commandLine + "\0").getBytes(StandardCharsets.US_ASCII);
        ram.write(COMMAND_LINE, line, 0, line.length);
        ram.segment().set(WORD, INFO, COMMAND_LINE_FLAG);
        ram.segment().set(WORD, INFO + 16, COMMAND_LINE);
        enter(word(image, header + 28));
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int word(byte[] bytes, int at) {
        return (int) java.lang.invoke.MethodHandles
                .byteArrayViewVarHandle(int[].class, java.nio.ByteOrder.LITTLE_ENDIAN).get(bytes, at);
    }

    private void enter(int entry) {
        cpu.reset();
        cpu.register(Register.CR0, 0x11);
        Register[] bases = {Register.CS_BASE, Register.DS_BASE, Register.ES_BASE, Register.SS_BASE};
        Register[] limits = {Register.CS_LIMIT, Register.DS_LIMIT, Register.ES_LIMIT, Register.SS_LIMIT};
        Register[] attributes = {Register.CS_ATTRIBUTES, Register.DS_ATTRIBUTES, Register.ES_ATTRIBUTES,
                Register.SS_ATTRIBUTES};
        for (int i = 0; i < 4; i++) {
            cpu.register(bases[i], 0);
            cpu.register(limits[i], 0xFFFFFFFFL);
            cpu.register(attributes[i], i == 0 ? 0xC09B : 0xC093);
        }
        cpu.register(Register.CS, 8);
        cpu.register(Register.RFLAGS, 2);
        cpu.register(Register.RAX, LOADER_MAGIC);
        cpu.register(Register.RBX, INFO);
        cpu.register(Register.RIP, entry);
    }

    /**
     * Runs until the guest ends.
     *
     * @param most
     *            how many instructions at most
     * @return how it ended: the value of the debug exit, or a word for people
     */
    String run(long most) {
        while (exitValue < 0 && cpu.retired() < most) {
            interrupt();
            int reason = cpu.run(nmi ? 1 : most - cpu.retired());
            switch (reason) {
                case CpuExit.ACCESS -> access(cpu.exit());
                case CpuExit.CPUID -> cpu.answerCpuid(0, 0, 0, 0);
                case CpuExit.EXCLUSIVE -> cpu.runExclusive();
                case CpuExit.BUDGET, CpuExit.ATTENTION, CpuExit.WINDOW, CpuExit.HLT -> {
                }
                case CpuExit.SHUTDOWN -> {
                    return "triple fault";
                }
                default -> {
                    return "exit %d at %x".formatted(reason, cpu.register(Register.RIP));
                }
            }
        }
        return exitValue < 0 ? "endless at %x".formatted(cpu.register(Register.RIP)) : "debug exit " + exitValue;
    }

    /** {@return what the guest wrote to the console} */
    String output() {
        return output.toString(StandardCharsets.US_ASCII);
    }

    private void access(CpuExit exit) {
        switch (exit.space) {
            case CpuExit.PORT -> port(exit);
            case CpuExit.MMIO -> memory(exit);
            case CpuExit.CR8 -> cpu.answer(taskPriority(exit));
            case CpuExit.MSR -> cpu.fault(13, 0);
            default -> throw new AssertionError("space " + exit.space);
        }
    }

    private long priority;

    private long taskPriority(CpuExit exit) {
        priority = exit.write ? exit.value : priority;
        return priority;
    }

    private void memory(CpuExit exit) {
        if (exit.write && exit.address == ICR) {
            nmi |= (exit.value & 0x700) == NMI;
            if ((exit.value & 0x700) == 0) {
                interrupts.add((int) exit.value & 0xFF);
            }
        }
        cpu.answer(-1);
    }

    /** Delivers what is pending as soon as the CPU takes it. */
    private void interrupt() {
        if (cpu.answerDue()) {
            return;
        }
        if (nmi && cpu.nmiAllowed()) {
            nmi = false;
            cpu.nmi();
        } else if (!interrupts.isEmpty() && cpu.interruptible()) {
            cpu.interrupt(interrupts.pollLast());
        }
        cpu.window(!interrupts.isEmpty());
    }

    private void port(CpuExit exit) {
        if (exit.write && exit.address == CONSOLE) {
            output.write((int) exit.value);
        } else if (exit.write && exit.address == DEBUG_EXIT) {
            exitValue = (int) exit.value & 0xFF;
        }
        cpu.answer(-1);
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
        // the guest tells of its #UD
    }
}
