package org.cupule.dev.sample;

import java.util.List;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.pci.BarSpec;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.osgi.service.component.annotations.Component;

/**
 * Makes sample devices.
 *
 * @threading any thread
 */
@OffersModel(kind = "org.cupule.sample", name = "sample", version = "2.0.0")
@Component(service = DeviceFactory.class)
public final class SampleFactory implements DeviceFactory {
    private static final DeviceSpec SPEC = DeviceSpec.of(new PciFunctionSpec(0xC09E, 0x0001, 0xFF_0000, 1, 0xC09E,
            0x0001, List.of(new BarSpec(0, BarSpec.Kind.MEMORY32, 0x1000), new BarSpec(1, BarSpec.Kind.PORTIO, 0x100)),
            4, 1, List.of()));

    @Override
    public ModelInfo info() {
        return new ModelInfo(Sample.SCHEMA.kind(), "sample", "2.0.0",
                "A PCI device with registers, MSI, DMA both ways with CRC and histogram, and a wide timer");
    }

    @Override
    public StateSchema schema() {
        return Sample.SCHEMA;
    }

    @Override
    public DeviceSpec spec() {
        return SPEC;
    }

    @Override
    public Device create(DeviceContext context) {
        return new Sample(context);
    }
}
