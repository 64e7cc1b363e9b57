package org.cupule.dev.pit;

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
 * Makes interval timers.
 *
 * @threading any thread
 */
@OffersModel(kind = "pit8254", name = "i8254", version = "1.0.0")
@Component(service = DeviceFactory.class)
public final class Pit8254Factory implements DeviceFactory {
    /** GSI 2: where a PC's IOAPIC has the timer; the pair of 8259A has it at IRQ 0 ({@code HSM-INT-04}). */
    private static final int TIMER_GSI = 2;
    private static final DeviceSpec SPEC = DeviceSpec
            .of(Window.ports("counters", 4, 0x40), Window.ports("speaker", 1, 0x61))
            .with(new LineSpec("irq", TIMER_GSI));

    @Override
    public ModelInfo info() {
        return new ModelInfo("pit8254", "i8254", "1.0.0", "The 8254 interval timer of a PC, with the speaker port");
    }

    @Override
    public StateSchema schema() {
        return Pit8254.SCHEMA;
    }

    @Override
    public DeviceSpec spec() {
        return SPEC;
    }

    @Override
    public Device create(DeviceContext context) {
        return new Pit8254(context);
    }
}
