package org.cupule.tck.pci;

import java.util.ArrayList;
import java.util.List;
import org.cupule.pci.PciBusContext;
import org.cupule.types.Bdf;
import org.cupule.types.IoRange;
import org.cupule.types.Msi;

/**
 * Writes down what a bus tells its owner.
 *
 * @threading confined to the test
 */
public class RecordingPciContext implements PciBusContext {
    private final List<String> told = new ArrayList<>();

    @Override
    public void mapped(Bdf address, int bar, IoRange range) {
        told.add("mapped %s bar%d %s".formatted(address, bar, range));
    }

    @Override
    public void unmapped(Bdf address, int bar, IoRange range) {
        told.add("unmapped %s bar%d %s".formatted(address, bar, range));
    }

    @Override
    public void intx(Bdf address, int pin, boolean high) {
        told.add("intx %s pin%d %s".formatted(address, pin, high ? "high" : "low"));
    }

    @Override
    public void message(Bdf address, Msi message) {
        told.add("message %s %s".formatted(address, message));
    }

    /** {@return what was told since the last call, in its order} */
    public List<String> news() {
        List<String> news = List.copyOf(told);
        told.clear();
        return news;
    }
}
