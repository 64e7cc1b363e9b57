package org.cupule.tck.device;

import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.Mmio;
import org.cupule.device.PortIo;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;

/**
 * Makes devices that can be made but never take a state: what a swap must be rolled back from. It looks like a newer
 * version of the model that it wraps; its devices break inside {@code restore}.
 *
 * @param good
 *            the factory whose kind and spec it has
 * @param version
 *            the version that it claims
 * @threading any thread
 */
public record FailingRestoreFactory(DeviceFactory good, String version) implements DeviceFactory {
    @Override
    public ModelInfo info() {
        ModelInfo info = good.info();
        return new ModelInfo(info.kind(), info.name(), version, "Fails in restore: for tests of the roll-back");
    }

    @Override
    public StateSchema schema() {
        return good.schema();
    }

    @Override
    public DeviceSpec spec() {
        return good.spec();
    }

    @Override
    public Device create(DeviceContext context) {
        return new Failing(schema(), context);
    }

    /** Answers all ones; has no state and takes none. */
    private record Failing(StateSchema schema, DeviceContext context) implements Device, PortIo, Mmio {
        @Override
        public void restore(ModelState state) {
            throw new StateException(context.name() + ": this device never takes a state");
        }

        @Override
        public ModelState save(int version) {
            throw new StateException(context.name() + ": this device has no state");
        }

        @Override
        public void reset() {
        }

        @Override
        public int readPort(int window, int offset, int size) {
            return -1;
        }

        @Override
        public void writePort(int window, int offset, int size, int value) {
        }

        @Override
        public long readMmio(int window, long offset, int size) {
            return -1;
        }

        @Override
        public void writeMmio(int window, long offset, int size, long value) {
        }
    }
}
