package org.cupule.pci;

import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What a device of the host reaches in the guest that has it. After the guest has lost the device the calls have no
 * effect, and answer false.
 *
 * @threading any thread: threads of the host may signal and transfer, as hardware does
 */
@ProviderType
public interface HostDeviceContext {
    /** Sets the level of the INTx line; low while the guest has switched messages on or the line off. */
    void line(boolean high);

    /**
     * Sends a message-signalled interrupt.
     *
     * @param vector
     *            0 to the number of vectors less one
     * @return whether it was sent; if not, the guest has not enabled it, or has masked it: it is sent then when the
     *         guest unmasks it
     */
    boolean msi(int vector);

    /** Copies from the guest's RAM. @return false, with nothing copied, unless all is RAM and the bus is mastered */
    boolean read(long gpa, byte[] target, int from, int lengthBytes);

    /** Copies to the guest's RAM. @return false, with nothing written, unless all is RAM and the bus is mastered */
    boolean write(long gpa, byte[] source, int from, int lengthBytes);

    /** {@return the guest's clock} */
    VmClock clock();

    /** Makes a timer whose action is called inside the gate. */
    VmTimer timer(Runnable action);
}
