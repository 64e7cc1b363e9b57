package org.cupule.dev.pit;

import java.util.Arrays;
import java.util.List;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.PortIo;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;
import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;

/**
 * The 8254 as a PC has it: counter 0 drives the timer interrupt, counter 1 once refreshed the memory, counter 2 is
 * gated by the speaker port.
 *
 * <pre>
 * port 0x61    7 6     5      4         3 2      1       0
 *            +-----+------+---------+--------+---------+------+
 *            |  0  | OUT2 | refresh | checks | speaker | gate |     4 and 5 are read only
 *            +-----+------+---------+--------+---------+------+
 * </pre>
 *
 * <p>
 * The interrupt line rises with OUT of counter 0, and falls only just before it rises again or when a control word or a
 * count of mode 0 takes it down: an edge is what a PC's interrupt controllers wait for, and so each period costs one
 * call.
 *
 * @threading confined to the device's gate
 */
final class Pit8254 implements Device, PortIo {
    static final StateSchema SCHEMA = StateSchema.first("pit8254");
    /** A twelfth of the 14.31818 MHz of the first PC's crystal. */
    static final long HERTZ = 1_193_182;

    private static final int COUNTERS = 3;
    private static final int READ_BACK = 3;
    private static final int SPEAKER_WINDOW = 1;
    private static final int SPEAKER_BITS = 0x0F;
    private static final int GATE = 0x01;
    private static final int REFRESH = 0x10;
    private static final int OUT2 = 0x20;
    /** Firmware lets counter 1 ask for a refresh every 18 pulses; guests measure time by it without programming it. */
    private static final int REFRESH_PULSES = 18;
    /** Interrupts that are nearer than 20 microseconds become one: no guest could serve them one by one. */
    private static final long LEAST_PULSES = 24;

    private final DeviceContext context;
    private final VmTimer timer;
    private final Counter[] counters = {new Counter(true), new Counter(true), new Counter(false)};
    private int speaker;

    Pit8254(DeviceContext context) {
        this.context = context;
        timer = context.timer("counter0", this::rise);
    }

    @Override
    public void reset() {
        speaker = 0;
        for (int i = 0; i < COUNTERS; i++) {
            counters[i].reset(i != 2);
        }
    }

    private long now() {
        return VmClock.ticks(context.clock().nanos(), HERTZ);
    }

    @Override
    public int readPort(int window, int offset, int size) {
        int value = 0;
        for (int i = 0; i < size; i++) {
            value |= (window == SPEAKER_WINDOW ? readSpeaker() : read(offset + i)) << 8 * i;
        }
        return value;
    }

    @Override
    public void writePort(int window, int offset, int size, int value) {
        for (int i = 0; i < size; i++) {
            int part = value >>> 8 * i & 0xFF;
            if (window == SPEAKER_WINDOW) {
                writeSpeaker(part);
            } else {
                write(offset + i, part);
            }
        }
    }

    private int read(int offset) {
        return offset < COUNTERS ? counters[offset].read(now()) : 0xFF;
    }

    private void write(int offset, int value) {
        if (offset < COUNTERS) {
            counters[offset].write(now(), value);
            follow(offset, !counters[offset].element().periodic());
        } else {
            control(value);
        }
    }

    private void control(int word) {
        int number = word >> 6;
        if (number == READ_BACK) {
            readBack(word);
        } else if ((word & 0x30) == 0) {
            counters[number].latchCount(now());
        } else {
            counters[number].program(word);
            follow(number, true);
        }
    }

    /** Bits 3 to 1 choose counters; bit 5 low latches their counts, bit 4 low their status. */
    private void readBack(int word) {
        for (int i = 0; i < COUNTERS; i++) {
            boolean chosen = (word >> i + 1 & 1) != 0;
            if (chosen && (word & 0x20) == 0) {
                counters[i].latchCount(now());
            }
            if (chosen && (word & 0x10) == 0) {
                counters[i].latchStatus(now());
            }
        }
    }

    private int readSpeaker() {
        long now = now();
        return speaker | (now / REFRESH_PULSES % 2 != 0 ? REFRESH : 0) | (counters[2].element().out(now) ? OUT2 : 0);
    }

    private void writeSpeaker(int value) {
        speaker = value & SPEAKER_BITS;
        counters[2].element().gate(now(), (value & GATE) != 0);
    }

    /** Counter 0 was written: perhaps takes the line down, and waits for the next rise. */
    private void follow(int number, boolean down) {
        if (number != 0) {
            return;
        }
        if (down) {
            context.line(0, false);
        }
        arm();
    }

    private void arm() {
        long now = now();
        CountingElement element = counters[0].element();
        long rise = element.nextRise(now);
        if (rise == CountingElement.NEVER) {
            timer.disarm();
        } else {
            timer.arm(VmClock.nanosAt(element.periodic() ? Math.max(rise, now + LEAST_PULSES) : rise, HERTZ));
        }
    }

    private void rise() {
        context.line(0, false);
        context.line(0, true);
        arm();
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        return ModelState.of(SCHEMA.kind(), 1).put("speaker", speaker)
                .put("counters", Arrays.stream(counters).map(Counter::save).toList()).build();
    }

    @Override
    public void restore(ModelState state) {
        if (!state.kind().equals(SCHEMA.kind()) || state.version() != 1) {
            throw new StateException("pit8254 reads version 1 of its own state, not %s version %d"
                    .formatted(state.kind(), state.version()));
        }
        speaker = (int) state.number("speaker", 0, SPEAKER_BITS);
        List<ModelState> states = state.list("counters");
        if (states.size() != COUNTERS) {
            throw new StateException("pit8254: field 'counters' has %d counters, not 3".formatted(states.size()));
        }
        for (int i = 0; i < COUNTERS; i++) {
            counters[i].restore(states.get(i));
        }
    }
}
