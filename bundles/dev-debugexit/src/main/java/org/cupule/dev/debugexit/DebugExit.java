package org.cupule.dev.debugexit;

import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.PortIo;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;

/**
 * The debug-exit port: a write of v, of any width, ends the run with the process status {@code (2v + 1) mod 256}, so
 * that a guest's success (0) differs from the host's (0 is a clean power-off). A read gives the last value written.
 *
 * @threading confined to the device's gate
 */
final class DebugExit implements Device, PortIo {
    static final StateSchema SCHEMA = StateSchema.first("debugexit");

    private final DeviceContext context;
    private int last;

    DebugExit(DeviceContext context) {
        this.context = context;
    }

    @Override
    public int readPort(int window, int offset, int size) {
        int value = last >>> 8 * offset;
        return size == 4 ? value : value & (1 << 8 * size) - 1;
    }

    @Override
    public void writePort(int window, int offset, int size, int value) {
        last = value;
        context.machine().exit((value << 1 | 1) & 0xFF);
    }

    @Override
    public void reset() {
        last = 0;
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        return ModelState.of(SCHEMA.kind(), 1).put("last", last & 0xFFFF_FFFFL).build();
    }

    @Override
    public void restore(ModelState state) {
        if (!state.kind().equals(SCHEMA.kind()) || state.version() != 1) {
            throw new StateException("debugexit reads version 1 of its own state, not " + state.kind() + " version "
                    + state.version());
        }
        last = (int) state.number("last", 0, 0xFFFF_FFFFL);
    }
}
