package org.cupule.dev.hotplug;

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
 * Makes hot-plug controllers.
 *
 * @threading any thread
 */
@OffersModel(kind = "pci-hotplug", name = "slot-controller", version = "1.0.0")
@Component(service = DeviceFactory.class)
public final class SlotControllerFactory implements DeviceFactory {
    private static final DeviceSpec SPEC = DeviceSpec.of(Window.ports("slots", SlotController.LENGTH, 0xCC0))
            .with(new LineSpec("irq", 5));

    @Override
    public ModelInfo info() {
        return new ModelInfo("pci-hotplug", "slot-controller", "1.0.0",
                "tells the guest of PCI functions that come and go");
    }

    @Override
    public StateSchema schema() {
        return SlotController.SCHEMA;
    }

    @Override
    public DeviceSpec spec() {
        return SPEC;
    }

    @Override
    public Device create(DeviceContext context) {
        return new SlotController(context);
    }
}
