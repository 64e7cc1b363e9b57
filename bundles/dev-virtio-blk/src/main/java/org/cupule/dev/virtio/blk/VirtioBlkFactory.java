package org.cupule.dev.virtio.blk;

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
 * Makes virtio block devices.
 *
 * @threading any thread
 */
@OffersModel(kind = "virtio-blk", name = "disk", version = "1.0.0")
@Component(service = DeviceFactory.class)
public final class VirtioBlkFactory implements DeviceFactory {
    static final int ENTRIES = 128;
    private static final StateSchema SCHEMA = StateSchema.first("virtio-blk");
    private static final int TYPE = 2;
    private static final int SCSI_STORAGE = 0x01_0000;
    private static final DeviceSpec SPEC = DeviceSpec.of(VirtioSpec.function(TYPE, SCSI_STORAGE, 1))
            .with(new Option("serial", "", "Serial number, at most 20 characters; the device's name if there is none."))
            .with(Backend.DISK);

    @Override
    public ModelInfo info() {
        return new ModelInfo(SCHEMA.kind(), "disk", "1.0.0", "A virtio block device: a disk of a raw image");
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
        return new VirtioPci(context, SCHEMA, 1, ENTRIES, BlockModel::new);
    }
}
