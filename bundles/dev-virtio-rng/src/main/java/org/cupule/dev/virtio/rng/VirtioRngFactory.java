package org.cupule.dev.virtio.rng;

import java.util.Set;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.Option;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.cupule.virtio.VirtioPci;
import org.cupule.virtio.VirtioSpec;
import org.osgi.service.component.annotations.Component;

/**
 * Makes virtio entropy devices.
 *
 * @threading any thread
 */
@OffersModel(kind = "virtio-rng", name = "entropy", version = "1.0.0")
@Component(service = DeviceFactory.class)
public final class VirtioRngFactory implements DeviceFactory {
    private static final StateSchema SCHEMA = StateSchema.first("virtio-rng");
    private static final int TYPE = 4;
    private static final int OTHER_DEVICE = 0x00_FF00;
    private static final int ENTRIES = 64;
    private static final DeviceSpec SPEC = DeviceSpec.of(VirtioSpec.function(TYPE, OTHER_DEVICE, 1))
            .with(new Option("seed", "cupule",
                    "A text; in a deterministic machine the numbers follow from it, else it does not matter."));

    @Override
    public ModelInfo info() {
        return new ModelInfo(SCHEMA.kind(), "entropy", "1.0.0", "A virtio entropy device: random numbers");
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    /** The numbers go on: a reset must not bring the same ones again. */
    @Override
    public Set<String> keptOverReset() {
        return Set.of("model.given");
    }

    @Override
    public DeviceSpec spec() {
        return SPEC;
    }

    @Override
    public Device create(DeviceContext context) {
        return new VirtioPci(context, SCHEMA, 1, ENTRIES, Entropy::new);
    }
}
