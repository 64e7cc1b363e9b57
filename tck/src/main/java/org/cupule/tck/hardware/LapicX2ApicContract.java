package org.cupule.tck.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.cupule.tck.hardware.LapicBoard.*;

import java.util.stream.IntStream;
import org.cupule.hardware.Ipi;
import org.cupule.hardware.Lapic;
import org.cupule.hardware.LapicFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Lapic} must do in x2APIC mode, and on the ways there and back. Source: Intel SDM volume 3,
 * "Extended xAPIC (x2APIC)".
 *
 * @threading confined to the test's thread
 */
public abstract class LapicX2ApicContract {
    private static final long OFF = 0xFEE0_0000L;
    private static final long XAPIC = OFF | 1 << 11;
    private static final long X2APIC = XAPIC | 1 << 10;
    private static final long INVALID = OFF | 1 << 10;
    private static final int[] READABLE = {0x02, 0x03, 0x08, 0x0A, 0x0D, 0x0F, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16,
            0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28,
            0x30, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3E};
    private static final int[] WRITABLE = {0x08, 0x0B, 0x0F, 0x28, 0x30, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x3E,
            0x3F};

    private final LapicBoard board = new LapicBoard();
    private Lapic lapic;

    /** {@return the factory whose models are tested} */
    protected abstract LapicFactory factory();

    @BeforeEach
    void enterX2apicMode() {
        lapic = board.plug(factory(), 0x25);
        assertThat(lapic.writeMsr(MSR_BASE, X2APIC)).isTrue();
        assertThat(write(0x0F, 0x1FF)).isTrue();
    }

    private boolean write(int register, long value) {
        return lapic.writeMsr(0x800 + register, value);
    }

    private long read(int register) {
        long[] out = {-1};
        assertThat(lapic.readMsr(0x800 + register, out)).as("RDMSR 0x%x", 0x800 + register).isTrue();
        return out[0];
    }

    private boolean goes(long from, long to) {
        Lapic fresh = board.plug(factory(), 1);
        fresh.writeMsr(MSR_BASE, from);
        assertThat(fresh.base()).isEqualTo(from);
        boolean legal = fresh.writeMsr(MSR_BASE, to);
        assertThat(fresh.base()).isEqualTo(legal ? to : from);
        return legal;
    }

    @Test
    void allowsTheTransitionsOfTheManualOnly() {
        assertThat(goes(XAPIC, XAPIC)).isTrue();
        assertThat(goes(XAPIC, OFF)).isTrue();
        assertThat(goes(XAPIC, X2APIC)).isTrue();
        assertThat(goes(XAPIC, INVALID)).isFalse();
        assertThat(goes(OFF, OFF)).isTrue();
        assertThat(goes(OFF, XAPIC)).isTrue();
        assertThat(goes(OFF, X2APIC)).isFalse();
        assertThat(goes(OFF, INVALID)).isFalse();
        assertThat(goes(X2APIC, X2APIC)).isTrue();
        assertThat(goes(X2APIC, OFF)).isTrue();
        assertThat(goes(X2APIC, XAPIC)).isFalse();
        assertThat(goes(X2APIC, INVALID)).isFalse();
    }

    @Test
    void refusesReservedBitsOfTheBase() {
        for (int bit : new int[]{0, 1, 2, 3, 4, 5, 6, 7, 9, 52, 63}) {
            assertThat(lapic.writeMsr(MSR_BASE, X2APIC | 1L << bit)).as("bit %d", bit).isFalse();
        }
        assertThat(lapic.base()).isEqualTo(X2APIC);
    }

    @Test
    void readsTheBaseInEachMode() {
        long[] out = new long[1];

        assertThat(lapic.readMsr(MSR_BASE, out)).isTrue();
        assertThat(out[0]).isEqualTo(X2APIC);
        assertThat(lapic.base()).isEqualTo(X2APIC);
    }

    @Test
    void readsExactlyTheRegistersThatCanBeRead() {
        for (int register = 0; register < 0x100; register++) {
            int number = register;
            boolean expected = IntStream.of(READABLE).anyMatch(known -> known == number);
            assertThat(lapic.readMsr(0x800 + register, new long[1])).as("RDMSR 0x%x", 0x800 + register)
                    .isEqualTo(expected);
        }
    }

    @Test
    void writesExactlyTheRegistersThatCanBeWritten() {
        for (int register = 0; register < 0x100; register++) {
            int number = register;
            boolean expected = IntStream.of(WRITABLE).anyMatch(known -> known == number);
            long harmless = register == 0x3F || register == 0x30 ? 0x40 : 0;
            assertThat(lapic.writeMsr(0x800 + register, harmless)).as("WRMSR 0x%x", 0x800 + register)
                    .isEqualTo(expected);
        }
    }

    @Test
    void refusesReservedBitsOfEachRegister() {
        long[][] defined = {{0x08, 0xFF}, {0x0B, 0}, {0x0F, 0x13FF}, {0x28, 0}, {0x30, 0xFFFF_FFFF_000C_CFFFL},
                {0x32, 0x710FF}, {0x33, 0x117FF}, {0x34, 0x117FF}, {0x35, 0x1F7FF}, {0x36, 0x1F7FF}, {0x37, 0x110FF},
                {0x38, 0xFFFF_FFFFL}, {0x3E, 0xB}, {0x3F, 0xFF}};
        for (long[] register : defined) {
            for (int bit = 0; bit < 64; bit++) {
                boolean allowed = (register[1] >>> bit & 1) != 0;
                assertThat(write((int) register[0], 1L << bit)).as("bit %d of 0x%x", bit, 0x800 + register[0])
                        .isEqualTo(allowed);
            }
        }
    }

    @Test
    void hidesItsRegistersInOtherModes() {
        Lapic other = board.plug(factory(), 0);
        assertThat(other.readMsr(0x802, new long[1])).isFalse();
        assertThat(other.writeMsr(0x808, 0)).isFalse();
        other.writeMsr(MSR_BASE, OFF);
        assertThat(other.readMsr(0x802, new long[1])).isFalse();
        assertThat(other.writeMsr(0x808, 0)).isFalse();
    }

    @Test
    void refusesMsrsThatAreNotItsOwn() {
        assertThat(lapic.readMsr(0x1A, new long[1])).isFalse();
        assertThat(lapic.writeMsr(0x7FF, 0)).isFalse();
        assertThat(lapic.readMsr(0x900, new long[1])).isFalse();
        assertThat(lapic.readMsr(0xC000_0080, new long[1])).isFalse();
        assertThat(lapic.writeMsr(-1, 0)).isFalse();
    }

    @Test
    void hasAnIdOf32BitsAndDerivesItsLogicalId() {
        assertThat(read(0x02)).isEqualTo(0x25);
        assertThat(read(0x0D)).isEqualTo(2 << 16 | 1 << 5);
    }

    @Test
    void carriesInterruptsAsTheXapicDoes() {
        lapic.accept(0x75, true);
        assertThat(read(0x23)).isEqualTo(1 << 0x15);
        assertThat(read(0x1B)).isEqualTo(1 << 0x15);
        assertThat(lapic.acknowledge()).isEqualTo(0x75);
        assertThat(read(0x13)).isEqualTo(1 << 0x15);
        assertThat(read(0x0A)).isEqualTo(0x70);
        assertThat(write(0x0B, 0)).isTrue();
        assertThat(read(0x13)).isZero();
        assertThat(board.ended).containsExactly(0x75);
    }

    @Test
    void readsRegistersWithoutSign() {
        write(0x38, 0x8000_0001L);

        assertThat(read(0x38)).isEqualTo(0x8000_0001L);
        lapic.accept(0x5F, false);
        assertThat(read(0x22)).isEqualTo(0x8000_0000L);
    }

    @Test
    void sendsWithOneWriteOf64Bits() {
        assertThat(write(0x30, 0xFFFF_0003_0000_4850L)).isTrue();

        assertThat(board.sent).containsExactly(new Ipi(0xFFFF_0003, true, 0, Lapic.FIXED, 0x50, true, false));
        assertThat(read(0x30)).isEqualTo(0xFFFF_0003_0000_4850L);
    }

    @Test
    void interruptsItself() {
        assertThat(write(0x3F, 0x66)).isTrue();

        assertThat(lapic.acknowledge()).isEqualTo(0x66);
        write(0x0B, 0);
        write(0x3F, 0x10);
        assertThat(lapic.acknowledge()).isEqualTo(0x10);
        lapic.accept(0x67, true);
        write(0x3F, 0x67);
        assertThat(read(0x1B) >> 7 & 1).isZero();
        assertThat(board.sent).isEmpty();
    }

    @Test
    void takesASelfInterruptBelow16ForAnError() {
        write(0x3F, 0x0F);

        assertThat(lapic.pending()).isEqualTo(-1);
        write(0x28, 0);
        assertThat(read(0x28) & 1 << 5).isNotZero();
    }

    @Test
    void keepsItsRegistersOnTheWayIn() {
        lapic = board.plug(factory(), 0x25);
        lapic.write(SVR, 0x1FF);
        lapic.write(TPR, 0x30);
        lapic.write(LINT0, 0x700);
        lapic.write(DIVIDE, 0xB);
        lapic.write(LVT_TIMER, 0x90);
        lapic.write(INITIAL_COUNT, 1000);
        lapic.accept(0x45, true);

        lapic.writeMsr(MSR_BASE, X2APIC);

        assertThat(read(0x0F)).isEqualTo(0x1FF);
        assertThat(read(0x08)).isEqualTo(0x30);
        assertThat(read(0x35)).isEqualTo(0x700);
        assertThat(lapic.pending()).isEqualTo(0x45);
        board.clock.advance(1000);
        assertThat(lapic.pending()).isEqualTo(0x90);
    }

    @Test
    void staysInX2apicModeThroughInit() {
        lapic.init();

        assertThat(lapic.base()).isEqualTo(X2APIC);
        assertThat(read(0x02)).isEqualTo(0x25);
        assertThat(read(0x0D)).isEqualTo(2 << 16 | 1 << 5);
        assertThat(read(0x0F)).isEqualTo(0xFF);
    }

    @Test
    void comesBackToXapicModeByReset() {
        lapic.reset();

        assertThat(lapic.base()).isEqualTo(XAPIC);
        assertThat(lapic.read(0x020)).isEqualTo(0x25 << 24);
    }

    @Test
    void comesBackToXapicModeThroughOff() {
        lapic.writeMsr(MSR_BASE, OFF);
        lapic.writeMsr(MSR_BASE, XAPIC);

        assertThat(lapic.read(0x020)).isEqualTo(0x25 << 24);
        assertThat(lapic.read(0x0D0)).isZero();
        assertThat(lapic.read(SVR)).isEqualTo(0xFF);
    }

    @Test
    void hasTheDeadlineMsrInEachMode() {
        write(0x32, 2 << 17 | 0x50);

        assertThat(lapic.writeMsr(MSR_TSC_DEADLINE, board.timeStampCounter() + 2000)).isTrue();

        board.clock.advance(1000);
        assertThat(lapic.pending()).isEqualTo(0x50);
    }
}
