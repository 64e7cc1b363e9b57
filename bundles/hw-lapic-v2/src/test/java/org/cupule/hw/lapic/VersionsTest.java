package org.cupule.hw.lapic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.cupule.tck.hardware.LapicBoard.*;

import java.util.Random;
import org.cupule.hardware.Lapic;
import org.cupule.hardware.LapicFactory;
import org.cupule.state.ModelState;
import org.cupule.tck.hardware.LapicBoard;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** The two versions beside each other, and one in place of the other. */
class VersionsTest {
    private static final int STEPS = 4000;
    private static final int[] OFFSETS = {0x020, 0x030, TPR, PPR, EOI, EOI, 0x0D0, 0x0E0, SVR, ISR + 0x20, TMR + 0x20,
            IRR + 0x20, IRR + 0x70, ESR, ICR, ICR, 0x310, LVT_TIMER, 0x330, 0x340, LINT0, LINT1, LVT_ERROR,
            INITIAL_COUNT, CURRENT_COUNT, 0x3F0, 0x290};
    private static final int[] MSRS = {0x802, 0x808, 0x80B, 0x80D, 0x80F, 0x813, 0x823, 0x828, 0x830, 0x832, 0x835,
            0x837, 0x838, 0x839, 0x83F, MSR_TSC_DEADLINE, MSR_TSC_DEADLINE, MSR_BASE};

    private final LapicFactory first = new XApicFactory();
    private final LapicFactory second = new PagedApicFactory();
    private final LapicBoard leftBoard = new LapicBoard();
    private final LapicBoard rightBoard = new LapicBoard();
    private Lapic left = leftBoard.plug(first, 3);
    private Lapic right = rightBoard.plug(second, 3);

    @RepeatedTest(12)
    void agreeOnRandomHistoriesWithSwapsInBetween(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        left.write(SVR, 0x1FF);
        right.write(SVR, 0x1FF);
        for (int step = 0; step < STEPS; step++) {
            String what = step(random);
            assertThat(observe(right, rightBoard)).as("seed %d, step %d: %s", repetition.getCurrentRepetition(), step,
                    what).isEqualTo(observe(left, leftBoard));
        }
        assertThat(rightBoard.sent).isEqualTo(leftBoard.sent);
        assertThat(rightBoard.ended).isEqualTo(leftBoard.ended);
        assertThat(leftBoard.sent).isNotEmpty();
        assertThat(leftBoard.ended).isNotEmpty();
    }

    private String step(Random random) {
        int kind = random.nextInt(100);
        if (kind < 40) {
            return access(OFFSETS[random.nextInt(OFFSETS.length)], random);
        }
        if (kind < 55) {
            int vector = random.nextInt(256);
            boolean level = random.nextBoolean();
            left.accept(vector, level);
            right.accept(vector, level);
            return "accept " + vector;
        }
        if (kind < 70) {
            return "acknowledge " + left.acknowledge() + " " + right.acknowledge();
        }
        if (kind < 85) {
            int nanos = random.nextInt(400);
            leftBoard.clock.advance(nanos);
            rightBoard.clock.advance(nanos);
            return "advance " + nanos;
        }
        return kind < 98 ? rare(random) : swap();
    }

    private String access(int offset, Random random) {
        int value = value(offset, random);
        boolean write = random.nextInt(3) != 0;
        if (write) {
            left.write(offset, value);
            right.write(offset, value);
        } else {
            assertThat(right.read(offset)).as("read 0x%x", offset).isEqualTo(left.read(offset));
        }
        return "%s 0x%x 0x%x".formatted(write ? "write" : "read", offset, value);
    }

    private static int value(int offset, Random random) {
        return switch (offset) {
            case SVR -> random.nextInt(8) == 0 ? random.nextInt() : 0x1FF | random.nextInt(2) << 12;
            case INITIAL_COUNT -> random.nextInt(300);
            case TPR -> random.nextInt(0x60);
            case LINT0, LINT1, LVT_TIMER, LVT_ERROR -> random.nextInt() & (random.nextBoolean() ? 0xE87FF : 0xFF);
            default -> random.nextInt();
        };
    }

    private String rare(Random random) {
        switch (random.nextInt(6)) {
            case 0 -> {
                int pin = random.nextInt(2);
                boolean high = random.nextBoolean();
                left.lint(pin, high);
                right.lint(pin, high);
                return "lint " + pin + " " + high;
            }
            case 1 -> {
                int divide = random.nextInt(16);
                restartWith(left, divide);
                restartWith(right, divide);
                return "divide " + divide;
            }
            case 2 -> {
                left.reset();
                right.reset();
                left.write(SVR, 0x1FF);
                right.write(SVR, 0x1FF);
                return "reset";
            }
            default -> {
                return msr(MSRS[random.nextInt(MSRS.length)], random);
            }
        }
    }

    /** The versions differ in what is left of a step when the divider changes in its middle: so not there. */
    private static void restartWith(Lapic lapic, int divide) {
        lapic.write(INITIAL_COUNT, 0);
        lapic.write(DIVIDE, divide);
        lapic.write(INITIAL_COUNT, 50);
    }

    private String msr(int msr, Random random) {
        long value = switch (msr) {
            case MSR_BASE -> 0xFEE0_0000L | (long) random.nextInt(4) << 10;
            case MSR_TSC_DEADLINE -> leftBoard.timeStampCounter() + random.nextInt(1000) - 100;
            default -> random.nextInt(3) == 0 ? random.nextLong() : random.nextInt(0x100);
        };
        assertThat(right.writeMsr(msr, value)).as("WRMSR 0x%x", msr).isEqualTo(left.writeMsr(msr, value));
        long[] leftOut = new long[1];
        long[] rightOut = new long[1];
        assertThat(right.readMsr(msr, rightOut)).as("RDMSR 0x%x", msr).isEqualTo(left.readMsr(msr, leftOut));
        assertThat(rightOut).isEqualTo(leftOut);
        return "msr 0x%x 0x%x".formatted(msr, value);
    }

    /** Each side goes to the other version, through the state that both know. */
    private String swap() {
        boolean crossed = left instanceof PagedApic;
        ModelState leftState = left.save(1);
        ModelState rightState = right.save(1);
        left = leftBoard.plug(crossed ? first : second, 3);
        right = rightBoard.plug(crossed ? second : first, 3);
        left.restore(leftState);
        right.restore(rightState);
        return "swap";
    }

    private static String observe(Lapic lapic, LapicBoard board) {
        return "pending %d ppr 0x%x priority %d base 0x%x cr8 %d extint %b nmi %b to3 %b log %b deadline %d"
                .formatted(lapic.pending(), lapic.read(PPR), lapic.priority(), lapic.base(), lapic.cr8(),
                        lapic.passesExtInt(), lapic.passesNmi(), lapic.matches(3, false), lapic.matches(8, true),
                        board.deadline());
    }

    @Test
    void findTheirHighestCommonVersion() {
        assertThat(first.schema().commonVersion(second.schema())).contains(1);
        assertThat(second.schema().commonVersion(first.schema())).contains(1);
        assertThat(second.schema().commonVersion(second.schema())).contains(2);
        assertThat(first.info().name()).isEqualTo(second.info().name());
        assertThat(second.info().version()).isEqualTo("2.0.0");
    }
}
