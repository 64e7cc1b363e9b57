package org.cupule.itests;

import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.device.Mmio;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.cupule.time.VmClock;
import org.cupule.types.ModelInfo;

/**
 * Shows a guest the VM's clock itself.
 *
 * <pre>
 *  0xFE00_0000   VmClock.nanos(), 8 bytes
 *  0xFE00_0008   VmClock.epochSeconds(), 8 bytes
 * </pre>
 *
 * @threading any thread
 */
final class ClockWitness implements DeviceFactory {
    static final String TYPE = "clock-witness";
    static final long BASE = 0xFE00_0000L;
    private static final StateSchema SCHEMA = StateSchema.first(TYPE);

    @Override
    public ModelInfo info() {
        return new ModelInfo(TYPE, "witness", "1.0.0", "Shows the clock of the VM");
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public DeviceSpec spec() {
        return DeviceSpec.of(Window.memory("clock", 16, BASE));
    }

    @Override
    public Device create(DeviceContext context) {
        return new Witness(context.clock());
    }

    private record Witness(VmClock clock) implements Device, Mmio {
        @Override
        public long readMmio(int window, long offset, int size) {
            long value = (offset < 8 ? clock.nanos() : clock.epochSeconds()) >>> 8 * (offset & 7);
            return size == 8 ? value : value & (1L << 8 * size) - 1;
        }

        @Override
        public void writeMmio(int window, long offset, int size, long value) {
            // There is nothing to be written.
        }

        @Override
        public void reset() {
            // It has no state.
        }

        @Override
        public StateSchema schema() {
            return SCHEMA;
        }

        @Override
        public ModelState save(int version) {
            return ModelState.of(TYPE, version).build();
        }

        @Override
        public void restore(ModelState state) {
            // It has no state.
        }
    }
}
