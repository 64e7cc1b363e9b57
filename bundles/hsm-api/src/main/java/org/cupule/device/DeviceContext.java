package org.cupule.device;

import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What a device reaches outside itself. Lines and timers belong to the context: the platform carries them over a swap.
 *
 * <p>
 * Each call can be revoked: after the device was unplugged or quarantined, a call throws {@link IllegalStateException}
 * and has no effect.
 *
 * @threading confined to the device's gate
 */
@ProviderType
public interface DeviceContext {
    /** {@return the name of this device in its machine: {@code com1}} */
    String name();

    /** {@return the value of an option of the spec, as given or by its standard} */
    String option(String name);

    /**
     * Sets the level of an interrupt line; the interrupt is looked at after the present call. Each change counts: low
     * and then high in one call is an edge.
     */
    void line(int index, boolean high);

    /**
     * Sends a message-signalled interrupt of this PCI function: MSI-X if the guest has enabled that, else MSI.
     *
     * @param vector
     *            0 to the number of vectors less one
     * @return whether the guest has enabled it; if not, nothing was sent; if it is only masked it is sent later
     */
    boolean msi(int vector);

    /** {@return guest memory for DMA} */
    DmaMemory dma();

    /** {@return the VM's clock} */
    VmClock clock();

    /**
     * Makes a timer. Its deadline is carried over a swap by its name.
     *
     * @param name
     *            unique in this device
     * @param action
     *            called inside the gate when the deadline has come
     */
    VmTimer timer(String name, Runnable action);

    /**
     * Calls an action inside the gate when the present call has ended and the device is in use: a device that is being
     * restored goes on with its work by this. What is still waiting when the device is reset, moved or unplugged is
     * forgotten.
     */
    void post(Runnable action);

    /** {@return whether the machine must do the same in each run: then nothing may come from chance} */
    boolean deterministic();

    /** {@return the stream of bytes that a device with {@code Backend.STREAM} talks to} */
    ByteStream stream();

    /** {@return the disk that a device with {@code Backend.DISK} is the front of} */
    Disk disk();

    /** {@return the network that a device with {@code Backend.NETWORK} is a card of} */
    Network network();

    /** {@return what a device can do to the whole machine} */
    MachineControl machine();
}
