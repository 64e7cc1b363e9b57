package org.cupule.hv.sim.passthrough;

import java.util.function.IntUnaryOperator;
import org.cupule.pci.HostPciDevice;
import org.cupule.pci.PciFunction;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.types.Bdf;
import org.jspecify.annotations.Nullable;

/**
 * A function of the host in a guest. Its messages are the hypervisor's: it keeps the capabilities for them and the
 * MSI-X table, which the guest writes, and sends what the device signals to where the guest's entries say. The device
 * sees neither.
 *
 * @threading any thread
 */
final class PassedFunction extends Function {
    private static final int COMMAND = 0x04;
    private static final int BARS = 0x10;
    private static final int BARS_END = 0x28;
    private static final int MSI_CAPABILITY = 5;
    private static final int MSI_BYTES = 24;
    private static final int MSIX_CAPABILITY = 0x11;
    private static final int MSIX_BYTES = 12;

    private final HostPciDevice device;
    private final boolean quirk;
    private final Lines lines;
    private final Attached attached;
    private volatile @Nullable PciFunction slot;
    private volatile int msi;
    private volatile int msix;

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
                spec.subsystemVendor(), spec.subsystem(), spec.bars(), spec.msiVectors(), pin, spec.capabilities(),
                spec.msix());
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
    void plugged(PciFunction onBus, IntUnaryOperator capability) {
        msi = capability.applyAsInt(MSI_CAPABILITY);
        msix = capability.applyAsInt(MSIX_CAPABILITY);
        slot = onBus;
        attached.plugged(onBus);
    }

    @Override
    boolean owns(int register) {
        boolean bars = register >= BARS && register < BARS_END;
        boolean messages = inside(register, msi, MSI_BYTES) || inside(register, msix, MSIX_BYTES);
        return !quirk || bars || messages || (register & ~3) == COMMAND;
    }

    private static boolean inside(int register, int capability, int lengthBytes) {
        return capability != 0 && register >= capability && register < capability + lengthBytes;
    }

    @Override
    int readConfig(int register, int size, int fromBus) {
        return attached.gone() ? -1 : fromBus;
    }

    @Override
    public long read(int region, long offset, int size) {
        PciFunction table = table(region, offset);
        return table == null ? attached.model().read(region, offset, size) : table.readMsix(offset, size);
    }

    @Override
    public void write(int region, long offset, int size, long value) {
        PciFunction table = table(region, offset);
        if (table == null) {
            attached.model().write(region, offset, size, value);
        } else {
            table.writeMsix(offset, size, value);
        }
    }

    /**
     * {@return who answers an access to the MSI-X table or its pending bits; null for any other, and when all floats}
     */
    private @Nullable PciFunction table(int region, long offset) {
        boolean covered = spec.msix().isPresent() && spec.msix().get().covers(region, offset);
        return covered && !attached.gone() ? slot : null;
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
