package org.cupule.dev.virtio.console;

import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.Backend;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.cupule.virtio.VirtioPci;
import org.cupule.virtio.VirtioSpec;
import org.osgi.service.component.annotations.Component;

/**
 * Makes virtio consoles.
 *
 * @threading any thread
 */
@OffersModel(kind = "virtio-console", name = "port", version = "1.0.0")
@Component(service = DeviceFactory.class)
public final class VirtioConsoleFactory implements DeviceFactory {
    private static final StateSchema SCHEMA = StateSchema.first("virtio-console");
    private static final int TYPE = 3;
    private static final int OTHER_COMMUNICATION = 0x07_8000;
    private static final int QUEUES = 2;
    private static final int ENTRIES = 64;
    private static final DeviceSpec SPEC = DeviceSpec.of(VirtioSpec.function(TYPE, OTHER_COMMUNICATION, QUEUES))
            .with(Backend.STREAM);

    @Override
    public ModelInfo info() {
        return new ModelInfo(SCHEMA.kind(), "port", "1.0.0", "A virtio console with one port");
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
        return new VirtioPci(context, SCHEMA, QUEUES, ENTRIES, Port::new);
    }
}
