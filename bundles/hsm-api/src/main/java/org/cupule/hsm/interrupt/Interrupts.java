package org.cupule.hsm.interrupt;

import org.cupule.types.Msi;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Interrupt injection into one VM.
 *
 * @threading any thread; never waits
 */
@ProviderType
public interface Interrupts {
    /** Level high. */
    int HIGH = 0;
    /** Level low. */
    int LOW = 1;
    /** High, then low. */
    int RAISING_PULSE = 2;
    /** Low, then high. */
    int FALLING_PULSE = 3;

    /**
     * Drives a line.
     *
     * @param gsi
     *            0 to 47, else EPERM; below 16 the 8259 pair sees it too (GSI 2 as its input 0)
     * @param operation
     *            one of the constants; any other is accepted without effect
     */
    void line(int gsi, int operation);

    /** Sends a message. EPERM when its address is not 0xFEExxxxx. */
    void msi(Msi msi);
}
