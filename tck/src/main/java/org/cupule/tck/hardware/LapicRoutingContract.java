package org.cupule.tck.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.cupule.tck.hardware.LapicBoard.*;

import org.cupule.hardware.Ipi;
import org.cupule.hardware.Lapic;
import org.cupule.hardware.LapicFactory;
import org.junit.jupiter.api.Test;

/**
 * How every {@link Lapic} sends interprocessor interrupts, and which destinations are its own. Source: Intel SDM volume
 * 3, "Issuing Interprocessor Interrupts", "Determining IPI Destination".
 *
 * @threading confined to the test's thread
 */
public abstract class LapicRoutingContract {
    private static final int ICR_HIGH = 0x310;
    private static final int LDR = 0x0D0;
    private static final int DFR = 0x0E0;

    private final LapicBoard board = new LapicBoard();

    /** {@return the factory whose models are tested} */
    protected abstract LapicFactory factory();

    private Lapic xapic(int id) {
        Lapic lapic = board.plug(factory(), id);
        lapic.write(SVR, 0x1FF);
        return lapic;
    }

    private Lapic x2apic(int id) {
        Lapic lapic = xapic(id);
        lapic.writeMsr(MSR_BASE, lapic.base() | 1 << 10);
        return lapic;
    }

    private Lapic logical(int ldr, int dfr) {
        Lapic lapic = xapic(9);
        lapic.write(LDR, ldr << 24);
        lapic.write(DFR, dfr << 28);
        return lapic;
    }

    @Test
    void sendsWhenTheLowerHalfIsWritten() {
        Lapic lapic = xapic(0);
        lapic.write(ICR_HIGH, 0x0700_0000);
        assertThat(board.sent).isEmpty();

        lapic.write(ICR, 0x0000_4041);
        lapic.write(ICR, 0x000C_CD42);

        assertThat(board.sent).containsExactly(new Ipi(7, false, 0, Lapic.FIXED, 0x41, true, false),
                new Ipi(7, true, 3, Lapic.INIT, 0x42, true, true));
    }

    @Test
    void sendsEachDeliveryMode() {
        Lapic lapic = xapic(0);
        lapic.write(ICR_HIGH, 0xFF00_0000);
        for (int mode : new int[]{Lapic.FIXED, Lapic.LOWEST_PRIORITY, Lapic.SMI, Lapic.NMI, Lapic.INIT,
                Lapic.STARTUP}) {
            board.sent.clear();
            lapic.write(ICR, mode << 8 | 0x99);
            assertThat(board.sent).containsExactly(new Ipi(0xFF, false, 0, mode, 0x99, false, false));
        }
    }

    @Test
    void sendsNothingInAReservedDeliveryMode() {
        Lapic lapic = xapic(0);

        lapic.write(ICR, 3 << 8 | 0x99);
        lapic.write(ICR, 7 << 8 | 0x99);

        assertThat(board.sent).isEmpty();
    }

    @Test
    void readsBackWhatWasWrittenAsIdle() {
        Lapic lapic = xapic(0);
        lapic.write(ICR_HIGH, 0x12FF_FFFF);
        lapic.write(ICR, 0xFFFF_FFFF & ~0x600);

        assertThat(lapic.read(ICR_HIGH)).isEqualTo(0x1200_0000);
        assertThat(lapic.read(ICR)).isEqualTo(0x000C_C9FF);
        lapic.write(ICR_HIGH, 0x3400_0000);
        assertThat(lapic.read(ICR)).isEqualTo(0x000C_C9FF);
    }

    @Test
    void takesAFixedInterruptToItselfAtOnce() {
        Lapic lapic = xapic(0);

        lapic.write(ICR, 1 << 18 | 1 << 14 | 0x77);

        assertThat(lapic.pending()).isEqualTo(0x77);
        assertThat(board.sent).isEmpty();
    }

    @Test
    void handsShorthandsThatReachOthersOver() {
        Lapic lapic = xapic(0);

        lapic.write(ICR, 2 << 18 | 0x77);
        lapic.write(ICR, 3 << 18 | 0x77);

        assertThat(lapic.pending()).isEqualTo(-1);
        assertThat(board.sent).extracting(Ipi::shorthand).containsExactly(2, 3);
    }

    @Test
    void takesVectorsBelow16ForASendErrorWhereTheVectorIsDelivered() {
        Lapic lapic = xapic(0);
        lapic.write(ICR, 0x0F);
        lapic.write(ICR, 1 << 8 | 0x0F);
        assertThat(board.sent).isEmpty();
        lapic.write(ESR, 0);
        assertThat(lapic.read(ESR)).isEqualTo(1 << 5);

        board.sent.clear();
        lapic.write(ICR, 0x10);
        lapic.write(ICR, Lapic.NMI << 8);
        lapic.write(ICR, Lapic.INIT << 8);
        lapic.write(ICR, Lapic.STARTUP << 8 | 0x08);
        lapic.write(ESR, 0);
        assertThat(lapic.read(ESR)).isZero();
        assertThat(board.sent).hasSize(4);
    }

    @Test
    void sendsWhileSoftwareDisabled() {
        Lapic lapic = board.plug(factory(), 0);

        lapic.write(ICR, 3 << 18 | Lapic.INIT << 8);

        assertThat(board.sent).hasSize(1);
    }

    @Test
    void matchesItsPhysicalId() {
        Lapic lapic = xapic(5);

        assertThat(lapic.matches(5, false)).isTrue();
        assertThat(lapic.matches(4, false)).isFalse();
        assertThat(lapic.matches(0xFF, false)).isTrue();
        assertThat(lapic.matches(-1, false)).isTrue();
        assertThat(lapic.matches(0x105, false)).isFalse();
    }

    @Test
    void matchesTheIdThatSoftwareGaveIt() {
        Lapic lapic = xapic(5);

        lapic.write(0x020, 0x0700_0000);

        assertThat(lapic.read(0x020)).isEqualTo(0x0700_0000);
        assertThat(lapic.matches(7, false)).isTrue();
        assertThat(lapic.matches(5, false)).isFalse();
    }

    @Test
    void matchesAnyOfItsBitsInTheFlatModel() {
        Lapic lapic = logical(0x06, 0xF);

        assertThat(lapic.matches(0x02, true)).isTrue();
        assertThat(lapic.matches(0x0C, true)).isTrue();
        assertThat(lapic.matches(0xF9, true)).isFalse();
        assertThat(lapic.matches(0x00, true)).isFalse();
        assertThat(lapic.matches(0xFF, true)).isTrue();
        assertThat(lapic.matches(9, true)).isFalse();
    }

    @Test
    void matchesClusterAndMemberInTheClusterModel() {
        Lapic lapic = logical(0x36, 0x0);

        assertThat(lapic.matches(0x32, true)).isTrue();
        assertThat(lapic.matches(0x34, true)).isTrue();
        assertThat(lapic.matches(0x39, true)).isFalse();
        assertThat(lapic.matches(0x26, true)).isFalse();
        assertThat(lapic.matches(0xFF, true)).isTrue();
    }

    @Test
    void matchesNoLogicalDestinationBeforeItHasALogicalId() {
        Lapic lapic = xapic(0);

        assertThat(lapic.matches(0x01, true)).isFalse();
        assertThat(lapic.matches(0xFF, true)).isTrue();
        lapic.write(LDR, 0x0100_0000);
        assertThat(lapic.matches(0x01, true)).isTrue();
    }

    @Test
    void matches32BitsInX2apicMode() {
        Lapic lapic = x2apic(0x25);

        assertThat(lapic.matches(0x25, false)).isTrue();
        assertThat(lapic.matches(0x24, false)).isFalse();
        assertThat(lapic.matches(-1, false)).isTrue();
        assertThat(lapic.matches(0xFF, false)).isTrue();
        assertThat(lapic.matches(2 << 16 | 1 << 5, true)).isTrue();
        assertThat(lapic.matches(2 << 16 | 0xFFDF, true)).isFalse();
        assertThat(lapic.matches(1 << 16 | 1 << 5, true)).isFalse();
        assertThat(lapic.matches(-1, true)).isTrue();
    }

    @Test
    void takesAllMembersOfALogicalByteInX2apicModeForMembersOnly() {
        assertThat(x2apic(7).matches(0xFF, true)).isTrue();
        assertThat(x2apic(8).matches(0xFF, true)).isFalse();
    }

    @Test
    void matchesNothingWhileItIsOff() {
        Lapic lapic = xapic(5);

        lapic.writeMsr(MSR_BASE, 0xFEE0_0000L);

        assertThat(lapic.matches(5, false)).isFalse();
        assertThat(lapic.matches(0xFF, false)).isFalse();
    }

    @Test
    void showsItsPriorityClassForArbitration() {
        Lapic lapic = xapic(0);
        assertThat(lapic.priority()).isZero();
        lapic.write(TPR, 0x4F);
        assertThat(lapic.priority()).isEqualTo(4);
        lapic.accept(0x92, false);
        lapic.acknowledge();
        assertThat(lapic.priority()).isEqualTo(9);
        lapic.write(EOI, 0);
        lapic.cr8(2);
        assertThat(lapic.priority()).isEqualTo(2);
    }

    @Test
    void standsBehindAllOthersWhileItTakesNoInterrupts() {
        Lapic lapic = board.plug(factory(), 0);
        assertThat(lapic.priority()).isEqualTo(16);
        lapic.write(SVR, 0x1FF);
        assertThat(lapic.priority()).isZero();
        lapic.write(SVR, 0x0FF);
        assertThat(lapic.priority()).isEqualTo(16);
    }
}
