package org.cupule.device;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A device that hears the machine's power button: {@link Device}s implement it beside their other interfaces.
 *
 * @threading confined to the device's gate
 */
@ConsumerType
public interface PowerButton {
    /** Somebody pressed the button: the guest is asked to switch the machine off, and may not. */
    void press();
}
