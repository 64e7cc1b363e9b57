package ${package};

import java.util.function.IntSupplier;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.Mmio;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;

/**
 * A device to begin with: a few registers, an interrupt, and a state that goes with it when it is swapped.
 *
 * <pre>
 *     offset  name     access
 *     0x00    ID       R       0x44455643
 *     0x04    VALUE    RW      any number
 *     0x08    WRITES   R       how often VALUE was written, modulo 2^32
 *     0x0C    CONTROL  RW      bit 0: a write to VALUE may interrupt
 *     0x10    STATUS   RW1C    bit 0: VALUE was written; a write of 1 clears it
 * </pre>
 *
 * Each register takes accesses of 4 bytes at its own offset. Others read all ones and write nothing.
 * The line "irq" is high while bit 0 of CONTROL and of STATUS are 1.
 *
 * @threading confined to the device's gate: one call at a time
 */
final class ${deviceName} implements Device, Mmio {
    static final StateSchema SCHEMA = StateSchema.first("${package}");
    static final int WINDOW_BYTES = 0x1000;
    static final int ID = 0x00;
    static final int VALUE = 0x04;
    static final int WRITES = 0x08;
    static final int CONTROL = 0x0C;
    static final int STATUS = 0x10;
    static final int ID_VALUE = 0x4445_5643;

    private final DeviceContext context;
    private final IntSupplier first;
    private int value;
    private int writes;
    private int control;
    private int status;

    /**
     * Makes one in its power-on state.
     *
     * @param first
     *            what VALUE holds after power-on: a setting, which may change at any time
     */
    ${deviceName}(DeviceContext context, IntSupplier first) {
        this.context = context;
        this.first = first;
        this.value = first.getAsInt();
    }

    @Override
    public void reset() {
        value = first.getAsInt();
        writes = 0;
        control = 0;
        status = 0;
    }

    @Override
    public long readMmio(int window, long offset, int size) {
        return size == 4 && offset % 4 == 0 ? read((int) offset) : -1;
    }

    @Override
    public void writeMmio(int window, long offset, int size, long value) {
        if (size == 4 && offset % 4 == 0) {
            write((int) offset, (int) value);
        }
    }

    private int read(int register) {
        return switch (register) {
            case ID -> ID_VALUE;
            case VALUE -> value;
            case WRITES -> writes;
            case CONTROL -> control;
            case STATUS -> status;
            default -> -1;
        };
    }

    private void write(int register, int written) {
        switch (register) {
            case VALUE -> take(written);
            case CONTROL -> control = written & 1;
            case STATUS -> status &= ~written;
            default -> {
                // no register, or one that is only read
            }
        }
        context.line(0, (control & status) != 0);
    }

    private void take(int written) {
        value = written;
        writes = writes + 1;
        status = 1;
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        return ModelState.of(SCHEMA.kind(), version).put("value", Integer.toUnsignedLong(value))
                .put("writes", Integer.toUnsignedLong(writes)).put("control", control).put("status", status).build();
    }

    @Override
    public void restore(ModelState state) {
        if (!state.kind().equals(SCHEMA.kind()) || !SCHEMA.reads().contains(state.version())) {
            throw new StateException("%s reads versions %s of its own state, not %s version %d"
                    .formatted(SCHEMA.kind(), SCHEMA.reads(), state.kind(), state.version()));
        }
        value = (int) state.number("value", 0, 0xFFFF_FFFFL);
        writes = (int) state.number("writes", 0, 0xFFFF_FFFFL);
        control = (int) state.number("control", 0, 1);
        status = (int) state.number("status", 0, 1);
    }
}
