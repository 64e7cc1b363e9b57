package org.cupule.machine.device;

import java.util.Objects;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;

/**
 * A device model that a plug-in offers. What the factory tells of itself was asked once, so that nobody depends on its
 * good behaviour later.
 *
 * @param factory
 *            makes the devices
 * @param info
 *            what they are
 * @param schema
 *            what state they read and write
 * @param spec
 *            what they need
 * @param bundle
 *            id of the bundle that offers it, or -1
 * @threading immutable
 */
public record DeviceOffer(DeviceFactory factory, ModelInfo info, StateSchema schema, DeviceSpec spec, long bundle) {
    /** Asks the factory what it offers. */
    public static DeviceOffer of(DeviceFactory factory, long bundle) {
        return new DeviceOffer(factory, factory.info(), factory.schema(), factory.spec(), bundle);
    }

    /** Refuses a model that does not say all of itself, or whose devices could never be moved. */
    public DeviceOffer {
        Objects.requireNonNull(info, "the factory has no info");
        Objects.requireNonNull(schema, "the factory has no schema");
        Objects.requireNonNull(spec, "the factory has no spec");
        if (schema.writes().isEmpty()) {
            throw new IllegalArgumentException("the model " + info.id() + " writes no version of its state");
        }
    }

    /** {@return kind, name and version, for people} */
    public String text() {
        return info.kind() + "/" + info.id();
    }
}
