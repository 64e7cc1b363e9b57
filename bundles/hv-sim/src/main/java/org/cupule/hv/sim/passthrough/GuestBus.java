package org.cupule.hv.sim.passthrough;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.cupule.hv.sim.passthrough.Places.Place;
import org.cupule.pci.PciBus;
import org.cupule.pci.PciBusContext;
import org.cupule.pci.PciBusFactory;
import org.cupule.types.Bdf;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.cupule.types.Msi;
import org.jspecify.annotations.Nullable;

/**
 * The functions that one guest has from the host and from the hypervisor, on a bus of their own: what the guest sees of
 * configuration space at their addresses, and where their regions lie.
 *
 * @threading any thread; functions come and go while the partition stands still
 */
final class GuestBus implements PciBusContext {
    private static final int CAPABILITIES = 0x34;
    private static final int MOST_CAPABILITIES = 48;

    private final GuestSide guest;
    private final Places places;
    private volatile Map<Bdf, Function> functions = Map.of();
    private volatile @Nullable PciBus bus;

    GuestBus(GuestSide guest, Places places) {
        this.guest = guest;
        this.places = places;
    }

    /**
     * Puts a function on the bus.
     *
     * @throws HsmException
     *             EEXIST when the address is taken
     */
    void add(Function function, PciBusFactory factory) {
        PciBus made = bus(factory);
        function.plugged(made.add(function.guest, function.spec), id -> capability(made, function.guest, id));
        var next = new TreeMap<>(functions);
        next.put(function.guest, function);
        functions = next;
    }

    /** Walks the list of capabilities (PCI Local Bus Specification 3.0, section 6.7). */
    private static int capability(PciBus bus, Bdf address, int id) {
        int at = bus.read(address, CAPABILITIES, 1);
        for (int steps = 0; at != 0 && steps < MOST_CAPABILITIES; steps++) {
            if (bus.read(address, at, 1) == id) {
                return at;
            }
            at = bus.read(address, at + 1, 1);
        }
        return 0;
    }

    private PciBus bus(PciBusFactory factory) {
        PciBus made = bus;
        if (made == null) {
            made = factory.create(this);
            bus = made;
        }
        return made;
    }

    /** Refuses an address that is taken: before a device is made for it. */
    void refuseTaken(Bdf address) {
        if (functions.containsKey(address) || address.packed() == 0) {
            throw new HsmException(Errno.EEXIST, "assign",
                    "%s is taken in the guest by another assigned function, or the host bridge".formatted(address));
        }
    }

    /** Takes a function off the bus. */
    void remove(Function function) {
        PciBus made = bus;
        if (made != null) {
            made.remove(function.guest);
        }
        var next = new TreeMap<>(functions);
        next.remove(function.guest);
        functions = next;
        function.close();
    }

    /** {@return the function at an address; null for none} */
    @Nullable
    Function at(Bdf address) {
        return functions.get(address);
    }

    /** {@return the functions, by address} */
    List<Function> functions() {
        return List.copyOf(functions.values());
    }

    boolean isEmpty() {
        return functions.isEmpty();
    }

    /** {@return whether configuration space at this register is answered here} */
    boolean owns(int bdf, int register) {
        if (functions.isEmpty()) {
            return false;
        }
        Function function = functions.get(Bdf.of(bdf));
        return function != null && function.owns(register);
    }

    /** Reads configuration space of a function that is here. */
    int read(int bdf, int register, int size) {
        Bdf address = Bdf.of(bdf);
        Function function = functions.get(address);
        PciBus made = bus;
        return function == null || made == null || (register & 3) + size > 4
                ? -1
                : function.readConfig(register, size, made.read(address, register, size));
    }

    /** Writes configuration space of a function that is here. */
    void write(int bdf, int register, int size, int value) {
        Bdf address = Bdf.of(bdf);
        Function function = functions.get(address);
        PciBus made = bus;
        if (function != null && made != null && (register & 3) + size <= 4) {
            made.write(address, register, size, value);
            function.wroteConfig(register, size, value);
        }
    }

    /** Sets all functions to power-on: configuration space first, so that no region is decoded any more. */
    void reset() {
        PciBus made = bus;
        functions.values().forEach(Function::lower);
        if (made != null) {
            made.reset();
        }
        functions.values().forEach(Function::reset);
    }

    // ---- what the bus tells

    @Override
    public void mapped(Bdf address, int bar, IoRange range) {
        Function function = functions.get(address);
        if (function != null && function.mapped(bar, range)) {
            places.add(new Place(range, function, function, bar, 0));
        }
    }

    @Override
    public void unmapped(Bdf address, int bar, IoRange range) {
        Function function = functions.get(address);
        if (function != null) {
            places.remove(place -> place.owner() == function && place.region() == bar);
            function.unmapped(bar, range);
        }
    }

    @Override
    public void intx(Bdf address, int pin, boolean high) {
        Function function = functions.get(address);
        if (function != null) {
            function.lineChanged();
        }
    }

    @Override
    public void message(Bdf address, Msi message) {
        guest.message(message);
    }
}
