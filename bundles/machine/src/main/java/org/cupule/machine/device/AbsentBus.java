package org.cupule.machine.device;

import java.util.Optional;
import org.cupule.pci.BarSpec;
import org.cupule.pci.PciBus;
import org.cupule.pci.PciFunction;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.cupule.types.Bdf;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.cupule.types.Msi;

/**
 * What answers for a PCI bus whose plug-in went away: configuration space floats. Functions go on decoding where they
 * did, and reach neither memory nor interrupts.
 *
 * @threading immutable
 */
final class AbsentBus implements PciBus {
    private static final int FLOAT = -1;

    @Override
    public PciFunction add(Bdf address, PciFunctionSpec spec) {
        throw new HsmException(Errno.ENODEV, "pci", "the plug-in of the PCI bus went away; plug one in (hw-pci)");
    }

    @Override
    public void remove(Bdf address) {
        // The function is not on this bus.
    }

    @Override
    public int read(Bdf address, int register, int size) {
        return FLOAT;
    }

    @Override
    public void write(Bdf address, int register, int size, int value) {
        // Nobody hears it.
    }

    @Override
    public void reset() {
        // Nobody hears it.
    }

    @Override
    public StateSchema schema() {
        return StateSchema.first("pci-bus");
    }

    @Override
    public ModelState save(int version) {
        throw new IllegalStateException("an absent bus has no state");
    }

    @Override
    public void restore(ModelState state) {
        throw new IllegalStateException("an absent bus takes no state");
    }

    /** {@return a function that stays as it is, cut off from memory and interrupts} */
    static PciFunction freeze(PciFunction function) {
        var ranges = new IoRange[6];
        for (BarSpec bar : function.spec().bars()) {
            ranges[bar.index()] = function.range(bar.index()).orElse(null);
        }
        return new Frozen(function.address(), function.spec(), ranges);
    }

    private record Frozen(Bdf address, PciFunctionSpec spec, IoRange[] ranges) implements PciFunction {
        @Override
        public Optional<IoRange> range(int bar) {
            return Optional.ofNullable(ranges[bar]);
        }

        @Override
        public boolean busMaster() {
            return false;
        }

        @Override
        public Optional<Msi> message(int vector) {
            return Optional.empty();
        }

        @Override
        public boolean intx(boolean high) {
            return false;
        }
    }
}
