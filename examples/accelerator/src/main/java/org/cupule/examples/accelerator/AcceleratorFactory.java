package org.cupule.examples.accelerator;

import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.pci.BarSpec;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * Makes hash accelerators.
 *
 * @threading any thread
 */
@OffersModel(kind = "org.cupule.examples.accelerator", name = "accelerator", version = "1.0.0")
@Component(service = DeviceFactory.class, configurationPid = "org.cupule.examples.accelerator")
@Designate(ocd = AcceleratorFactory.Settings.class)
public final class AcceleratorFactory implements DeviceFactory {
    private static final ModelInfo INFO = new ModelInfo(Accelerator.SCHEMA.kind(), "accelerator", "1.0.0",
            "A PCI function that hashes guest memory by DMA");
    /** Vendor and device id are ours; class 12.00.00 is a processing accelerator. */
    private static final DeviceSpec SPEC = DeviceSpec.of(PciFunctionSpec.simple(0xC09E, 0x0ACC, 0x12_0000, 1,
            new BarSpec(0, BarSpec.Kind.MEMORY32, Accelerator.WINDOW_BYTES)));

    /** Settings of all accelerators. */
    @ObjectClassDefinition(name = "Hash accelerator", description = "How fast hash accelerators are")
    public @interface Settings {
        /** {@return how long 1024 bytes take} */
        @AttributeDefinition(name = "Time", description = "Nanoseconds of VM time for 1024 bytes, 1 to 1000000000", min = "1", max = "1000000000")
        long nanos_per_kib() default 1000;
    }

    private volatile long nanosPerKib;

    /** Made by the component runtime. */
    @Activate
    public AcceleratorFactory(Settings settings) {
        this(settings.nanos_per_kib());
    }

    AcceleratorFactory(long nanosPerKib) {
        this.nanosPerKib = nanosPerKib;
    }

    /** New settings hold for the next job. */
    @Modified
    void modified(Settings settings) {
        nanosPerKib = settings.nanos_per_kib();
    }

    @Override
    public ModelInfo info() {
        return INFO;
    }

    @Override
    public StateSchema schema() {
        return Accelerator.SCHEMA;
    }

    @Override
    public DeviceSpec spec() {
        return SPEC;
    }

    @Override
    public Device create(DeviceContext context) {
        return new Accelerator(context, () -> nanosPerKib);
    }
}
