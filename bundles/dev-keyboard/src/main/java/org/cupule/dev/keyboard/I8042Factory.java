package org.cupule.dev.keyboard;

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
 * Makes keyboard controllers.
 *
 * @threading any thread
 */
@OffersModel(kind = "i8042", name = "ps2-controller", version = "1.0.0")
@Component(service = DeviceFactory.class)
public final class I8042Factory implements DeviceFactory {
    private static final DeviceSpec SPEC = DeviceSpec
            .of(Window.ports("data", 1, 0x60), Window.ports("command", 1, 0x64),
                    Window.ports("fast", 1, 0x92))
            .with(new LineSpec("keyboard", 1), new LineSpec("mouse", 12));

    @Override
    public ModelInfo info() {
        return new ModelInfo("i8042", "ps2-controller", "1.0.0",
                "The keyboard controller of a PC, with an idle keyboard and an idle mouse");
    }

    @Override
    public StateSchema schema() {
        return I8042.SCHEMA;
    }

    @Override
    public DeviceSpec spec() {
        return SPEC;
    }

    @Override
    public Device create(DeviceContext context) {
        return new I8042(context);
    }
}
