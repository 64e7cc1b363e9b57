package org.cupule.tck.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.cupule.tck.hardware.LapicBoard.*;

import org.cupule.hardware.Lapic;
import org.cupule.hardware.LapicFactory;
import org.cupule.time.VmTimer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Lapic} must do with its registers and with interrupts. Timer, x2APIC mode, routing, and state have
 * contracts of their own. Source: Intel SDM volume 3, "Advanced Programmable Interrupt Controller (APIC)".
 *
 * @threading confined to the test's thread
 */
public abstract class LapicContract {
    private final LapicBoard board = new LapicBoard();
    private Lapic lapic;

    /** {@return the factory whose models are tested} */
    protected abstract LapicFactory factory();

    @BeforeEach
    void enable() {
        lapic = board.plug(factory(), 0);
        lapic.write(SVR, 0x1FF);
    }

    private static int word(int vector) {
        return vector / 32 * 16;
    }

    private boolean has(int set, int vector) {
        return (lapic.read(set + word(vector)) >>> vector & 1) != 0;
    }

    private void take(int vector, boolean level) {
        lapic.accept(vector, level);
        assertThat(lapic.acknowledge()).isEqualTo(vector);
    }

    @Test
    void standsAtPowerOnAsTheManualSays() {
        Lapic fresh = board.plug(factory(), 3);

        assertThat(fresh.read(0x020)).isEqualTo(3 << 24);
        assertThat(fresh.read(0x030) & 0xFF).isBetween(0x10, 0x15);
        assertThat(fresh.read(0x030) >> 16 & 0xFF).isBetween(5, 6);
        assertThat(fresh.read(TPR)).isZero();
        assertThat(fresh.read(PPR)).isZero();
        assertThat(fresh.read(0x0D0)).isZero();
        assertThat(fresh.read(0x0E0)).isEqualTo(-1);
        assertThat(fresh.read(SVR)).isEqualTo(0xFF);
        assertThat(fresh.read(ESR)).isZero();
        assertThat(fresh.read(ICR)).isZero();
        assertThat(fresh.read(INITIAL_COUNT)).isZero();
        assertThat(fresh.read(CURRENT_COUNT)).isZero();
        assertThat(fresh.read(DIVIDE)).isZero();
        for (int offset = LVT_TIMER; offset <= LVT_ERROR; offset += 16) {
            assertThat(fresh.read(offset)).isEqualTo(MASKED);
        }
        for (int offset = ISR; offset < ESR; offset += 16) {
            assertThat(fresh.read(offset)).isZero();
        }
        assertThat(board.armings).isZero();
        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
    }

    @Test
    void marksTheBootstrapProcessor() {
        assertThat(board.plug(factory(), 0).base()).isEqualTo(0xFEE0_0900L);
        assertThat(board.plug(factory(), 1).base()).isEqualTo(0xFEE0_0800L);
    }

    @Test
    void carriesEachVectorThroughRequestServiceAndEnd() {
        for (int vector = 16; vector < 256; vector++) {
            lapic.accept(vector, false);
            assertThat(has(IRR, vector)).as("requested %d", vector).isTrue();
            assertThat(lapic.pending()).isEqualTo(vector);
            assertThat(has(ISR, vector)).isFalse();

            assertThat(lapic.acknowledge()).isEqualTo(vector);
            assertThat(has(IRR, vector)).isFalse();
            assertThat(has(ISR, vector)).as("in service %d", vector).isTrue();
            assertThat(lapic.pending()).isEqualTo(-1);

            lapic.write(EOI, 0);
            assertThat(has(ISR, vector)).isFalse();
        }
    }

    @Test
    void acknowledgesNothingWhereNothingIsPending() {
        lapic.write(TPR, 0x50);
        lapic.accept(0x55, false);

        assertThat(lapic.acknowledge()).isEqualTo(-1);
        assertThat(has(IRR, 0x55)).isTrue();
        assertThat(has(ISR, 0x55)).isFalse();
    }

    @Test
    void deliversTheHighestVectorFirst() {
        lapic.accept(0x31, false);
        lapic.accept(0xF0, false);
        lapic.accept(0x80, false);

        assertThat(lapic.acknowledge()).isEqualTo(0xF0);
        lapic.write(EOI, 0);
        assertThat(lapic.acknowledge()).isEqualTo(0x80);
        lapic.write(EOI, 0);
        assertThat(lapic.acknowledge()).isEqualTo(0x31);
    }

    @Test
    void nestsOnlyAHigherPriorityClass() {
        take(0x52, false);

        lapic.accept(0x5F, false);
        assertThat(lapic.pending()).isEqualTo(-1);
        lapic.accept(0x60, false);
        assertThat(lapic.pending()).isEqualTo(0x60);
        lapic.acknowledge();
        lapic.write(EOI, 0);
        assertThat(has(ISR, 0x52)).isTrue();
        assertThat(lapic.pending()).isEqualTo(-1);
        lapic.write(EOI, 0);
        assertThat(lapic.pending()).isEqualTo(0x5F);
    }

    @Test
    void holdsOneMoreOfAVectorInService() {
        take(0x40, false);
        lapic.accept(0x40, false);
        lapic.accept(0x40, false);

        lapic.write(EOI, 0);
        assertThat(lapic.acknowledge()).isEqualTo(0x40);
        lapic.write(EOI, 0);
        assertThat(lapic.acknowledge()).isEqualTo(-1);
    }

    @Test
    void comparesTheClassOfTheTaskPriorityOnly() {
        lapic.accept(0x4F, false);
        lapic.write(TPR, 0x40);
        assertThat(lapic.pending()).isEqualTo(-1);
        lapic.write(TPR, 0x3F);
        assertThat(lapic.pending()).isEqualTo(0x4F);
        lapic.accept(0x50, false);
        lapic.write(TPR, 0x4F);
        assertThat(lapic.pending()).isEqualTo(0x50);
        lapic.write(TPR, 0xF0);
        assertThat(lapic.pending()).isEqualTo(-1);
    }

    @Test
    void keepsEightBitsOfTaskPriority() {
        lapic.write(TPR, 0xFFFF_FF5A);

        assertThat(lapic.read(TPR)).isEqualTo(0x5A);
        assertThat(lapic.cr8()).isEqualTo(5);
    }

    @Test
    void derivesProcessorPriorityFromTaskAndService() {
        lapic.write(TPR, 0x35);
        assertThat(lapic.read(PPR)).isEqualTo(0x35);
        take(0x77, false);
        assertThat(lapic.read(PPR)).isEqualTo(0x70);
        lapic.write(TPR, 0x81);
        assertThat(lapic.read(PPR)).isEqualTo(0x81);
        lapic.write(EOI, 0);
        assertThat(lapic.read(PPR)).isEqualTo(0x81);
        lapic.write(TPR, 0);
        assertThat(lapic.read(PPR)).isZero();
    }

    @Test
    void sharesTaskPriorityWithCr8() {
        lapic.write(TPR, 0x37);
        lapic.cr8(9);

        assertThat(lapic.read(TPR)).isEqualTo(0x90);
        assertThat(lapic.cr8()).isEqualTo(9);
        assertThat(lapic.read(PPR)).isEqualTo(0x90);
        lapic.accept(0x9F, false);
        assertThat(lapic.pending()).isEqualTo(-1);
        lapic.cr8(8);
        assertThat(lapic.pending()).isEqualTo(0x9F);
    }

    @Test
    void tellsTheIoApicOfTheEndOfLevelTriggeredVectorsOnly() {
        take(0x40, true);
        lapic.write(EOI, 0);
        take(0x41, false);
        lapic.write(EOI, 0);

        assertThat(board.ended).containsExactly(0x40);
    }

    @Test
    void recordsTheTriggerModeOfTheLastRequest() {
        for (int vector = 16; vector < 256; vector++) {
            lapic.accept(vector, true);
            assertThat(has(TMR, vector)).as("vector %d", vector).isTrue();
            lapic.acknowledge();
            assertThat(has(TMR, vector)).isTrue();
            lapic.write(EOI, 0);
            lapic.accept(vector, false);
            assertThat(has(TMR, vector)).isFalse();
            lapic.acknowledge();
            lapic.write(EOI, 0);
        }
    }

    @Test
    void suppressesEoiBroadcastsOnRequest() {
        assertThat(lapic.read(0x030) >>> 24 & 1).isEqualTo(1);
        lapic.write(SVR, 0x11FF);
        take(0x40, true);

        lapic.write(EOI, 0);

        assertThat(board.ended).isEmpty();
        assertThat(has(ISR, 0x40)).isFalse();
    }

    @Test
    void ignoresAnEndWithoutService() {
        lapic.accept(0x40, true);

        lapic.write(EOI, 0);

        assertThat(lapic.pending()).isEqualTo(0x40);
        assertThat(board.ended).isEmpty();
    }

    @Test
    void takesVectorsBelow16ForAnError() {
        for (int vector = 0; vector < 16; vector++) {
            lapic.accept(vector, false);
        }

        assertThat(lapic.read(IRR)).isZero();
        assertThat(lapic.pending()).isEqualTo(-1);
        lapic.write(ESR, 0);
        assertThat(lapic.read(ESR)).isEqualTo(1 << 6);
    }

    @Test
    void showsErrorsWhenTheErrorStatusIsWritten() {
        lapic.accept(3, false);
        assertThat(lapic.read(ESR)).isZero();
        lapic.write(ESR, 0);
        assertThat(lapic.read(ESR)).isEqualTo(1 << 6);
        assertThat(lapic.read(ESR)).isEqualTo(1 << 6);
        lapic.write(ESR, 0);
        assertThat(lapic.read(ESR)).isZero();
    }

    @Test
    void interruptsOnceForErrorsUntilTheStatusIsWritten() {
        lapic.write(LVT_ERROR, 0xE0);
        lapic.accept(3, false);
        assertThat(lapic.acknowledge()).isEqualTo(0xE0);
        lapic.write(EOI, 0);
        lapic.accept(4, false);
        assertThat(lapic.pending()).isEqualTo(-1);
        lapic.write(ESR, 0);
        lapic.accept(5, false);
        assertThat(lapic.pending()).isEqualTo(0xE0);
    }

    @Test
    void collectsErrorsWhileTheirInterruptIsMasked() {
        lapic.write(LVT_ERROR, MASKED | 0xE0);
        lapic.accept(3, false);

        assertThat(lapic.pending()).isEqualTo(-1);
        lapic.write(ESR, 0);
        assertThat(lapic.read(ESR)).isEqualTo(1 << 6);
    }

    @Test
    void survivesAnErrorVectorThatIsAnErrorItself() {
        lapic.write(LVT_ERROR, 0x05);

        lapic.accept(3, false);

        assertThat(lapic.pending()).isEqualTo(-1);
    }

    @Test
    void takesReservedRegistersForAnError() {
        for (int offset : new int[]{0x000, 0x010, 0x040, 0x070, 0x290, 0x2E0, 0x3A0, 0x3D0, 0x3F0, 0x400, 0xFF0}) {
            assertThat(lapic.read(offset)).isZero();
            lapic.write(ESR, 0);
            assertThat(lapic.read(ESR)).as("read of 0x%x", offset).isEqualTo(1 << 7);
            lapic.write(offset, -1);
            lapic.write(ESR, 0);
            assertThat(lapic.read(ESR)).as("write of 0x%x", offset).isEqualTo(1 << 7);
        }
    }

    @Test
    void ignoresWritesToReadOnlyRegisters() {
        take(0x40, true);
        lapic.accept(0x30, true);
        for (int offset : new int[]{0x030, PPR, 0x0C0, ISR + 0x20, TMR + 0x20, IRR + 0x10, CURRENT_COUNT}) {
            int before = lapic.read(offset);
            lapic.write(offset, ~before);
            assertThat(lapic.read(offset)).as("register 0x%x", offset).isEqualTo(before);
        }
        lapic.write(ESR, 0);
        assertThat(lapic.read(ESR)).isZero();
    }

    @Test
    void keepsOnlyTheDefinedBitsOfTheLocalVectors() {
        int[] writable = {0x0007_00FF, 0x0001_07FF, 0x0001_07FF, 0x0001_A7FF, 0x0001_A7FF, 0x0001_00FF};
        for (int i = 0; i < writable.length; i++) {
            lapic.write(LVT_TIMER + 16 * i, -1);
            assertThat(lapic.read(LVT_TIMER + 16 * i)).as("entry %d", i).isEqualTo(writable[i]);
            lapic.write(LVT_TIMER + 16 * i, 0);
            assertThat(lapic.read(LVT_TIMER + 16 * i)).isZero();
        }
    }

    @Test
    void keepsTheUpperBitsOfTheDestinationRegisters() {
        lapic.write(0x0D0, -1);
        lapic.write(0x0E0, 0);

        assertThat(lapic.read(0x0D0)).isEqualTo(0xFF00_0000);
        assertThat(lapic.read(0x0E0)).isEqualTo(0x0FFF_FFFF);
    }

    @Test
    void takesNoInterruptWhileSoftwareDisabled() {
        lapic.write(SVR, 0x0FF);

        lapic.accept(0x40, false);

        assertThat(lapic.read(IRR + word(0x40))).isZero();
        assertThat(lapic.pending()).isEqualTo(-1);
    }

    @Test
    void holdsWhatIsPendingWhenSoftwareDisablesIt() {
        take(0x40, true);
        lapic.accept(0x80, false);

        lapic.write(SVR, 0x0FF);

        assertThat(has(ISR, 0x40)).isTrue();
        assertThat(lapic.acknowledge()).isEqualTo(0x80);
        lapic.write(EOI, 0);
        lapic.write(EOI, 0);
        assertThat(board.ended).containsExactly(0x40);
    }

    @Test
    void keepsLocalVectorsMaskedWhileSoftwareDisabled() {
        lapic.write(LINT0, 0x700);
        lapic.write(SVR, 0x0FF);
        assertThat(lapic.read(LINT0)).isEqualTo(MASKED | 0x700);
        lapic.write(LINT0, 0x400);
        assertThat(lapic.read(LINT0)).isEqualTo(MASKED | 0x400);
        lapic.write(SVR, 0x1FF);
        assertThat(lapic.read(LINT0)).isEqualTo(MASKED | 0x400);
        lapic.write(LINT0, 0x400);
        assertThat(lapic.read(LINT0)).isEqualTo(0x400);
    }

    @Test
    void keepsTheSpuriousVector() {
        lapic.write(SVR, 0x13C);

        assertThat(lapic.read(SVR)).isEqualTo(0x13C);
    }

    @Test
    void passesExternalInterruptsThroughLint0InExtIntModeOnly() {
        assertThat(lapic.passesExtInt()).isFalse();
        lapic.write(LINT0, 0x700);
        assertThat(lapic.passesExtInt()).isTrue();
        lapic.write(LINT0, MASKED | 0x700);
        assertThat(lapic.passesExtInt()).isFalse();
        lapic.write(LINT0, 0x400);
        assertThat(lapic.passesExtInt()).isFalse();
        lapic.write(LINT1, 0x700);
        assertThat(lapic.passesExtInt()).isFalse();
    }

    @Test
    void passesNmiThroughLint1InNmiModeOnly() {
        assertThat(lapic.passesNmi()).isFalse();
        lapic.write(LINT1, 0x400);
        assertThat(lapic.passesNmi()).isTrue();
        lapic.write(LINT1, MASKED | 0x400);
        assertThat(lapic.passesNmi()).isFalse();
        lapic.write(LINT0, 0x400);
        assertThat(lapic.passesNmi()).isFalse();
    }

    @Test
    void letsBothInputsThroughWhenItIsOff() {
        lapic.writeMsr(MSR_BASE, 0xFEE0_0100L);

        assertThat(lapic.passesExtInt()).isTrue();
        assertThat(lapic.passesNmi()).isTrue();
        lapic.accept(0x40, false);
        assertThat(lapic.pending()).isEqualTo(-1);
    }

    @Test
    void takesEdgesOfInputsInFixedMode() {
        lapic.write(LINT0, 0x31);
        lapic.lint(0, true);
        assertThat(lapic.acknowledge()).isEqualTo(0x31);
        lapic.write(EOI, 0);
        lapic.lint(0, true);
        assertThat(lapic.pending()).isEqualTo(-1);
        lapic.lint(0, false);
        lapic.lint(0, true);
        assertThat(lapic.pending()).isEqualTo(0x31);
        lapic.write(LINT1, 0x42);
        lapic.lint(1, true);
        assertThat(lapic.acknowledge()).isEqualTo(0x42);
        assertThat(board.ended).isEmpty();
    }

    @Test
    void losesEdgesOfMaskedInputsAndOfOtherModes() {
        lapic.write(LINT0, MASKED | 0x31);
        lapic.lint(0, true);
        lapic.write(LINT0, 0x31);
        assertThat(lapic.pending()).isEqualTo(-1);
        lapic.write(LINT0, 0x731);
        lapic.lint(0, false);
        lapic.lint(0, true);
        assertThat(lapic.pending()).isEqualTo(-1);
    }

    @Test
    void obeysThePolarityOfAnInput() {
        lapic.lint(1, true);
        lapic.write(LINT1, 1 << 13 | 0x32);

        lapic.lint(1, false);

        assertThat(lapic.pending()).isEqualTo(0x32);
    }

    @Test
    void deliversALevelOnceUntilItsEnd() {
        lapic.write(LINT0, 1 << 15 | 0x33);
        lapic.lint(0, true);
        assertThat(lapic.read(LINT0)).isEqualTo(1 << 15 | 1 << 14 | 0x33);
        assertThat(lapic.acknowledge()).isEqualTo(0x33);
        assertThat(has(TMR, 0x33)).isTrue();
        lapic.lint(0, false);
        lapic.lint(0, true);
        assertThat(lapic.pending()).isEqualTo(-1);

        lapic.write(EOI, 0);
        assertThat(lapic.acknowledge()).isEqualTo(0x33);
        lapic.lint(0, false);
        lapic.write(EOI, 0);
        assertThat(lapic.pending()).isEqualTo(-1);
        assertThat(lapic.read(LINT0)).isEqualTo(1 << 15 | 0x33);
    }

    @Test
    void remembersALevelThatHasNotEndedThroughWritesOfTheInput() {
        lapic.write(LINT0, 1 << 15 | 0x33);
        lapic.lint(0, true);
        lapic.acknowledge();

        lapic.write(LINT0, MASKED | 1 << 15 | 0x33);
        lapic.write(LINT0, 1 << 15 | 0x33);

        assertThat(lapic.read(LINT0) & 1 << 14).isNotZero();
        lapic.write(TPR, 0);
        lapic.lint(0, false);
        lapic.write(EOI, 0);
        assertThat(lapic.pending()).isEqualTo(-1);
    }

    @Test
    void forgetsALevelThatHasNotEndedWhenTheInputBecomesEdgeTriggered() {
        lapic.write(LINT0, 1 << 15 | 0x33);
        lapic.lint(0, true);
        lapic.acknowledge();

        lapic.write(LINT0, 0x33);
        assertThat(lapic.read(LINT0)).isEqualTo(0x33);
        lapic.write(LINT0, 1 << 15 | 0x43);

        assertThat(lapic.pending()).isEqualTo(0x43);
    }

    @Test
    void deliversALevelThatIsUnmaskedLater() {
        lapic.write(LINT0, MASKED | 1 << 15 | 0x33);
        lapic.lint(0, true);
        assertThat(lapic.pending()).isEqualTo(-1);

        lapic.write(LINT0, 1 << 15 | 0x33);

        assertThat(lapic.pending()).isEqualTo(0x33);
    }

    @Test
    void keepsIdAndBaseThroughInit() {
        lapic.writeMsr(MSR_BASE, 0xFED0_0900L);
        lapic.write(TPR, 0x20);
        lapic.write(0x0D0, 0x0100_0000);
        lapic.write(LINT0, 0x700);
        lapic.accept(0x90, false);
        take(0x90, false);
        lapic.accept(0x40, true);
        lapic.accept(0x01, false);

        lapic.init();

        assertThat(lapic.base()).isEqualTo(0xFED0_0900L);
        assertThat(lapic.read(0x020)).isZero();
        assertThat(lapic.read(TPR)).isZero();
        assertThat(lapic.read(0x0D0)).isZero();
        assertThat(lapic.read(SVR)).isEqualTo(0xFF);
        assertThat(lapic.read(LINT0)).isEqualTo(MASKED);
        assertThat(lapic.read(ISR + word(0x90))).isZero();
        assertThat(lapic.read(IRR + word(0x40))).isZero();
        assertThat(lapic.read(PPR)).isZero();
        assertThat(lapic.pending()).isEqualTo(-1);
        lapic.write(ESR, 0);
        assertThat(lapic.read(ESR)).isZero();
    }

    @Test
    void comesBackToPowerOnByReset() {
        lapic.writeMsr(MSR_BASE, 0xFED0_0900L);
        lapic.write(LINT0, 0x700);
        lapic.accept(0x90, false);

        lapic.reset();

        assertThat(lapic.base()).isEqualTo(0xFEE0_0900L);
        assertThat(lapic.save(1)).isEqualTo(board.plug(factory(), 0).save(1));
    }

    @Test
    void movesItsPage() {
        lapic.write(0x020, 0x0700_0000);

        assertThat(lapic.writeMsr(MSR_BASE, 0xFED0_0900L)).isTrue();

        assertThat(lapic.base()).isEqualTo(0xFED0_0900L);
        assertThat(lapic.read(0x020)).isEqualTo(0x0700_0000);
        lapic.accept(0x40, false);
        assertThat(lapic.pending()).isEqualTo(0x40);
    }

    @Test
    void forgetsItsStateWhenItIsSwitchedOff() {
        lapic.write(LVT_TIMER, 0x40);
        lapic.write(INITIAL_COUNT, 1000);
        lapic.write(0x020, 0x0700_0000);
        lapic.accept(0x80, false);

        lapic.writeMsr(MSR_BASE, 0xFEE0_0100L);
        assertThat(lapic.read(0x020)).as("the page is not there").isEqualTo(-1);
        lapic.write(SVR, 0x1FF);
        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
        lapic.writeMsr(MSR_BASE, 0xFEE0_0900L);

        assertThat(lapic.pending()).isEqualTo(-1);
        assertThat(lapic.read(0x020)).isZero();
        assertThat(lapic.read(SVR)).isEqualTo(0xFF);
        assertThat(lapic.read(LVT_TIMER)).isEqualTo(MASKED);
    }

    @Test
    void carriesInterruptsWithoutAllocating() {
        long bytes = Allocation.bytes(() -> {
            for (int vector = 16; vector < 256; vector++) {
                lapic.accept(vector, false);
                lapic.write(TPR, 0xF0);
                lapic.pending();
                lapic.cr8(0);
                lapic.acknowledge();
                lapic.read(ISR);
                lapic.write(EOI, 0);
                lapic.matches(vector, true);
                lapic.priority();
            }
        });

        assertThat(bytes).isZero();
    }
}
