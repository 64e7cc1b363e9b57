package org.cupule.hv.sim.passthrough;

import java.util.function.IntUnaryOperator;
import org.cupule.pci.HostPciDevice;
import org.cupule.pci.PciFunction;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.types.Bdf;

/**
 * A function of the host in a guest.
 *
 * @threading any thread
 */
final class PassedFunction extends Function {
    private static final int COMMAND = 0x04;
    private static final int BARS = 0x10;
    private static final int BARS_END = 0x28;
    private static final int MSI_CAPABILITY = 5;
    private static final int MSI_BYTES = 24;

    private final HostPciDevice device;
    private final boolean quirk;
    private final Lines lines;
    private final Attached attached;
    private volatile int msi;

    /**
     * Makes a function in its power-on state.
     *
     * @param pin
     *            what its interrupt pin register holds
     * @param quirk
     *            whether the device model keeps most of configuration space
     */
    PassedFunction(Bdf guest, HostPciDevice device, int pin, boolean quirk, GuestSide side, Lines lines) {
        super(guest, withPin(device.spec(), pin));
        this.device = device;
        this.quirk = quirk;
        this.lines = lines;
        this.attached = new Attached(device.address().toString(), side, true, this::line, device::attach);
        if (device.pin() >= 0) {
            lines.add(guest, device.pin());
        }
    }

    private static PciFunctionSpec withPin(PciFunctionSpec spec, int pin) {
        return new PciFunctionSpec(spec.vendor(), spec.device(), spec.classCode(), spec.revision(),
                spec.subsystemVendor(), spec.subsystem(), spec.bars(), spec.msiVectors(), pin, spec.capabilities());
    }

    /** {@return whether it is this function of the host} */
    boolean is(Bdf host) {
        return device.address().equals(host);
    }

    /** {@return its address in the host} */
    Bdf host() {
        return device.address();
    }

    @Override
    void plugged(PciFunction slot, IntUnaryOperator capability) {
        msi = capability.applyAsInt(MSI_CAPABILITY);
        attached.plugged(slot);
    }

    @Override
    boolean owns(int register) {
        boolean bars = register >= BARS && register < BARS_END;
        boolean messages = msi != 0 && register >= msi && register < msi + MSI_BYTES;
        return !quirk || bars || messages || (register & ~3) == COMMAND;
    }

    @Override
    int readConfig(int register, int size, int fromBus) {
        return attached.gone() ? -1 : fromBus;
    }

    @Override
    public long read(int region, long offset, int size) {
        return attached.model().read(region, offset, size);
    }

    @Override
    public void write(int region, long offset, int size, long value) {
        attached.model().write(region, offset, size, value);
    }

    private void line(boolean high) {
        lines.level(guest, high);
    }

    @Override
    void lineChanged() {
        attached.look();
    }

    @Override
    void lower() {
        attached.line(false);
    }

    @Override
    void reset() {
        attached.model().reset();
    }

    /** The host has it no more: it floats where it is. */
    void unplug() {
        attached.close();
    }

    @Override
    void close() {
        attached.close();
        lines.remove(guest);
    }
}
