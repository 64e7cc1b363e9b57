package org.cupule.hv.sim.passthrough;

import java.util.function.IntUnaryOperator;
import org.cupule.pci.PciFunction;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.types.Bdf;
import org.cupule.types.IoRange;

/**
 * One function on the bus of assigned devices.
 *
 * @threading any thread
 */
abstract class Function implements Places.Target {
    final Bdf guest;
    final PciFunctionSpec spec;
    /** Sets the registers that its assignment named, after power-on. */
    Runnable begin = () -> {
    };

    Function(Bdf guest, PciFunctionSpec spec) {
        this.guest = guest;
        this.spec = spec;
    }

    /**
     * It is on the bus now.
     *
     * @param capability
     *            gives the register of a capability; 0 when the function has none of this id
     */
    void plugged(PciFunction slot, IntUnaryOperator capability) {
        // most functions answer only
    }

    /** {@return whether this register of configuration space is the hypervisor's; else it is the device model's} */
    boolean owns(int register) {
        return true;
    }

    /** Reads configuration space, which the bus has given this value. */
    int readConfig(int register, int size, int fromBus) {
        return fromBus;
    }

    /** Has written configuration space; the bus has it already. */
    void wroteConfig(int register, int size, int value) {
        // the bus keeps what most functions have
    }

    /** Reads a region. */
    @Override
    public abstract long read(int region, long offset, int size);

    /** Writes a region. */
    @Override
    public abstract void write(int region, long offset, int size, long value);

    /** A base address register decodes this range from now on. @return whether accesses to it shall come here */
    boolean mapped(int bar, IoRange range) {
        return true;
    }

    /** A base address register decodes this range no more. */
    void unmapped(int bar, IoRange range) {
        // most functions do not care where they are
    }

    /** What the pin of the INTx line shows may have changed with configuration space. */
    void lineChanged() {
        // only functions of the host have a line
    }

    /** Lowers the INTx line. */
    void lower() {
        // only functions of the host have a line
    }

    /** Sets the power-on state; configuration space is there already. */
    abstract void reset();

    /** Is on the bus no more. */
    abstract void close();
}
