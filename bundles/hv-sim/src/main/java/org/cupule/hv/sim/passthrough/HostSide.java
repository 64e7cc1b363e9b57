package org.cupule.hv.sim.passthrough;

import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.pci.PciBusFactory;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;

/**
 * What all partitions share: the devices of the host, the memories that guests share, and the makers of buses.
 *
 * @threading any thread
 */
public final class HostSide {
    final HostBoard board = new HostBoard();
    final SharedMemories memories = new SharedMemories();
    private final List<PciBusFactory> buses = new CopyOnWriteArrayList<>();

    /** Makes a host without devices. */
    public HostSide() {
        // plug-ins bring them
    }

    /** {@return the devices of the host} */
    public HostBoard board() {
        return board;
    }

    /** A maker of buses came. */
    public void add(PciBusFactory factory) {
        buses.add(factory);
    }

    /** A maker of buses goes; the buses that it made stay. */
    public void remove(PciBusFactory factory) {
        buses.remove(factory);
    }

    /**
     * {@return the preferred maker of buses}
     *
     * @throws HsmException
     *             ENODEV when there is none
     */
    PciBusFactory buses() {
        return buses.stream().min(Comparator.comparing(PciBusFactory::info, ModelInfo.PREFERENCE))
                .orElseThrow(() -> new HsmException(Errno.ENODEV, "assign",
                        "no model of kind 'pci-bus' is there: install a bundle that offers one (hw-pci)"));
    }
}
