package org.cupule.host;

import org.osgi.annotation.versioning.ProviderType;

/**
 * A process that holds a device open for this one. When this one ends without having closed the keeper, however it
 * ends, the keeper runs its last command with the device and lets it go after that.
 *
 * @threading any thread
 */
@ProviderType
public interface Keeper extends AutoCloseable {
    /** By this number the last command finds the device among its descriptors. */
    int DEVICE = 3;

    /** {@return the number of the process, for people} */
    long pid();

    /** Ends it: the device is let go, the last command is not run. Does nothing when that was done. */
    @Override
    void close();
}
