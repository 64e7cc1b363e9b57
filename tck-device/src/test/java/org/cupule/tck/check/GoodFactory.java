package org.cupule.tck.check;

import java.util.List;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.Option;
import org.cupule.pci.BarSpec;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.state.StateSchema;
import org.cupule.tck.device.FakeMachine;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;

/** Makes the good device. */
class GoodFactory implements DeviceFactory {
    private static final BarSpec REGISTERS = new BarSpec(0, BarSpec.Kind.MEMORY32, 64);
    private static final BarSpec PORTS = new BarSpec(1, BarSpec.Kind.PORTIO, 4);

    @Override
    public ModelInfo info() {
        return new ModelInfo("org.cupule.good", "good", "1.0.0", "Passes all checks");
    }

    @Override
    public StateSchema schema() {
        return GoodDevice.SCHEMA;
    }

    @Override
    public DeviceSpec spec() {
        return DeviceSpec.of(function()).with(new Option("scale", "1", "A whole number."));
    }

    PciFunctionSpec function() {
        return new PciFunctionSpec(0xC09E, 0x600D, 0xFF_0000, 1, 0xC09E, 0x600D, List.of(REGISTERS, PORTS), 2, 1,
                List.of());
    }

    @Override
    public Device create(DeviceContext context) {
        scale(context.option("scale"));
        return device(context);
    }

    int scale(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new HsmException(Errno.EINVAL, "good", "scale '" + text + "' is no whole number");
        }
    }

    Device device(DeviceContext context) {
        return new GoodDevice(context);
    }

    /** Uses all of it, as a guest would. */
    static void exercise(FakeMachine machine) {
        machine.enableMsi(2);
        machine.write(0, GoodDevice.ENABLE, 4, 3);
        machine.write(0, GoodDevice.SCRATCH, 4, 0x1234);
        machine.write(0, GoodDevice.MODE, 4, 2);
        machine.write(0, GoodDevice.ADDRESS, 4, FakeMachine.RAM);
        machine.write(0, GoodDevice.LENGTH, 4, 16);
        machine.write(0, GoodDevice.COMMAND, 4, 1);
        machine.read(0, GoodDevice.STATUS, 4);
        machine.write(0, GoodDevice.CAUSE, 4, 3);
        machine.write(0, GoodDevice.TRIGGER, 4, 3);
        machine.write(0, GoodDevice.TIMER, 4, 50);
        machine.clock().advance(60_000);
        machine.read(0, GoodDevice.TICKS, 4);
        machine.write(0, GoodDevice.TIMER, 4, 20_000);
        machine.write(0, GoodDevice.TRIGGER, 4, 1);
    }
}
