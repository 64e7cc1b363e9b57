package org.cupule.device;

import org.osgi.annotation.versioning.ProviderType;

/**
 * A stream of bytes to and from the host: a console, a socket, a file. Neither side ever waits.
 *
 * @threading confined to the device's gate
 */
@ProviderType
public interface ByteStream {
    /** Sends a byte to the host. @return false when the host does not take any now; the byte was not taken */
    boolean write(int value);

    /** {@return the next byte from the host, 0 to 255, or -1 when there is none now} */
    int read();

    /** Sets what is called, inside the gate, when bytes came after {@link #read} had returned -1. */
    void onInput(Runnable action);
}
