package org.cupule.pci;

import java.util.Optional;
import org.cupule.types.Bdf;
import org.cupule.types.IoRange;
import org.cupule.types.Msi;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The bus's side of one function.
 *
 * @threading any thread
 */
@ProviderType
public interface PciFunction {
    /** {@return its address} */
    Bdf address();

    /** {@return what it was added as} */
    PciFunctionSpec spec();

    /** {@return where a base address register decodes now; empty while decoding is off} */
    Optional<IoRange> range(int bar);

    /** {@return whether the guest lets it master the bus: without that, neither DMA nor MSI} */
    boolean busMaster();

    /**
     * The message to send for a vector: that of MSI-X while the guest has enabled MSI-X, else that of MSI.
     *
     * @param vector
     *            0 to the number of vectors less one
     * @return the message; empty when the guest has enabled neither or not bus mastering, or gave fewer vectors, and
     *         when it has masked the vector: then the message is pending, and {@link PciBusContext#message} is told
     *         when it may go
     */
    Optional<Msi> message(int vector);

    /**
     * Sets the level that the device puts on its INTx pin.
     *
     * @return the level that the pin has: low while MSI or MSI-X is on or the guest disabled INTx
     */
    boolean intx(boolean high);

    /**
     * Reads the MSI-X table or its pending bits, where {@link PciFunctionSpec.MsixTable#covers} says so.
     *
     * @param offset
     *            in the base address register
     * @param size
     *            1, 2, 4 or 8
     * @return the value, zero-extended; bytes behind the table are 0
     */
    default long readMsix(long offset, int size) {
        return 0;
    }

    /**
     * Writes the MSI-X table. A write that is not of 4 or 8 bytes, naturally aligned, has no effect, nor has one to the
     * pending bits. {@link PciBusContext#message} is told of messages that may go now.
     */
    default void writeMsix(long offset, int size, long value) {
    }
}
