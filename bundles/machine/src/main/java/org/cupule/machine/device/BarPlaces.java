package org.cupule.machine.device;

import java.util.ArrayList;
import java.util.List;
import org.cupule.pci.BarSpec;
import org.cupule.types.AddressSpace;
import org.cupule.types.Bdf;
import org.cupule.types.IoRange;

/**
 * Chooses where base address registers lie before the guest has a say, as a firmware does ({@code hsm.md} 15.1): ports
 * from 0x2000, memory in 0x80000000 to 0xDFFFFFFF, what does not fit there and may lie anywhere from 0x4000000000.
 *
 * @threading confined: its owner holds a lock
 */
public final class BarPlaces {
    /** Memory for base address registers below 4 GiB. */
    public static final IoRange LOW = new IoRange(AddressSpace.MMIO, 0x8000_0000L, 0xDFFF_FFFFL);
    /** Memory for base address registers above all RAM. */
    public static final IoRange HIGH = new IoRange(AddressSpace.MMIO, 0x40_0000_0000L, 0x7F_FFFF_FFFFL);
    private static final long PORTS = 0x2000;
    private static final long PORTS_END = 0x1_0000;
    private static final long MOST_LOW_BYTES = 256 << 20;

    private final List<Taken> taken = new ArrayList<>();

    private record Taken(Bdf owner, IoRange range) {
    }

    /** Keeps a window of another device free. */
    void reserve(Bdf owner, IoRange range) {
        taken.add(new Taken(owner, range));
    }

    /** {@return an address for the register; 0 when there is no room: the guest has to find one} */
    long choose(Bdf owner, BarSpec bar) {
        boolean high = bar.kind().wide() && bar.lengthBytes() > MOST_LOW_BYTES;
        long place = bar.kind() == BarSpec.Kind.PORTIO
                ? firstFree(bar, PORTS, PORTS_END)
                : firstFree(bar, high ? HIGH : LOW);
        if (place != 0) {
            taken.add(new Taken(owner, range(bar, place)));
        }
        return place;
    }

    void release(Bdf owner) {
        taken.removeIf(entry -> entry.owner.equals(owner));
    }

    private long firstFree(BarSpec bar, IoRange window) {
        return firstFree(bar, window.first(), window.last() + 1);
    }

    private long firstFree(BarSpec bar, long first, long end) {
        for (long place = first; place + bar.lengthBytes() <= end; place += bar.lengthBytes()) {
            IoRange wanted = range(bar, place);
            if (taken.stream().noneMatch(entry -> entry.range.overlaps(wanted))) {
                return place;
            }
        }
        return 0;
    }

    private static IoRange range(BarSpec bar, long place) {
        return bar.kind() == BarSpec.Kind.PORTIO
                ? IoRange.ports((int) place, (int) bar.lengthBytes())
                : IoRange.mmio(place, bar.lengthBytes());
    }
}
