package org.cupule.dev.sample;

import java.util.Set;
import org.cupule.device.Device;
import org.cupule.device.Mmio;
import org.cupule.device.PortIo;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;

/**
 * A sample device that tells who it is, and takes nobody's state.
 *
 * @threading confined to the device's gate
 */
final class FaultySample implements Device, Mmio, PortIo {
    static final StateSchema SCHEMA = new StateSchema("org.cupule.sample", Set.of(1, 2), Set.of(1));
    private static final int ID = 0;
    private static final int ID_VALUE = 0x4C50_5543;
    private static final int MODEL = 4;
    private static final int MODEL_VALUE = 3;

    @Override
    public long readMmio(int window, long offset, int size) {
        return readPort(window, (int) offset, size);
    }

    @Override
    public void writeMmio(int window, long offset, int size, long value) {
        // no register can be written
    }

    @Override
    public int readPort(int window, int offset, int size) {
        return switch (size == Integer.BYTES ? offset : -1) {
            case ID -> ID_VALUE;
            case MODEL -> MODEL_VALUE;
            default -> -1;
        };
    }

    @Override
    public void writePort(int window, int offset, int size, int value) {
        // no register can be written
    }

    @Override
    public void reset() {
        // there is no state
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        return ModelState.of(SCHEMA.kind(), version).build();
    }

    /** Fails, whatever the state: that is what this device is for. */
    @Override
    public void restore(ModelState state) {
        throw new StateException("this model refuses %s version %d on purpose, to be rolled back".formatted(
                state.kind(), state.version()));
    }
}
