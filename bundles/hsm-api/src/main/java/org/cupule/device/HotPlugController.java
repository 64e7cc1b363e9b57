package org.cupule.device;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A device that tells the guest of PCI functions that come and go, and hears from it when it has let go of one:
 * {@link Device}s implement it beside their other interfaces. Its slots are the devices 1 to 31 of bus 00; all
 * functions of a device come and go together.
 *
 * <pre>
 *  the machine                    the controller                       the guest
 *  a function was plugged in      inserted(n)         interrupt ->     finds it, gives it addresses, uses it
 *
 *  a function is to go            requestRemoval(n)   interrupt ->     lets its driver go of it
 *  it is taken away           &lt;-  MachineControl.eject(n)         &lt;-   says so
 *  it stays                   &lt;-  MachineControl.ejection(n, s)   &lt;-   or refuses
 *
 *  a function was pulled out      removed(n)          interrupt ->     reads all ones there, and cleans up
 * </pre>
 *
 * <p>
 * A guest arms the controller before it looks at the bus. Until then, and after each reset, nothing is recorded: the
 * guest will find what there is when it looks.
 *
 * @threading confined to the device's gate
 */
@ConsumerType
public interface HotPlugController {
    /** Something was put into a slot. */
    void inserted(int slot);

    /** What was in a slot was taken away without asking. */
    void removed(int slot);

    /**
     * Asks the guest to let go of what is in a slot; it may not.
     *
     * @return whether a guest listens: if not, nothing was asked
     */
    boolean requestRemoval(int slot);
}
