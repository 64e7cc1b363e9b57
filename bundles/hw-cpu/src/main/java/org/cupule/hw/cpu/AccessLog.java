package org.cupule.hw.cpu;

import java.util.Arrays;
import org.cupule.hardware.CpuExit;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;

/**
 * The accesses of the present instruction that somebody outside has answered, in their order. An instruction that exits
 * is executed again from its start; it takes the answers so far from here, so that nothing is asked or written twice.
 *
 * @threading confined to its CPU
 */
final class AccessLog {
    /** What even a task switch over registers of devices, byte by byte, does not need. */
    private static final int MOST = 1 << 12;

    /** The exit that was left with. */
    final CpuExit exit = new CpuExit();
    private final Leave leave;
    private long[] answers = new long[16];
    private int count;
    private int position;
    private boolean due;

    AccessLog(Leave leave) {
        this.leave = leave;
    }

    /** {@return the answer, when it is there already; else leaves the instruction} */
    long access(int space, long address, int size, boolean write, long value) {
        if (position < count) {
            return answers[position++];
        }
        request(space, address, size, write, value);
        throw leave;
    }

    /** Fills in the exit for an access whose answer is not there yet. */
    void request(int space, long address, int size, boolean write, long value) {
        exit.reason = CpuExit.ACCESS;
        exit.space = space;
        exit.address = address;
        exit.size = size;
        exit.write = write;
        exit.value = size == 8 ? value : value & (1L << size * 8) - 1;
        due = true;
    }

    /** {@return whether the next answer is there} */
    boolean answered() {
        return position < count;
    }

    /** Leaves for another reason whose answer is one number. {@return that number when it is there already} */
    long ask(int reason, long address, long value) {
        if (position < count) {
            return answers[position++];
        }
        exit.reason = reason;
        exit.address = address;
        exit.value = value;
        due = true;
        throw leave;
    }

    /** {@return the next of the answers that are there}; for exits with several numbers */
    long next() {
        return answers[position++];
    }

    void answer(long value) {
        if (!due) {
            throw new IllegalStateException("no answer is due");
        }
        boolean sized = exit.reason == CpuExit.ACCESS && exit.size < 8;
        add(sized ? value & (1L << exit.size * 8) - 1 : value);
        due = false;
    }

    void answer(long first, long second, long third, long fourth) {
        answer(first);
        add(second);
        add(third);
        add(fourth);
    }

    private void add(long answer) {
        if (count == answers.length) {
            answers = Arrays.copyOf(answers, 2 * count);
        }
        answers[count++] = answer;
    }

    boolean due() {
        return due;
    }

    /** {@return whether an instruction has to be executed again} */
    boolean replaying() {
        return count > 0;
    }

    /** Begins the instruction again. */
    void rewind() {
        position = 0;
    }

    /** The instruction, or one element of a repeated one, has ended. */
    void clear() {
        count = 0;
        position = 0;
        due = false;
    }

    ModelState save() {
        return ModelState.of("cpu.log", 1).put("answers", Arrays.copyOf(answers, count)).put("due", due)
                .put("reason", exit.reason).put("space", exit.space).put("address", exit.address)
                .put("size", exit.size).put("write", exit.write).put("value", exit.value).build();
    }

    void restore(ModelState state) {
        long[] saved = state.longs("answers");
        if (saved.length > MOST) {
            throw new StateException("cpu.log: %d answers, at most %d".formatted(saved.length, MOST));
        }
        answers = Arrays.copyOf(saved, Math.max(16, saved.length));
        count = saved.length;
        position = 0;
        due = state.flag("due");
        exit.reason = (int) state.number("reason", 0, CpuExit.EXCLUSIVE);
        exit.space = (int) state.number("space", 0, CpuExit.CR8);
        exit.address = state.number("address");
        exit.size = (int) state.number("size", 0, 8);
        exit.write = state.flag("write");
        exit.value = state.number("value");
    }
}
