package org.cupule.examples.temperature;

import java.util.Set;
import java.util.function.Supplier;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.Mmio;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;
import org.cupule.time.VmTimer;

/**
 * A temperature sensor. It converts once in each PERIOD while CONTROL says RUN, and raises an alarm at or above HIGH.
 *
 * <pre>
 *     offset  name         access
 *     0x00    ID           R       0x504D4554: "TEMP"
 *     0x04    TEMPERATURE  R       what the last conversion found, in thousandths of a degree Celsius, signed
 *     0x08    HIGH         RW      the alarm's limit, alike; 85000 after power-on
 *     0x0C    PERIOD       RW      milliseconds from one conversion to the next, at least 1; 1000 after power-on
 *     0x10    CONTROL      RW      bit 0 RUN, bit 1 the alarm may interrupt
 *     0x14    STATUS       RW1C    bit 0 a conversion has ended, bit 1 the alarm
 *     0x18    CONVERSIONS  R       how many have ended, modulo 2^32
 *     0x1C    PEAK         R       the highest temperature since power-on (state version 2)
 * </pre>
 *
 * Accesses of 4 bytes at these offsets; others read all ones and write nothing. The line "irq" is high while the alarm's
 * bits of CONTROL and of STATUS are 1.
 *
 * @threading confined to the device's gate
 */
final class Temperature implements Device, Mmio {
    static final StateSchema SCHEMA = new StateSchema("org.cupule.examples.temperature", Set.of(1, 2), Set.of(1, 2));
    static final int WINDOW_BYTES = 0x1000;
    static final int ID = 0x00;
    static final int TEMPERATURE = 0x04;
    static final int HIGH = 0x08;
    static final int PERIOD = 0x0C;
    static final int CONTROL = 0x10;
    static final int STATUS = 0x14;
    static final int CONVERSIONS = 0x18;
    static final int PEAK = 0x1C;
    static final int ID_VALUE = 0x504D_4554;
    static final int RUN = 1;
    static final int MAY_INTERRUPT = 2;
    static final int CONVERTED = 1;
    static final int ALARM = 2;
    private static final int STANDARD_HIGH = 85_000;
    private static final int STANDARD_PERIOD = 1000;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final DeviceContext context;
    private final Supplier<Room> room;
    private final VmTimer timer;
    private int temperature;
    private int high = STANDARD_HIGH;
    private int period = STANDARD_PERIOD;
    private int control;
    private int status;
    private int conversions;
    private int peak = Integer.MIN_VALUE;

    Temperature(DeviceContext context, Supplier<Room> room) {
        this.context = context;
        this.room = room;
        this.timer = context.timer("conversion", this::convert);
    }

    @Override
    public void reset() {
        timer.disarm();
        temperature = 0;
        high = STANDARD_HIGH;
        period = STANDARD_PERIOD;
        control = 0;
        status = 0;
        conversions = 0;
        peak = Integer.MIN_VALUE;
    }

    private void convert() {
        temperature = room.get().at(context.clock().nanos());
        peak = Math.max(peak, temperature);
        conversions++;
        status |= temperature >= high ? CONVERTED | ALARM : CONVERTED;
        timer.arm(context.clock().nanos() + Integer.toUnsignedLong(period) * NANOS_PER_MILLI);
        update();
    }

    private void update() {
        context.line(0, (control & MAY_INTERRUPT) != 0 && (status & ALARM) != 0);
    }

    @Override
    public long readMmio(int window, long offset, int size) {
        return size == 4 && offset % 4 == 0 ? read((int) offset) : -1;
    }

    private int read(int register) {
        return switch (register) {
            case ID -> ID_VALUE;
            case TEMPERATURE -> temperature;
            case HIGH -> high;
            case PERIOD -> period;
            case CONTROL -> control;
            case STATUS -> status;
            case CONVERSIONS -> conversions;
            case PEAK -> peak;
            default -> -1;
        };
    }

    @Override
    public void writeMmio(int window, long offset, int size, long value) {
        if (size == 4 && offset % 4 == 0) {
            write((int) offset, (int) value);
            update();
        }
    }

    private void write(int register, int value) {
        switch (register) {
            case HIGH -> high = value;
            case PERIOD -> period = value == 0 ? 1 : value;
            case CONTROL -> control(value & (RUN | MAY_INTERRUPT));
            case STATUS -> status &= ~value;
            default -> {
                // no register, or one that is only read
            }
        }
    }

    private void control(int value) {
        boolean begins = (value & ~control & RUN) != 0;
        control = value;
        if (begins) {
            timer.arm(context.clock().nanos() + Integer.toUnsignedLong(period) * NANOS_PER_MILLI);
        } else if ((value & RUN) == 0) {
            timer.disarm();
        }
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    /** Version 1 has no PEAK; the timer's deadline is carried by the platform. */
    @Override
    public ModelState save(int version) {
        var state = ModelState.of(SCHEMA.kind(), version).put("temperature", temperature).put("high", high)
                .put("period", Integer.toUnsignedLong(period)).put("control", control).put("status", status)
                .put("conversions", Integer.toUnsignedLong(conversions));
        return version == 1 ? state.build() : state.put("peak", peak).build();
    }

    @Override
    public void restore(ModelState state) {
        if (!state.kind().equals(SCHEMA.kind()) || !SCHEMA.reads().contains(state.version())) {
            throw new StateException("%s reads versions %s of its own state, not %s version %d"
                    .formatted(SCHEMA.kind(), SCHEMA.reads(), state.kind(), state.version()));
        }
        temperature = (int) state.number("temperature", Integer.MIN_VALUE, Integer.MAX_VALUE);
        high = (int) state.number("high", Integer.MIN_VALUE, Integer.MAX_VALUE);
        period = (int) state.number("period", 1, 0xFFFF_FFFFL);
        control = (int) state.number("control", 0, RUN | MAY_INTERRUPT);
        status = (int) state.number("status", 0, CONVERTED | ALARM);
        conversions = (int) state.number("conversions", 0, 0xFFFF_FFFFL);
        peak = state.version() == 1
                ? (conversions == 0 ? Integer.MIN_VALUE : temperature)
                : (int) state.number("peak", Integer.MIN_VALUE, Integer.MAX_VALUE);
    }
}
