package org.cupule.dev.debugexit;

import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.osgi.service.component.annotations.Component;

/**
 * Makes debug-exit ports.
 *
 * @threading any thread
 */
@OffersModel(kind = "debugexit", name = "debug-exit", version = "1.0.0")
@Component(service = DeviceFactory.class)
public final class DebugExitFactory implements DeviceFactory {
    private static final DeviceSpec SPEC = DeviceSpec.of(Window.ports("port", 4, 0xF4));

    @Override
    public ModelInfo info() {
        return new ModelInfo("debugexit", "debug-exit", "1.0.0",
                "The debug-exit port: a write of v ends the run with status 2v+1");
    }

    @Override
    public StateSchema schema() {
        return DebugExit.SCHEMA;
    }

    @Override
    public DeviceSpec spec() {
        return SPEC;
    }

    @Override
    public Device create(DeviceContext context) {
        return new DebugExit(context);
    }
}
