package org.cupule.dev.rtc;

import java.util.Set;
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
 * Makes real-time clocks.
 *
 * @threading any thread
 */
@OffersModel(kind = "mc146818", name = "cmos-rtc", version = "1.0.0")
@Component(service = DeviceFactory.class)
public final class Mc146818Factory implements DeviceFactory {
    private static final DeviceSpec SPEC = DeviceSpec.of(Window.ports("ports", 2, 0x70)).with(new LineSpec("irq", 8));

    @Override
    public ModelInfo info() {
        return new ModelInfo("mc146818", "cmos-rtc", "1.0.0",
                "The real-time clock of a PC, with 128 bytes of registers and memory");
    }

    @Override
    public StateSchema schema() {
        return Mc146818.SCHEMA;
    }

    /** What the battery keeps: the memory and the time. */
    @Override
    public Set<String> keptOverReset() {
        return Set.of("memory", "base", "origin", "weekdayShift", "registers");
    }

    @Override
    public DeviceSpec spec() {
        return SPEC;
    }

    @Override
    public Device create(DeviceContext context) {
        return new Mc146818(context);
    }
}
