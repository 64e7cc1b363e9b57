package org.cupule.machine;

import java.util.function.IntConsumer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The host's end of a machine's console. Output is kept (the last 64 KiB) until somebody is attached.
 *
 * @threading any thread
 */
@ProviderType
public interface Console {
    /**
     * Attaches a receiver of output, which gets what was kept first. It is called on the device's thread and must not
     * wait.
     *
     * @return detaches it
     */
    AutoCloseable attach(IntConsumer output);

    /** Sends input to the guest. @return how many bytes were taken; the rest is to be sent again later */
    int send(byte[] input, int from, int lengthBytes);

    /** {@return the output that was kept, at most the last 64 KiB} */
    byte[] recent();
}
