package org.cupule.tck.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.cupule.tck.hardware.LapicBoard.*;

import org.cupule.hardware.Lapic;
import org.cupule.hardware.LapicFactory;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.time.VmTimer;
import org.junit.jupiter.api.Test;

/**
 * The saved state {@code lapic} version 1, which every {@link Lapic} writes and reads.
 *
 * @threading confined to the test's thread
 */
public abstract class LapicStateContract {
    private static final long[] NONE = new long[8];

    private final LapicBoard board = new LapicBoard();

    /** {@return the factory whose models are tested} */
    protected abstract LapicFactory factory();

    /** An APIC in the middle of all it can do. */
    private Lapic busy() {
        board.clock.jump(5_000);
        Lapic lapic = board.plug(factory(), 2);
        lapic.write(SVR, 0x11F0);
        lapic.write(0x0D0, 0x0400_0000);
        lapic.write(0x0E0, 0x0FFF_FFFF);
        lapic.write(0x310, 0x0300_0000);
        lapic.write(ICR, 0x0000_4041);
        lapic.write(LINT1, 0x400);
        lapic.write(LINT0, 1 << 15 | 0x33);
        lapic.lint(0, true);
        lapic.acknowledge();
        lapic.accept(0x75, false);
        lapic.acknowledge();
        lapic.accept(0x40, true);
        lapic.accept(0xFF, false);
        lapic.write(TPR, 0x23);
        lapic.write(LVT_ERROR, 0xE1);
        lapic.accept(2, false);
        lapic.write(ESR, 0);
        lapic.read(0x010);
        lapic.write(DIVIDE, 0x1);
        lapic.write(LVT_TIMER, 1 << 17 | 0x80);
        lapic.write(INITIAL_COUNT, 100);
        board.clock.jump(41);
        return lapic;
    }

    private static ModelState.Builder busyState(long base, long svr) {
        return ModelState.of("lapic", 1).put("base", base).put("id", 2).put("tpr", 0x23).put("ldr", 0x0400_0000)
                .put("dfr", 0x0FFF_FFFF).put("svr", svr).put("esr", 1 << 6).put("errors", 1 << 7)
                .put("errorArmed", false).put("icr", 0x0300_0000_0000_4041L)
                .put("lvt", new long[]{0x2_0080, 0x1_0000, 0x1_0000, 1 << 15 | 1 << 14 | 0x33, 0x400, 0xE1})
                .put("isr", new long[]{0, 1 << 0x13, 0, 1 << 0x15, 0, 0, 0, 0})
                .put("tmr", new long[]{0, 1 << 0x13, 1, 0, 0, 0, 0, 0})
                .put("irr", new long[]{0, 0, 1, 0, 0, 0, 0, 0x8000_0002L}).put("initialCount", 100).put("divide", 1)
                .put("tscDeadline", 0).put("lint", 1);
    }

    private static ModelState busyState() {
        return busyState(0xFEE0_0800L, 0x11F0).put("timerStart", 5_000).put("timerCount", 100).build();
    }

    @Test
    void writesExactlyTheStateOfTheContract() {
        Lapic lapic = busy();

        assertThat(lapic.save(1)).isEqualTo(busyState());
        assertThat(lapic.save(1)).isEqualTo(busyState());
    }

    @Test
    void readsTheStateOfAnyOtherImplementation() {
        board.clock.jump(5_041);
        Lapic lapic = board.plug(factory(), 3);

        lapic.restore(busyState());

        assertThat(lapic.save(1)).isEqualTo(busyState());
        assertThat(board.deadline()).isEqualTo(5_400);
        assertThat(lapic.read(CURRENT_COUNT)).isEqualTo(90);
        assertThat(lapic.read(PPR)).isEqualTo(0x70);
        assertThat(lapic.priority()).isEqualTo(7);
        assertThat(lapic.matches(3, false)).isFalse();
        assertThat(lapic.matches(2, false)).isTrue();
        assertThat(lapic.acknowledge()).isEqualTo(0xFF);
        assertThat(lapic.passesNmi()).isTrue();
    }

    @Test
    void goesOnAsIfNothingHadHappened() {
        Lapic old = busy();
        ModelState state = old.save(1);
        Lapic lapic = board.plug(factory(), 2);
        lapic.restore(state);

        board.clock.advance(10_000);
        for (int vector : new int[]{0xFF, 0xE1, 0x80}) {
            assertThat(lapic.acknowledge()).isEqualTo(vector);
            lapic.write(EOI, 0);
        }
        lapic.write(EOI, 0);
        lapic.write(EOI, 0);
        assertThat(lapic.acknowledge()).as("the level at LINT0 still stands, but 0x40 comes first").isEqualTo(0x40);
        lapic.write(EOI, 0);
        assertThat(lapic.acknowledge()).isEqualTo(0x33);
    }

    @Test
    void firesAtOnceWhatCameDueInBetween() {
        ModelState state = busy().save(1);
        board.clock.jump(1_000);
        Lapic lapic = board.plug(factory(), 2);

        lapic.restore(state);
        board.clock.advance(0);

        assertThat(lapic.read(IRR + 0x40) & 1).isEqualTo(1);
        assertThat(board.deadline()).isEqualTo(6_200);
    }

    @Test
    void savesADeadlineOfTheTimeStampCounter() {
        Lapic lapic = board.plug(factory(), 0);
        lapic.write(SVR, 0x1FF);
        lapic.write(LVT_TIMER, 2 << 17 | 0x50);
        lapic.writeMsr(MSR_TSC_DEADLINE, 8_000);
        ModelState state = lapic.save(1);
        assertThat(state.number("tscDeadline")).isEqualTo(8_000);
        lapic.writeMsr(MSR_TSC_DEADLINE, 0);

        Lapic copy = board.plug(factory(), 0);
        copy.restore(state);

        assertThat(board.deadline()).isEqualTo(4_000);
        board.clock.advance(4_000);
        assertThat(copy.pending()).isEqualTo(0x50);
    }

    @Test
    void savesX2apicMode() {
        Lapic lapic = board.plug(factory(), 0x25);
        lapic.writeMsr(MSR_BASE, 0xFEE0_0C00L);
        ModelState state = lapic.save(1);

        Lapic copy = board.plug(factory(), 0x25);
        copy.restore(state);

        assertThat(copy.base()).isEqualTo(0xFEE0_0C00L);
        assertThat(copy.matches(2 << 16 | 1 << 5, true)).isTrue();
        assertThat(copy.save(1)).isEqualTo(state);
    }

    @Test
    void replacesAllOfTheStateBefore() {
        ModelState fresh = board.plug(factory(), 2).save(1);
        Lapic lapic = busy();

        lapic.restore(fresh);

        assertThat(lapic.save(1)).isEqualTo(fresh);
        assertThat(board.deadline()).isEqualTo(VmTimer.NEVER);
        assertThat(lapic.pending()).isEqualTo(-1);
        assertThat(lapic.priority()).isEqualTo(16);
    }

    @Test
    void comesBackToTheWholeOfPowerOnByReset() {
        Lapic fresh = board.plug(factory(), 2);
        fresh.lint(0, true);
        Lapic lapic = busy();
        lapic.write(0x020, 0x0700_0000);
        lapic.writeMsr(MSR_BASE, 0xFED0_0800L);

        lapic.reset();

        assertThat(lapic.save(1)).isEqualTo(fresh.save(1));
        assertThat(lapic.matches(2, false)).isTrue();
        assertThat(lapic.matches(0x40, true)).isFalse();
        assertThat(lapic.priority()).isEqualTo(16);
    }

    @Test
    void comesBackToPowerOnByInitButForIdAndBase() {
        Lapic fresh = board.plug(factory(), 2);
        fresh.lint(0, true);
        fresh.write(0x020, 0x0700_0000);
        fresh.writeMsr(MSR_BASE, 0xFED0_0800L);
        Lapic lapic = busy();
        lapic.write(0x020, 0x0700_0000);
        lapic.write(0x0E0, 0xF000_0000);
        lapic.writeMsr(MSR_BASE, 0xFED0_0800L);
        assertThat(lapic.matches(0x04, true)).isTrue();

        lapic.init();

        assertThat(lapic.save(1)).isEqualTo(fresh.save(1));
        assertThat(lapic.matches(7, false)).isTrue();
        assertThat(lapic.matches(0x04, true)).isFalse();
        assertThat(lapic.priority()).isEqualTo(16);
    }

    @Test
    void refusesStateThatNoModelCanHave() {
        assertRefused(busyState(0xFEE0_0801L, 0x1FF).put("timerStart", -1).put("timerCount", 0).build());
        assertRefused(busyState(0xFEE0_0400L, 0x1FF).put("timerStart", -1).put("timerCount", 0).build());
        assertRefused(busyState(0xFEE0_0800L, 0x2_0000).put("timerStart", -1).put("timerCount", 0).build());
        assertRefused(busyState(0xFEE0_0800L, 0x1FF).put("timerStart", -2).put("timerCount", 0).build());
        assertRefused(busyState(0xFEE0_0800L, 0x1FF).put("timerStart", 0).put("timerCount", 0).build());
        assertRefused(busyState(0xFEE0_0800L, 0x1FF).put("timerStart", 0).put("timerCount", 1L << 32).build());
        assertRefused(busyState(0xFEE0_0800L, 0x1FF).put("timerStart", 0).build());
        assertRefused(ModelState.of("lapic", 1).build());
        assertRefused(vectors(new long[]{0x8000, 0, 0, 0, 0, 0, 0, 0}, NONE));
        assertRefused(vectors(new long[]{1L << 32, 0, 0, 0, 0, 0, 0, 0}, NONE));
        assertRefused(vectors(new long[7], NONE));
        assertRefused(vectors(NONE, new long[]{0, 0, 0, 0, 0, 0, 0, -1}));
    }

    private static ModelState vectors(long[] isr, long[] irr) {
        return ModelState.of("lapic", 1).put("base", 0xFEE0_0800L).put("id", 0).put("tpr", 0).put("ldr", 0)
                .put("dfr", 0xFFFF_FFFFL).put("svr", 0x1FF).put("esr", 0).put("errors", 0).put("errorArmed", true)
                .put("icr", 0).put("lvt", new long[6]).put("isr", isr).put("tmr", NONE).put("irr", irr)
                .put("initialCount", 0).put("divide", 0).put("timerStart", -1).put("timerCount", 0)
                .put("tscDeadline", 0).put("lint", 0).build();
    }

    @Test
    void takesTheSmallestState() {
        board.plug(factory(), 0).restore(vectors(NONE, NONE));
    }

    private void assertRefused(ModelState state) {
        Lapic lapic = board.plug(factory(), 0);
        assertThatThrownBy(() -> lapic.restore(state)).as("%s", state).isInstanceOf(StateException.class)
                .hasMessageContaining("lapic");
    }

    @Test
    void saysWhatItReadsAndWrites() {
        Lapic lapic = board.plug(factory(), 0);

        assertThat(lapic.schema()).isEqualTo(factory().schema());
        assertThat(lapic.schema().kind()).isEqualTo("lapic").isEqualTo(factory().info().kind());
        assertThat(lapic.schema().reads()).contains(1);
        assertThat(lapic.schema().writes()).contains(1);
    }
}
