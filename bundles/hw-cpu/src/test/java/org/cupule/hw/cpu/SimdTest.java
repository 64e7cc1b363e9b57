package org.cupule.hw.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.cupule.hardware.Cpu;
import org.cupule.hardware.CpuExit;
import org.cupule.hardware.CpuFactory;
import org.cupule.hardware.CpuSpec;
import org.cupule.hardware.Register;
import org.cupule.state.ModelState;
import org.cupule.types.Behaviour;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the comparison with the host's processor cannot see: control registers, devices, state. */
class SimdTest {
    private static final int HANDLER = 0x28000;
    private static final int DATA = 0x20000;
    private static final int OUTSIDE = 0x30000;
    private static final long PAE = 1 << 5;
    private static final long OSFXSR = 1 << 9;
    private static final long OSXMMEXCPT = 1 << 10;
    private static final long CR0 = 0x8001_0031L;
    private static final String STORE = "0f290425 00000200"; // movaps [0x20000],xmm0

    private final FlatMachine machine = new FlatMachine();

    private FlatMachine prepared() {
        machine.long64();
        for (int vector : new int[]{6, 7, 13, 16, 19}) {
            machine.gate(vector, HANDLER + vector).put(HANDLER + vector, "f4");
        }
        machine.cpu.register(Register.CR4, PAE | OSFXSR | OSXMMEXCPT);
        return machine;
    }

    /** {@return the vector of the exception, or 0 where the code came to its end} */
    private int vector() {
        assertThat(machine.run()).isEqualTo(CpuExit.HLT);
        long rip = machine.register(Register.RIP) - 1;
        return rip >= HANDLER ? (int) rip - HANDLER : 0;
    }

    @ParameterizedTest(name = "{0} with CR0 bits {1} and CR4 bits {2}: vector {3}")
    @CsvSource({"0f58c1, 0, 0x600, 0", "0f58c1, 8, 0x600, 7", "0f58c1, 4, 0x600, 6", "0f58c1, 0xC, 0x600, 6",
            "0f58c1, 0, 0x400, 6", "0f58c1, 8, 0x400, 6", "0ffcc1, 0, 0, 0", "0ffcc1, 8, 0, 7", "0ffcc1, 4, 0, 6",
            "0ffcc1, 0xC, 0, 6", "0f77, 8, 0, 7", "0f77, 4, 0, 6", "0fae0424, 0, 0, 0", "0fae0424, 8, 0, 7",
            "0fae0424, 4, 0, 7", "0fae0c24, 8, 0, 7", "0fae1c24, 8, 0x600, 7", "0fae1c24, 0, 0, 6",
            "0fae1c24, 4, 0x600, 6", "d9e8, 8, 0, 7", "d9e8, 4, 0, 7", "0faef8, 0xC, 0, 0", "0fc30424, 0xC, 0, 0",
            "0f180424, 0xC, 0, 0", "f390, 0xC, 0, 0", "9b, 8, 0, 0", "9b, 0xA, 0, 7"})
    void isAllowedByControlRegisters(String code, String cr0, String cr4, int vector) {
        prepared().put(FlatMachine.CODE, code + "f4");
        machine.cpu.register(Register.RSP, DATA);
        machine.cpu.register(Register.CR0, CR0 | Long.decode(cr0));
        machine.cpu.register(Register.CR4, PAE | Long.decode(cr4));

        assertThat(vector()).isEqualTo(vector);
    }

    @ParameterizedTest(name = "with CR4 bits {0}: vector {1}")
    @CsvSource({"0x600, 19", "0x200, 6"})
    void tellsOfAnExceptionThatIsNotMasked(String cr4, int vector) {
        prepared().word(DATA, 0x1F80 & ~0x200); // ZM clear
        machine.word(DATA + 16, Double.doubleToRawLongBits(1));
        machine.cpu.register(Register.CR4, PAE | Long.decode(cr4));
        // ldmxcsr [0x20000]; movsd xmm1,[0x20010]; divsd xmm1,xmm0; hlt
        machine.put(FlatMachine.CODE, "0fae142500000200 f20f100c2510000200 f20f5ec8 f4");

        assertThat(vector()).isEqualTo(vector);
        assertThat(machine.word(machine.register(Register.RSP))).as("pushed RIP").isEqualTo(FlatMachine.CODE + 17);
        machine.cpu.register(Register.RIP, FlatMachine.CODE + 0x100);
        machine.put(FlatMachine.CODE + 0x100, "0fae1c2500000200 f20f110c2510000200 f4");
        assertThat(machine.run()).isEqualTo(CpuExit.HLT);
        assertThat(machine.word(DATA)).as("MXCSR with ZE").isEqualTo(0x1D84);
        assertThat(machine.word(DATA + 16)).isEqualTo(Double.doubleToRawLongBits(1));
    }

    @Test
    void tellsOfTheFpusExceptionAtTheNextMmxInstruction() {
        prepared().word(DATA, 0x37B); // ZM clear
        machine.cpu.register(Register.CR0, CR0 | 0x20);
        // fninit; fldcw [0x20000]; fld1; fldz; fdivp; movd eax,mm0; hlt
        machine.put(FlatMachine.CODE, "dbe3 d92c2500000200 d9e8 d9ee def9 0f7ec0 f4");

        assertThat(vector()).isEqualTo(16);
        assertThat(machine.word(machine.register(Register.RSP))).isEqualTo(FlatMachine.CODE + 15);
    }

    @Test
    void refusesBitsOfMxcsrThatDoNotExist() {
        prepared().word(DATA, 0x1_1F80);
        machine.put(FlatMachine.CODE, "0fae142500000200 f4");

        assertThat(vector()).isEqualTo(13);
    }

    @Test
    void refusesAnImageWithBitsOfMxcsrThatDoNotExistAndChangesNothing() {
        prepared().put(FlatMachine.CODE, "660f76c0 0fae0c2500000200 f4"); // pcmpeqd xmm0,xmm0; fxrstor
        machine.word(DATA + 24, 0x1_0000);

        assertThat(vector()).isEqualTo(13);
        machine.cpu.register(Register.RIP, FlatMachine.CODE);
        machine.put(FlatMachine.CODE, STORE + "f4");
        machine.run();
        assertThat(machine.word(DATA)).isEqualTo(-1);
    }

    @Test
    void readsAnOperandOutsideOfRamInTwoParts() {
        mapOutside();
        // paddq xmm0,[0x30020]; movaps [0x20000],xmm0; hlt
        machine.put(FlatMachine.CODE, "660fd4042520000300" + STORE + "f4");
        machine.answer = 0x1234_5678_9ABC_DEF0L;

        assertThat(vector()).isZero();

        assertThat(machine.accesses).containsExactly("read 0x800020 8", "read 0x800028 8");
        assertThat(machine.word(DATA)).isEqualTo(0x1234_5678_9ABC_DEF0L);
        assertThat(machine.word(DATA + 8)).isEqualTo(0x1234_5678_9ABC_DEF0L);
    }

    @Test
    void writesAnOperandOutsideOfRamInTwoPartsEachOnce() {
        mapOutside();
        machine.put(FlatMachine.CODE, "660f76c0 0f29042540000300 f4"); // pcmpeqd xmm0,xmm0; movaps [0x30040],xmm0

        assertThat(vector()).isZero();

        assertThat(machine.accesses).containsExactly("write 0x800040 8 0xffffffffffffffff",
                "write 0x800048 8 0xffffffffffffffff");
    }

    @Test
    void flushesLinesOutsideOfRamWithoutAccess() {
        mapOutside();
        machine.put(FlatMachine.CODE, "0fae3c2500000300 f4"); // clflush [0x30000]

        assertThat(vector()).isZero();

        assertThat(machine.accesses).isEmpty();
    }

    private void mapOutside() {
        prepared().word(FlatMachine.PT + 8 * (OUTSIDE >> 12), 0x80_0007);
    }

    @Test
    void goesOnInTheOtherModelWithTheSameRegisters() {
        prepared().word(DATA + 16, 0x7F80);
        // ldmxcsr [0x20010]; pcmpeqd xmm9,xmm9; psrlq xmm9,7; fninit; fld1; in al,0x60; movaps [0x20000],xmm9; stmxcsr
        // [0x20010]; fstp qword [0x20018]; hlt
        machine.put(FlatMachine.CODE, "0fae142510000200 66450f76c9 66410f73d107 dbe3 d9e8 e460 440f290c2500000200"
                + "0fae1c2510000200 dd1c2518000200 f4");
        assertThat(machine.cpu.run(100)).isEqualTo(CpuExit.ACCESS);
        Cpu other = cpu(new SingleStepCpuFactory());

        other.restore(machine.cpu.save(CpuState.VERSION));
        other.answer(0);

        assertThat(other.run(10)).isEqualTo(CpuExit.HLT);
        assertThat(machine.word(DATA)).isEqualTo(-1L >>> 7);
        assertThat(machine.word(DATA + 8)).isEqualTo(-1L >>> 7);
        assertThat((int) machine.word(DATA + 16)).isEqualTo(0x7F80);
        assertThat(machine.word(DATA + 24)).isEqualTo(Double.doubleToRawLongBits(1));
    }

    @Test
    void takesAStateOfTheTimeBeforeXmmRegisters() {
        prepared().put(FlatMachine.CODE, "660f76c0 0fae1c2510000200 f4"); // pcmpeqd xmm0,xmm0; stmxcsr [0x20010]
        machine.run();
        ModelState.Builder old = ModelState.of("cpu", 1);
        machine.cpu.save(CpuState.VERSION).fields().forEach((name, value) -> put(old, name, value));

        machine.cpu.restore(old.build());

        machine.cpu.register(Register.RIP, FlatMachine.CODE + 0x100);
        machine.put(FlatMachine.CODE + 0x100, STORE + "f4");
        machine.run();
        assertThat(machine.word(DATA)).isZero();
    }

    private static void put(ModelState.Builder to, String name, Object value) {
        switch (value) {
            case Long number -> to.put(name, number);
            case byte[] bytes -> to.put(name, bytes);
            case List<?> numbers -> to.put(name, numbers.stream().mapToLong(Long.class::cast).toArray());
            case ModelState nested when !name.equals("simd") -> to.put(name, nested);
            default -> {
                // simd
            }
        }
    }

    @Test
    void tellsInCpuidTheBaselineOfX86With64Bits() {
        prepared().put(FlatMachine.CODE, "b801000000 0fa2 f4"); // mov eax,1; cpuid

        assertThat(vector()).isZero();

        long baseline = 1 | 1 << 8 | 1 << 15 | 1 << 23 | 1 << 24 | 1 << 25 | 1 << 26; // FPU CX8 CMOV MMX FXSR SSE SSE2
        assertThat(machine.register(Register.RDX) & baseline).isEqualTo(baseline);
        assertThat(machine.register(Register.RCX) & (1 | 1 << 9 | 1 << 19 | 1 << 20 | 1 << 26 | 1 << 28))
                .as("SSE3 and later").isZero();
    }

    @Test
    void approximatesWithinTheDocumentedError() {
        var floats = new SimdArithmetic();

        double worst = IntStream.range(0x3F80_0000, 0x4080_0000).filter(bits -> bits % 257 == 0).mapToDouble(bits -> {
            double x = Float.intBitsToFloat(bits);
            double reciprocal = Float.intBitsToFloat((int) SimdFloats.reciprocal(floats, 0, bits)) * x - 1;
            double root = Float.intBitsToFloat((int) SimdFloats.reciprocalRoot(floats, 0, bits)) * Math.sqrt(x) - 1;
            return Math.max(Math.abs(reciprocal), Math.abs(root));
        }).max().orElseThrow();

        assertThat(worst).isLessThan(1.5 / 4096);
    }

    @ParameterizedTest(name = "RCPSS of {0} is {1}, RSQRTSS {2}")
    @CsvSource({"0x00000000, 0x7F800000, 0x7F800000", "0x80000000, 0xFF800000, 0xFF800000",
            "0x7F800000, 0x00000000, 0x00000000", "0xFF800000, 0x80000000, 0xFFC00000",
            "0x00000001, 0x7F800000, 0x7F800000", "0x807FFFFF, 0xFF800000, 0xFF800000",
            "0x7F800001, 0x7FC00001, 0x7FC00001", "0x7F000000, 0x00000000, 0x1FB50000",
            "0xBF800000, 0xBF800000, 0xFFC00000"})
    void approximatesWhatIsNoUsualNumberAsTheManualSays(String number, String reciprocal, String root) {
        var floats = new SimdArithmetic();
        long bits = Long.decode(number);

        assertThat(SimdFloats.reciprocal(floats, 0, bits)).isEqualTo(Long.decode(reciprocal));
        assertThat(SimdFloats.reciprocalRoot(floats, 0, bits)).isEqualTo(Long.decode(root));
    }

    private Cpu cpu(CpuFactory factory) {
        return factory.create(new CpuSpec(0, 1, 1_000_000_000L, Behaviour.X86), machine);
    }
}
