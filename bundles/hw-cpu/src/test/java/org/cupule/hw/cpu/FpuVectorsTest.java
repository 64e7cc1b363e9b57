package org.cupule.hw.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.cupule.hardware.CpuContext;
import org.cupule.hardware.CpuSpec;
import org.cupule.hardware.Translation;
import org.cupule.ram.Access;
import org.cupule.ram.Ram;
import org.cupule.types.Behaviour;
import org.junit.jupiter.api.Test;

/**
 * The FPU against what a processor answered: each line of {@code fpu-vectors.txt} is
 *
 * <pre>
 *  opcode and ModRM, control word, ST(0) or the memory operand, ST(1), what is in ST(0) or in memory, status without TOP
 * </pre>
 *
 * The lines were written by a processor of the Intel 64 architecture with random operands, thick with special ones.
 */
final class FpuVectorsTest {
    private static final int AT = 0x100;
    private final Ram ram = new Ram(Arena.ofAuto().allocate(Ram.PAGE_BYTES, Ram.PAGE_BYTES));
    private final Processor cpu = new Processor(new CpuSpec(0, 1, 1_000_000_000L, Behaviour.X86), new OnePage(ram));
    private final FpuOps ops;

    FpuVectorsTest() {
        Resets.powerOn(cpu);
        cpu.modeChanged();
        ops = new Families(cpu).fpu;
    }

    @Test
    void answersBitForBitAsAProcessorDoes() {
        assertThat(vectors()).hasSizeGreaterThan(3000)
                .allSatisfy(line -> assertThat(line.substring(0, 54) + answer(line.split(" "))).isEqualTo(line));
    }

    private static List<String> vectors() {
        try (var in = FpuVectorsTest.class.getResourceAsStream("fpu-vectors.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String answer(String[] words) {
        execute(0xDBE3);
        cpu.fpuControl = Integer.parseInt(words[1], 16);
        int code = Integer.parseInt(words[0], 16);
        boolean memory = (code & 0xC0) != 0xC0;
        boolean load = memory && (code & 0x38) != 0x18 && (code & 0x38) != 0x38 || code == 0xDF28;
        cpu.mmu.store64(AT, load ? Long.parseUnsignedLong(words[3], 16) : 0);
        if (!load && (code < 0xD9E8 || code > 0xD9ED)) {
            put(words[4], words[5]);
            put(words[2], words[3]);
        }
        execute(code);
        int status = cpu.fpu.statusWord() & ~0x3800;
        boolean stored = memory && !load;
        int back = code == 0xD9F4 ? 1 : 0;
        return stored
                ? "0000 %016X %04X".formatted(cpu.mmu.load64(AT), status)
                : "%04X %016X %04X".formatted(cpu.fpu.st(back).high, cpu.fpu.st(back).fraction, status);
    }

    private void put(String high, String fraction) {
        cpu.fpu.turn(-1);
        cpu.fpu.empty(0, false);
        cpu.fpu.st(0).set(Integer.parseInt(high, 16), Long.parseUnsignedLong(fraction, 16));
    }

    private void execute(int code) {
        var op = new Op();
        op.kind = code >> 8 & 7;
        op.modrm = code & 0xFF;
        op.memory = (code & 0xC0) != 0xC0;
        op.disp = AT;
        op.addressMask = 0xFFFF;
        op.segment = X86.DS;
        op.size = 4;
        ops.execute(op);
    }

    /** One page of RAM. */
    private record OnePage(Ram ram) implements CpuContext {
        @Override
        public boolean translate(long gpa, int access, Translation out) {
            out.ram = ram;
            out.offset = gpa;
            out.access = Access.ALL;
            return gpa < Ram.PAGE_BYTES;
        }

        @Override
        public long timeStampCounter() {
            return 0;
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
            throw new AssertionError("unknown");
        }
    }
}
