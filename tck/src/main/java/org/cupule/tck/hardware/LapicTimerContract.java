package org.cupule.tck.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.cupule.tck.hardware.LapicBoard.*;

import org.cupule.hardware.Lapic;
import org.cupule.hardware.LapicFactory;
import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What the timer of every {@link Lapic} must do. Source: Intel SDM volume 3, "APIC Timer", "TSC-Deadline Mode".
 *
 * @threading confined to the test's thread
 */
public abstract class LapicTimerContract {
    private static final int DIVIDE_BY_1 = 0xB;
    private static final int PERIODIC = 1 << 17;
    private static final int DEADLINE = 2 << 17;

    private final LapicBoard board = new LapicBoard();
    private Lapic lapic;

    /** {@return the factory whose models are tested} */
    protected abstract LapicFactory factory();

    @BeforeEach
    void enable() {
        board.clock.jump(12_345);
        lapic = board.plug(factory(), 0);
        lapic.write(SVR, 0x1FF);
        lapic.write(DIVIDE, DIVIDE_BY_1);
    }

    private void start(int localVector, int count) {
        lapic.write(LVT_TIMER, localVector);
        lapic.write(INITIAL_COUNT, count);
    }

    private void end(int vector) {
        assertThat(lapic.acknowledge()).isEqualTo(vector);
        lapic.write(EOI, 0);
    }

    private long current() {
        return lapic.read(CURRENT_COUNT) & 0xFFFF_FFFFL;
    }

    private long deadlineMsr() {
        long[] out = {-1};
        assertThat(lapic.readMsr(MSR_TSC_DEADLINE, out)).isTrue();
        return out[0];
    }

    @Test
    void countsDownExactlyAndInterruptsOnce() {
        start(0x40, 1000);
        assertThat(board.deadline()).isEqualTo(12_345 + 1000);
        assertThat(current()).isEqualTo(1000);
        board.clock.advance(999);
        assertThat(current()).isEqualTo(1);
        assertThat(lapic.pending()).isEqualTo(-1);

        board.clock.advance(1);

        end(0x40);
        assertThat(current()).isZero();
        assertThat(lapic.read(INITIAL_COUNT)).isEqualTo(1000);
        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
        board.clock.advance(10_000);
        assertThat(lapic.pending()).isEqualTo(-1);
    }

    @Test
    void dividesTheBusClockByAllEightFactors() {
        int[] codes = {0x0, 0x1, 0x2, 0x3, 0x8, 0x9, 0xA, 0xB};
        int[] factors = {2, 4, 8, 16, 32, 64, 128, 1};
        for (int i = 0; i < codes.length; i++) {
            lapic.write(DIVIDE, codes[i]);
            assertThat(lapic.read(DIVIDE)).isEqualTo(codes[i]);
            start(0x40, 10);
            board.clock.advance(3L * factors[i] - 1);
            assertThat(current()).as("divided by %d", factors[i]).isEqualTo(8);
            board.clock.advance(1);
            assertThat(current()).isEqualTo(7);
            board.clock.advance(7L * factors[i] - 1);
            assertThat(lapic.pending()).isEqualTo(-1);
            board.clock.advance(1);
            end(0x40);
        }
    }

    @Test
    void ignoresReservedBitsOfTheDivider() {
        lapic.write(DIVIDE, -1);

        assertThat(lapic.read(DIVIDE)).isEqualTo(DIVIDE_BY_1);
    }

    @Test
    void repeatsInPeriodicMode() {
        start(PERIODIC | 0x41, 100);
        for (int period = 0; period < 5; period++) {
            board.clock.advance(99);
            assertThat(lapic.pending()).isEqualTo(-1);
            board.clock.advance(1);
            end(0x41);
            assertThat(current()).isEqualTo(100);
        }
    }

    @Test
    void neverDriftsWhenTheBusClockDoesNotDivideASecond() {
        board.busHertz = 24_000_001;
        long first = VmClock.ticks(board.clock.nanos(), board.busHertz);
        start(PERIODIC | 0x41, 7);
        for (int period = 1; period <= 100_000; period++) {
            assertThat(board.deadline()).isEqualTo(VmClock.nanosAt(first + 7L * period, board.busHertz));
            board.clock.advance(board.deadline() - board.clock.nanos());
            end(0x41);
        }
    }

    @Test
    void countsFromTheTickOfTheWriteWhateverTheNanosecond() {
        board.busHertz = 10_000_000;
        start(0x40, 10);
        long begin = board.clock.nanos() / 100 * 100;

        assertThat(board.deadline()).isEqualTo(begin + 1000);
    }

    @Test
    void joinsPeriodsThatTheHostWasTooLateFor() {
        start(PERIODIC | 0x41, 100);

        board.clock.jump(1050);
        board.clock.advance(0);

        end(0x41);
        assertThat(lapic.pending()).isEqualTo(-1);
        assertThat(current()).isEqualTo(50);
        assertThat(board.deadline()).isEqualTo(12_345 + 1100);
    }

    @Test
    void doesNothingWhenItIsCalledTooEarly() {
        start(0x40, 1000);
        board.clock.jump(500);

        board.fireNow();

        assertThat(lapic.pending()).isEqualTo(-1);
        assertThat(current()).isEqualTo(500);
        assertThat(board.deadline()).isEqualTo(12_345 + 1000);
    }

    @Test
    void doesNothingWhenItIsCalledWithoutATimer() {
        lapic.timer();

        assertThat(lapic.pending()).isEqualTo(-1);
        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
    }

    @Test
    void stopsAtAnInitialCountOfZero() {
        start(PERIODIC | 0x40, 1000);
        board.clock.advance(500);

        lapic.write(INITIAL_COUNT, 0);

        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
        assertThat(current()).isZero();
        board.clock.advance(5000);
        assertThat(lapic.pending()).isEqualTo(-1);
    }

    @Test
    void startsAgainWithEachInitialCount() {
        start(0x40, 1000);
        board.clock.advance(900);

        lapic.write(INITIAL_COUNT, 300);

        assertThat(current()).isEqualTo(300);
        board.clock.advance(299);
        assertThat(lapic.pending()).isEqualTo(-1);
        board.clock.advance(1);
        assertThat(lapic.pending()).isEqualTo(0x40);
    }

    @Test
    void reachesTheLargestCount() {
        lapic.write(DIVIDE, 0xA);
        start(0x40, -1);

        assertThat(current()).isEqualTo(0xFFFF_FFFFL);
        assertThat(board.deadline()).isEqualTo(12_345 + 0xFFFF_FFFFL * 128);
        board.clock.advance(0xFFFF_FFFFL * 128 - 1);
        assertThat(current()).isEqualTo(1);
        board.clock.advance(1);
        assertThat(lapic.pending()).isEqualTo(0x40);
    }

    @Test
    void countsWhileMaskedButDoesNotInterrupt() {
        start(MASKED | PERIODIC | 0x40, 100);
        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
        board.clock.advance(250);
        assertThat(current()).isEqualTo(50);

        lapic.write(LVT_TIMER, PERIODIC | 0x40);

        assertThat(lapic.pending()).isEqualTo(-1);
        assertThat(board.deadline()).isEqualTo(12_345 + 300);
        board.clock.advance(50);
        assertThat(lapic.pending()).isEqualTo(0x40);
    }

    @Test
    void losesAnExpiryThatCameWhileItWasMasked() {
        start(MASKED | 0x40, 100);
        board.clock.advance(101);

        lapic.write(LVT_TIMER, 0x40);

        assertThat(lapic.pending()).isEqualTo(-1);
        assertThat(current()).isZero();
        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
    }

    @Test
    void keepsAnExpiryThatCameBeforeItWasMasked() {
        start(0x40, 100);
        board.clock.jump(100);

        lapic.write(LVT_TIMER, MASKED | 0x40);

        assertThat(lapic.pending()).isEqualTo(0x40);
    }

    @Test
    void keepsAnExpiryThatCameBeforeAnythingElseChanged() {
        start(0x40, 100);
        board.clock.jump(100);
        lapic.write(INITIAL_COUNT, 100);
        end(0x40);
        board.clock.jump(100);
        lapic.write(DIVIDE, 0);
        end(0x40);
        lapic.write(INITIAL_COUNT, 100);
        board.clock.jump(200);
        lapic.write(SVR, 0x0FF);
        assertThat(lapic.acknowledge()).isEqualTo(0x40);
    }

    @Test
    void disarmsWhileItIsMasked() {
        start(0x40, 100);
        lapic.write(LVT_TIMER, MASKED | 0x40);

        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
    }

    @Test
    void showsAPollingGuestTheInterruptAtItsTime() {
        start(0x40, 100);
        board.clock.jump(100);

        assertThat(current()).isZero();
        assertThat(lapic.read(IRR + 0x20) & 1).isEqualTo(1);
        end(0x40);
        board.clock.advance(0);
        lapic.timer();
        assertThat(lapic.pending()).isEqualTo(-1);
    }

    @Test
    void showsAPollingGuestTheRequestBitAlone() {
        start(0x40, 100);
        board.clock.jump(100);

        assertThat(lapic.read(IRR + 0x20) & 1).isEqualTo(1);
    }

    @Test
    void goesOnFromWhereItIsWhenTheDividerChanges() {
        start(0x40, 1000);
        board.clock.advance(400);

        lapic.write(DIVIDE, 0x0);

        assertThat(board.deadline()).isEqualTo(12_345 + 400 + 1200);
        assertThat(current()).isEqualTo(600);
        board.clock.advance(200);
        assertThat(current()).isEqualTo(500);
        board.clock.advance(999);
        assertThat(lapic.pending()).isEqualTo(-1);
        board.clock.advance(1);
        assertThat(lapic.pending()).isEqualTo(0x40);
    }

    @Test
    void keepsTheLowerPartOfAPeriodWhenTheDividerChanges() {
        start(PERIODIC | 0x40, 1000);
        board.clock.advance(1400);
        end(0x40);

        lapic.write(DIVIDE, 0x3);

        assertThat(current()).isEqualTo(600);
        board.clock.advance(600 * 16);
        end(0x40);
        assertThat(current()).isEqualTo(1000);
        assertThat(board.deadline()).isEqualTo(board.clock.nanos() + 16_000);
    }

    @Test
    void decidesBetweenOneShotAndPeriodicAtTheExpiry() {
        start(0x40, 100);
        board.clock.advance(60);
        lapic.write(LVT_TIMER, PERIODIC | 0x40);
        assertThat(current()).isEqualTo(40);
        board.clock.advance(40);
        end(0x40);
        assertThat(current()).isEqualTo(100);
        lapic.write(LVT_TIMER, 0x40);
        board.clock.advance(100);
        end(0x40);
        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
    }

    @Test
    void takesItsVectorFromTheLocalVectorAtTheExpiry() {
        start(0x40, 100);
        board.clock.advance(99);

        lapic.write(LVT_TIMER, 0x99);
        board.clock.advance(1);

        assertThat(lapic.pending()).isEqualTo(0x99);
    }

    @Test
    void countsAnExpiryWithAVectorBelow16AsAnError() {
        start(0x0F, 100);
        board.clock.advance(100);

        assertThat(lapic.pending()).isEqualTo(-1);
        lapic.write(ESR, 0);
        assertThat(lapic.read(ESR)).isEqualTo(1 << 6);
    }

    @Test
    void stopsInterruptingWhenSoftwareDisablesTheApic() {
        start(PERIODIC | 0x40, 100);

        lapic.write(SVR, 0x0FF);

        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
        lapic.write(SVR, 0x1FF);
        board.clock.advance(250);
        assertThat(lapic.pending()).isEqualTo(-1);
        assertThat(current()).isEqualTo(50);
    }

    @Test
    void stopsAtResetAndInit() {
        start(PERIODIC | 0x40, 100);
        lapic.init();
        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
        assertThat(lapic.read(INITIAL_COUNT)).isZero();
        assertThat(current()).isZero();

        lapic.write(SVR, 0x1FF);
        start(PERIODIC | 0x40, 100);
        lapic.reset();
        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
    }

    @Test
    void firesAtTheTimeStampOfTheDeadline() {
        long tsc = board.timeStampCounter();
        lapic.write(LVT_TIMER, DEADLINE | 0x50);
        assertThat(lapic.writeMsr(MSR_TSC_DEADLINE, tsc + 2001)).isTrue();
        assertThat(deadlineMsr()).isEqualTo(tsc + 2001);
        assertThat(board.deadline()).isEqualTo(12_345 + 1001);

        board.clock.advance(1000);
        assertThat(lapic.pending()).isEqualTo(-1);
        board.clock.advance(1);

        assertThat(lapic.pending()).isEqualTo(0x50);
        assertThat(deadlineMsr()).isZero();
        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
    }

    @Test
    void firesAtOnceForADeadlineInThePast() {
        lapic.write(LVT_TIMER, DEADLINE | 0x50);

        lapic.writeMsr(MSR_TSC_DEADLINE, 1);

        assertThat(lapic.pending()).isEqualTo(0x50);
        assertThat(deadlineMsr()).isZero();
    }

    @Test
    void keepsADeadlineThatCameBeforeTheNextOneIsWritten() {
        lapic.write(LVT_TIMER, DEADLINE | 0x50);
        lapic.writeMsr(MSR_TSC_DEADLINE, board.timeStampCounter() + 2000);
        board.clock.jump(1000);

        lapic.writeMsr(MSR_TSC_DEADLINE, board.timeStampCounter() + 2000);

        end(0x50);
        assertThat(lapic.pending()).isEqualTo(-1);
        board.clock.advance(1000);
        assertThat(lapic.pending()).isEqualTo(0x50);
    }

    @Test
    void disarmsADeadlineWithZero() {
        lapic.write(LVT_TIMER, DEADLINE | 0x50);
        lapic.writeMsr(MSR_TSC_DEADLINE, board.timeStampCounter() + 2000);

        lapic.writeMsr(MSR_TSC_DEADLINE, 0);

        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
        board.clock.advance(5000);
        assertThat(lapic.pending()).isEqualTo(-1);
    }

    @Test
    void knowsTheDeadlineInItsModeOnly() {
        lapic.write(LVT_TIMER, 0x50);

        assertThat(lapic.writeMsr(MSR_TSC_DEADLINE, 1)).isTrue();

        assertThat(deadlineMsr()).isZero();
        assertThat(lapic.pending()).isEqualTo(-1);
        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
    }

    @Test
    void ignoresTheCountInDeadlineMode() {
        start(DEADLINE | 0x50, 100);

        assertThat(current()).isZero();
        assertThat(lapic.read(INITIAL_COUNT)).isZero();
        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
        board.clock.advance(1000);
        assertThat(lapic.pending()).isEqualTo(-1);
    }

    @Test
    void disarmsWhenTheModeChangesToOrFromDeadline() {
        start(0x50, 1000);
        lapic.write(LVT_TIMER, DEADLINE | 0x50);
        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
        lapic.writeMsr(MSR_TSC_DEADLINE, board.timeStampCounter() + 2000);
        lapic.write(LVT_TIMER, 0x50);
        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
        assertThat(deadlineMsr()).isZero();
        lapic.write(LVT_TIMER, DEADLINE | 0x50);
        assertThat(deadlineMsr()).isZero();
        board.clock.advance(10_000);
        assertThat(lapic.pending()).isEqualTo(-1);
    }

    @Test
    void keepsADeadlineWhileItsVectorChanges() {
        lapic.write(LVT_TIMER, DEADLINE | 0x50);
        lapic.writeMsr(MSR_TSC_DEADLINE, board.timeStampCounter() + 2000);

        lapic.write(LVT_TIMER, DEADLINE | 0x60);

        board.clock.advance(1000);
        assertThat(lapic.pending()).isEqualTo(0x60);
    }

    @Test
    void clearsADeadlineThatPassedWhileMasked() {
        lapic.write(LVT_TIMER, MASKED | DEADLINE | 0x50);
        lapic.writeMsr(MSR_TSC_DEADLINE, board.timeStampCounter() + 2000);
        board.clock.advance(1000);

        assertThat(deadlineMsr()).isZero();
        lapic.write(LVT_TIMER, DEADLINE | 0x50);
        assertThat(lapic.pending()).isEqualTo(-1);
    }

    @Test
    void survivesDeadlinesThatLieFarAhead() {
        lapic.write(LVT_TIMER, DEADLINE | 0x50);
        for (long deadline : new long[]{-1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            lapic.writeMsr(MSR_TSC_DEADLINE, deadline);
            assertThat(deadlineMsr()).isEqualTo(deadline);
            assertThat(lapic.pending()).isEqualTo(-1);
            assertThat(board.deadline()).isGreaterThan(1L << 60);
        }
    }

    @Test
    void followsAnAdjustedTimeStampCounter() {
        lapic.write(LVT_TIMER, DEADLINE | 0x50);
        lapic.writeMsr(MSR_TSC_DEADLINE, board.timeStampCounter() + 2000);
        board.tscOffset = -1000;
        lapic.timer();
        assertThat(board.deadline()).isEqualTo(12_345 + 1500);
        board.tscOffset = 3000;
        lapic.timer();
        assertThat(lapic.pending()).isEqualTo(0x50);
    }

    @Test
    void neverExpiresInTheReservedMode() {
        start(3 << 17 | 0x50, 100);
        lapic.writeMsr(MSR_TSC_DEADLINE, 1);

        board.clock.advance(1000);

        assertThat(lapic.pending()).isEqualTo(-1);
        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
    }

    @Test
    void armsOnlyWhenTheDeadlineChanges() {
        start(PERIODIC | 0x40, 1000);
        int before = board.armings;

        lapic.read(CURRENT_COUNT);
        lapic.read(IRR);
        lapic.write(LVT_TIMER, PERIODIC | 0x41);

        assertThat(board.armings).isEqualTo(before);
    }

    @Test
    void keepsTimeWithoutAllocating() {
        lapic.write(LVT_TIMER, PERIODIC | 0x40);

        long bytes = Allocation.bytes(() -> {
            for (int count = 1; count < 200; count++) {
                lapic.write(INITIAL_COUNT, count);
                board.clock.jump(count);
                lapic.timer();
                lapic.read(CURRENT_COUNT);
                lapic.acknowledge();
                lapic.write(EOI, 0);
            }
        });

        assertThat(bytes).isZero();
    }
}
