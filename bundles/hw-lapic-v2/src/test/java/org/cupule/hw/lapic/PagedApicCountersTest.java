package org.cupule.hw.lapic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.cupule.tck.hardware.LapicBoard.*;

import org.cupule.hardware.Lapic;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.tck.hardware.LapicBoard;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What version 2 has more than version 1. */
class PagedApicCountersTest {
    private final LapicBoard board = new LapicBoard();
    private Lapic lapic;

    @BeforeEach
    void doOneOfEach() {
        lapic = board.plug(new PagedApicFactory(), 0);
        lapic.write(SVR, 0x1FF);
        lapic.accept(0x40, false);
        lapic.accept(0x40, false);
        lapic.accept(0x90, true);
        lapic.acknowledge();
        lapic.write(EOI, 0);
        lapic.write(ICR, 0x50);
        lapic.write(ICR, 1 << 18 | 0x51);
        lapic.write(DIVIDE, 0xB);
        lapic.write(LVT_TIMER, 1 << 17 | 0x60);
        lapic.write(INITIAL_COUNT, 10);
        board.clock.jump(35);
        board.clock.advance(0);
    }

    @Test
    void countsWhatItDoes() {
        ModelState state = lapic.save(2);

        long[] accepted = state.longs("accepted", 256);
        assertThat(accepted[0x40]).isEqualTo(2);
        assertThat(accepted[0x51]).isEqualTo(1);
        assertThat(accepted[0x60]).isEqualTo(1);
        assertThat(accepted[0x90]).isEqualTo(1);
        assertThat(state.number("merged")).isEqualTo(1);
        assertThat(state.number("ended")).isEqualTo(1);
        assertThat(state.number("sent")).isEqualTo(2);
        assertThat(state.number("expired")).isEqualTo(3);
        assertThat(state.number("missed")).isEqualTo(2);
        assertThat(lapic).hasToString("APIC 0: 5 interrupts taken (1 merged), 1 ended, 2 sent; "
                + "timer expired 3 times, 2 of them too late");
    }

    @Test
    void carriesItsCountsInVersion2AndDropsThemInVersion1() {
        Lapic copy = board.plug(new PagedApicFactory(), 0);
        copy.restore(lapic.save(2));
        assertThat(copy.save(2)).isEqualTo(lapic.save(2));

        Lapic older = board.plug(new PagedApicFactory(), 0);
        older.restore(lapic.save(1));
        assertThat(older.save(2).longs("accepted")).containsOnly(0);
        assertThat(older.save(1)).isEqualTo(lapic.save(1));
    }

    @Test
    void keepsItsCountsThroughReset() {
        lapic.reset();

        assertThat(lapic.save(2).number("expired")).isEqualTo(3);
    }

    @Test
    void refusesAVersion2WithoutCounts() {
        ModelState.Builder incomplete = ModelState.of("lapic", 2);
        lapic.save(1).fields().forEach((name, value) -> put(incomplete, name, value));

        assertThatThrownBy(() -> lapic.restore(incomplete.build())).isInstanceOf(StateException.class)
                .hasMessageContaining("accepted");
    }

    private void put(ModelState.Builder builder, String name, Object value) {
        if (value instanceof Long number) {
            builder.put(name, number);
        } else {
            builder.put(name, lapic.save(1).longs(name));
        }
    }

    @Test
    void keepsThePartOfAStepThatIsOverWhenTheDividerChanges() {
        lapic.write(LVT_TIMER, 0x60);
        lapic.write(DIVIDE, 0x1);
        lapic.write(INITIAL_COUNT, 100);
        board.clock.advance(4 * 10 + 3);
        assertThat(lapic.read(CURRENT_COUNT)).isEqualTo(90);

        lapic.write(DIVIDE, 0x2);

        assertThat(board.deadline()).isEqualTo(board.clock.nanos() + 90 * 8 - 3);
        board.clock.advance(4);
        assertThat(lapic.read(CURRENT_COUNT)).isEqualTo(90);
        board.clock.advance(1);
        assertThat(lapic.read(CURRENT_COUNT)).isEqualTo(89);
    }
}
