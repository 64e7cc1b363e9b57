package org.cupule.examples.postcode;

import java.util.function.BooleanSupplier;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.PortIo;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;

/**
 * Two hexadecimal digits that show the last byte written to the port, and the codes before it. Each code that differs
 * from the one before goes to the back-end as a line, {@code POST 3F}; without a back-end nobody reads it.
 *
 * <pre>
 *     port  access
 *     0x80  W       a code, shown at once
 *     0x80  R       the code that is shown; 0 after power-on
 * </pre>
 *
 * The port is one byte wide: of a wider access the platform hands over that byte alone.
 *
 * @threading confined to the device's gate
 */
final class PostCode implements Device, PortIo {
    static final StateSchema SCHEMA = StateSchema.first("org.cupule.examples.postcode");
    static final int HISTORY = 16;

    private final DeviceContext context;
    private final BooleanSupplier repeats;
    private byte[] history = new byte[HISTORY];
    private long count;

    /**
     * Makes a display that shows nothing yet.
     *
     * @param repeats
     *            whether a code that is shown already is told again
     */
    PostCode(DeviceContext context, BooleanSupplier repeats) {
        this.context = context;
        this.repeats = repeats;
    }

    @Override
    public void reset() {
        history = new byte[HISTORY];
        count = 0;
    }

    @Override
    public int readPort(int window, int offset, int size) {
        return shown();
    }

    @Override
    public void writePort(int window, int offset, int size, int value) {
        int code = value & 0xFF;
        boolean told = count == 0 || code != shown() || repeats.getAsBoolean();
        history[Math.floorMod(count++, HISTORY)] = (byte) code;
        if (told) {
            tell("POST %02X\n".formatted(code));
        }
    }

    private int shown() {
        return count == 0 ? 0 : history[Math.floorMod(count - 1, HISTORY)] & 0xFF;
    }

    /** Sends a line; what the host does not take now is lost, as on a display nobody looks at. */
    private void tell(String line) {
        for (char letter : line.toCharArray()) {
            context.stream().write(letter);
        }
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        return ModelState.of(SCHEMA.kind(), version).put("history", history).put("count", count).build();
    }

    @Override
    public void restore(ModelState state) {
        if (!state.kind().equals(SCHEMA.kind()) || !SCHEMA.reads().contains(state.version())) {
            throw new StateException("%s reads versions %s of its own state, not %s version %d"
                    .formatted(SCHEMA.kind(), SCHEMA.reads(), state.kind(), state.version()));
        }
        history = state.bytes("history", HISTORY);
        count = state.number("count", 0, Long.MAX_VALUE / 2);
    }
}
