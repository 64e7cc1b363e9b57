package org.cupule.hv.sim;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.cupule.abi.AcrnVmMemmap;
import org.cupule.abi.HypercallMemoryBatch;
import org.cupule.abi.HypercallMemoryRegion;
import org.cupule.hypervisor.Region;
import org.cupule.ram.Access;
import org.cupule.ram.MemoryType;
import org.cupule.ram.Ram;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * A batch of memory regions of a User VM, as its Service VM gives it: an array in the Service VM's memory, which refers
 * to that memory ({@code hsm.md} 3.3, 6.6).
 *
 * @threading confined to the call
 */
final class MemoryBatch {
    /** So many pages in one call: 64 GiB. The vCPU that calls cannot be stopped meanwhile. */
    private static final long MOST_PAGES = 1 << 24;
    private static final int REGIONS_AT_ONCE = 4096;

    private final ServiceVm service;
    private final ServiceMemory memory;
    private long pages;

    MemoryBatch(ServiceVm service, ServiceMemory memory) {
        this.service = service;
        this.memory = memory;
    }

    /** Applies it, in order; the first error stops, regions before it remain. */
    void apply(long gpa) {
        var batch = new HypercallMemoryBatch(memory.read(gpa, HypercallMemoryBatch.LAYOUT.byteSize()));
        SimPartition vm = service.find(batch.vmid());
        long count = batch.count() & 0xFFFF_FFFFL;
        check(count != 0, Errno.EPERM, "a batch of no regions");
        long bytes = HypercallMemoryRegion.LAYOUT.byteSize();
        var regions = new ArrayList<Region>();
        try {
            for (long i = 0; i < count; i++) {
                add(regions, new HypercallMemoryRegion(memory.read(batch.array() + i * bytes, bytes)));
                if (regions.size() >= REGIONS_AT_ONCE) {
                    send(vm, regions);
                }
            }
        } finally {
            send(vm, regions);
        }
    }

    private static void send(SimPartition vm, List<Region> regions) {
        if (!regions.isEmpty()) {
            vm.setRegions(List.copyOf(regions));
            regions.clear();
        }
    }

    private void add(List<Region> regions, HypercallMemoryRegion region) {
        long size = region.size();
        check(size > 0 && (size & Ram.PAGE_BYTES - 1) == 0, Errno.EINVAL, "0x%x bytes are not whole pages", size);
        if (region.type() != HypercallMemoryRegion.ADD) {
            count(1);
            regions.add(Region.remove(region.gpa(), size));
            return;
        }
        check((region.serviceGpa() & Ram.PAGE_BYTES - 1) == 0, Errno.EINVAL, "0x%x is not a page",
                region.serviceGpa());
        count(size / Ram.PAGE_BYTES);
        long gpa = region.gpa();
        for (ServiceMemory.Extent part : memory.extents(region.serviceGpa(), size)) {
            // What the Service VM itself may not write it cannot give away for writing.
            int access = region.prot() & Access.ALL & (part.access() | Access.EXECUTE);
            regions.add(new Region(gpa, part.ram(), part.offset(), part.lengthBytes(), access, type(region.prot())));
            gpa += part.lengthBytes();
        }
    }

    private void count(long more) {
        pages += more;
        check(pages <= MOST_PAGES, Errno.EINVAL, "more than %d pages in one call", MOST_PAGES);
    }

    private static MemoryType type(int protection) {
        if ((protection & AcrnVmMemmap.WB) != 0) {
            return MemoryType.WB;
        } else if ((protection & AcrnVmMemmap.WT) != 0) {
            return MemoryType.WT;
        } else if ((protection & AcrnVmMemmap.WC) != 0) {
            return MemoryType.WC;
        }
        return (protection & AcrnVmMemmap.WP) != 0 ? MemoryType.WP : MemoryType.UC;
    }

    /** {@return a page for I/O requests} The number in memory is the page's address; EPERM for what is none. */
    static MemorySegment requestPage(ServiceMemory memory, long gpaOfNumber) {
        long gpa = memory.read(gpaOfNumber, Long.BYTES).get(java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED, 0);
        MemorySegment page = memory.page(gpa);
        if (page == null) {
            throw new HsmException(Errno.EPERM, "set io request page",
                    "0x%x is no page that the Service VM can write".formatted(gpa));
        }
        return page;
    }

    private static void check(boolean holds, Errno errno, String sentence, Object... values) {
        if (!holds) {
            throw new HsmException(errno, "set regions", sentence.formatted(values));
        }
    }
}
