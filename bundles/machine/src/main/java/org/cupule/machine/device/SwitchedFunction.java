package org.cupule.machine.device;

import java.util.Optional;
import org.cupule.pci.PciFunction;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.types.Bdf;
import org.cupule.types.IoRange;
import org.cupule.types.Msi;

/**
 * A device's view of its function, which stays when the bus below is swapped.
 *
 * @threading any thread
 */
final class SwitchedFunction implements PciFunction {
    private volatile PciFunction current;

    SwitchedFunction(PciFunction first) {
        current = first;
    }

    void switchTo(PciFunction next) {
        current = next;
    }

    @Override
    public Bdf address() {
        return current.address();
    }

    @Override
    public PciFunctionSpec spec() {
        return current.spec();
    }

    @Override
    public Optional<IoRange> range(int bar) {
        return current.range(bar);
    }

    @Override
    public boolean busMaster() {
        return current.busMaster();
    }

    @Override
    public Optional<Msi> message(int vector) {
        return current.message(vector);
    }

    @Override
    public boolean intx(boolean high) {
        return current.intx(high);
    }

    @Override
    public long readMsix(long offset, int size) {
        return current.readMsix(offset, size);
    }

    @Override
    public void writeMsix(long offset, int size, long value) {
        current.writeMsix(offset, size, value);
    }
}
