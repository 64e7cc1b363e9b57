package org.cupule.dev.hpet;

import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.LineSpec;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.osgi.service.component.annotations.Component;

/**
 * Makes event timers.
 *
 * @threading any thread
 */
@OffersModel(kind = "hpet", name = "ia-pc-hpet", version = "1.0.0")
@Component(service = DeviceFactory.class)
public final class HpetFactory implements DeviceFactory {
    private static final DeviceSpec SPEC = DeviceSpec.of(Window.memory("registers", 0x400, 0xFED0_0000L)).with(
            new LineSpec("irq0", 0), new LineSpec("irq8", 8), new LineSpec("pin24", 24), new LineSpec("pin25", 25),
            new LineSpec("pin26", 26), new LineSpec("pin27", 27));

    @Override
    public ModelInfo info() {
        return new ModelInfo("hpet", "ia-pc-hpet", "1.0.0", "The high precision event timer, with three comparators");
    }

    @Override
    public StateSchema schema() {
        return Hpet.SCHEMA;
    }

    @Override
    public DeviceSpec spec() {
        return SPEC;
    }

    @Override
    public Device create(DeviceContext context) {
        return new Hpet(context);
    }
}
