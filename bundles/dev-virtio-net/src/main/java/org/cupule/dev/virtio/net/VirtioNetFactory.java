package org.cupule.dev.virtio.net;

import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.Backend;
import org.cupule.device.DeviceSpec.Option;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.cupule.virtio.VirtioPci;
import org.cupule.virtio.VirtioSpec;
import org.osgi.service.component.annotations.Component;

/**
 * Makes virtio network cards.
 *
 * @threading any thread
 */
@OffersModel(kind = "virtio-net", name = "card", version = "1.0.0")
@Component(service = DeviceFactory.class)
public final class VirtioNetFactory implements DeviceFactory {
    private static final StateSchema SCHEMA = StateSchema.first("virtio-net");
    private static final int TYPE = 1;
    private static final int ETHERNET = 0x02_0000;
    private static final int QUEUES = 2;
    private static final int ENTRIES = 256;
    private static final DeviceSpec SPEC = DeviceSpec.of(VirtioSpec.function(TYPE, ETHERNET, QUEUES))
            .with(new Option("mac", "52:54:00:c0:70:1e",
                    "The card's address: six bytes in hexadecimal, colons between."))
            .with(Backend.NETWORK);

    @Override
    public ModelInfo info() {
        return new ModelInfo(SCHEMA.kind(), "card", "1.0.0", "A virtio network card");
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public DeviceSpec spec() {
        return SPEC;
    }

    @Override
    public Device create(DeviceContext context) {
        return new VirtioPci(context, SCHEMA, QUEUES, ENTRIES, Card::new);
    }
}
