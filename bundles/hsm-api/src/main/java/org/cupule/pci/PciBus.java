package org.cupule.pci;

import org.cupule.state.Stateful;
import org.cupule.types.Bdf;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A PCI hierarchy: the configuration spaces of its functions, with their masks, base address registers and MSI
 * capabilities. Function 00:00.0 is the host bridge, put there by the bus itself.
 *
 * <p>
 * State kind {@code pci-bus}: the configuration space of each function, by address. It can be restored on a bus that
 * has the very same functions; the ranges that appear and disappear are told to the context as after a write.
 *
 * @threading any thread; one caller at a time is inside, and calls of {@link PciBusContext} are made after it has left
 */
@ProviderType
public interface PciBus extends Stateful {
    /**
     * Puts a function on the bus in its power-on state: decoding off.
     *
     * @throws org.cupule.types.HsmException
     *             EEXIST when the address is taken; EINVAL when the capabilities do not fit into 256 bytes
     */
    PciFunction add(Bdf address, PciFunctionSpec spec);

    /**
     * Takes a function off the bus: its ranges are unmapped and its pin is low. Nothing happens when there is none.
     *
     * @throws org.cupule.types.HsmException
     *             EINVAL for the host bridge
     */
    void remove(Bdf address);

    /**
     * Reads configuration space.
     *
     * @param register
     *            0 to 4095
     * @param size
     *            1, 2 or 4, not crossing a 4-byte boundary
     * @return the value, zero-extended; all ones of that size where there is no function, or for a misaligned access
     */
    int read(Bdf address, int register, int size);

    /** Writes configuration space; read-only bits stay, a write to nothing is dropped. */
    void write(Bdf address, int register, int size, int value);

    /** Sets each function's configuration space to its power-on state. */
    void reset();
}
