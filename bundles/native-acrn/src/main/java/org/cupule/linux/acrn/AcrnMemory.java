package org.cupule.linux.acrn;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.abi.AcrnVmMemmap;
import org.cupule.abi.IoctlNumber;
import org.cupule.hypervisor.Region;
import org.cupule.ram.MemoryType;
import org.cupule.ram.Ram;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Memory of a VM. Device memory is mapped by its physical address. The driver takes RAM by its address in this process,
 * pins it until the VM is destroyed, and makes one region a page of it ({@code hsm.md} 6.3, 6.4); so neighbours are
 * joined before they are handed over, and each joint range uses one of its 256 mappings up.
 *
 * @threading any thread
 */
final class AcrnMemory {
    private final HsmFile file;
    private final AtomicInteger count = new AtomicInteger();

    AcrnMemory(HsmFile file) {
        this.file = file;
    }

    /** {@return how many ranges were mapped, less those removed} */
    int count() {
        return count.get();
    }

    /** Maps and removes, in order; the first error stops, and what was done stays. */
    void set(List<Region> regions) {
        for (Region region : joined(regions)) {
            Ram ram = region.ram();
            if (ram == null) {
                unset(region);
            } else if (region.type() == MemoryType.UC && !ram.ofHost()) {
                throw new HsmException(Errno.EOPNOTSUPP, "setRegions",
                        "ACRN maps device memory by its physical address, which memory of this process for 0x%x has not: use mapHostMmio"
                                .formatted(region.gpa()));
            } else {
                set(region, ram);
            }
        }
    }

    private void set(Region region, Ram ram) {
        file.call(IoctlNumber.SET_MEMSEG, AcrnVmMemmap::new, map -> {
            map.type(ram.ofHost() ? AcrnVmMemmap.MMIO : AcrnVmMemmap.RAM);
            map.attr(region.access() & AcrnVmMemmap.ACCESS_MASK | (ram.ofHost() ? AcrnVmMemmap.UC : AcrnVmMemmap.WB));
            map.userVmPa(region.gpa());
            map.vmaBase(ram.hpa() + region.offset());
            map.len(region.lengthBytes());
        });
        count.incrementAndGet();
    }

    private void unset(Region region) {
        file.call(IoctlNumber.UNSET_MEMSEG, AcrnVmMemmap::new, map -> {
            map.type(AcrnVmMemmap.MMIO);
            map.userVmPa(region.gpa());
            map.len(region.lengthBytes());
        });
        count.decrementAndGet();
    }

    private static List<Region> joined(List<Region> regions) {
        List<Region> joined = new ArrayList<>();
        for (Region next : regions) {
            Region last = joined.isEmpty() ? null : joined.getLast();
            if (last != null && follows(last, next)) {
                joined.set(joined.size() - 1, new Region(last.gpa(), last.ram(), last.offset(),
                        last.lengthBytes() + next.lengthBytes(), last.access(), last.type()));
            } else {
                joined.add(next);
            }
        }
        return joined;
    }

    private static boolean follows(Region last, Region next) {
        return last.ram() != null && last.ram() == next.ram() && last.access() == next.access()
                && last.type() == next.type() && last.gpa() + last.lengthBytes() == next.gpa()
                && last.offset() + last.lengthBytes() == next.offset();
    }
}
