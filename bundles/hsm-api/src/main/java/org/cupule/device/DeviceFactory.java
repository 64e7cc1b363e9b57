package org.cupule.device;

import java.util.Set;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Makes devices: the OSGi service that a vendor registers.
 *
 * @threading any thread
 */
@ConsumerType
public interface DeviceFactory {
    /** {@return what the devices are; the kind is what a VM file calls {@code type}} */
    ModelInfo info();

    /** {@return what state they read and write; asked before a swap quiesces anything} */
    StateSchema schema();

    /**
     * {@return the fields of the state that a reset leaves as they are, as a chip with a battery has them; a field of a
     * nested state is named {@code outer.inner}}
     */
    default Set<String> keptOverReset() {
        return Set.of();
    }

    /** {@return what a device needs of the machine} */
    DeviceSpec spec();

    /**
     * Makes a device in its power-on state. Only the context's timers, options and lines may be touched here.
     *
     * @throws org.cupule.types.HsmException
     *             EINVAL when an option has a value that the device cannot use
     */
    Device create(DeviceContext context);
}
