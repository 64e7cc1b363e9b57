package org.cupule.hv.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.cupule.hardware.Ept;
import org.cupule.hardware.EptFactory;
import org.cupule.hardware.EptWalk;
import org.cupule.hardware.Translation;
import org.cupule.hypervisor.Region;
import org.cupule.ram.Access;
import org.cupule.ram.Ram;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * The guest physical memory of one partition: its EPT, the backings behind it, and the shoot-down of what the vCPUs
 * have cached of it.
 *
 * @threading changes under the memory lock; translation on any thread
 */
final class MemoryMap {
    private static final long GPA_LIMIT = 1L << Ept.GPA_BITS;
    private static final long PAGE_MASK = Ram.PAGE_BYTES - 1L;

    /** The partition's memory lock; under it only the EPT model is called. */
    private final ReentrantLock lock = new ReentrantLock();
    final Fitted<EptFactory, Ept> ept;
    private final ShootDown shootDown;
    private volatile HostMemory host = HostMemory.EMPTY;
    private volatile boolean readOnly;

    /** Makes an empty map. */
    MemoryMap(HardwareChoice hardware, ShootDown shootDown) {
        this.shootDown = shootDown;
        this.ept = new Fitted<>("ept", hardware.shelves().epts, hardware.ept(), (factory, stage) -> factory.create(),
                MustHold::ept, this::locked, shootDown::everywhere);
        ept.model();
    }

    private void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    /** As {@code Partition.setRegions}. */
    void apply(List<Region> regions) {
        check(!regions.isEmpty(), Errno.EPERM, "the batch is empty");
        check(ept.parked() == null, Errno.ENODEV, "the VM has no EPT now: its plug-in went away");
        locked(() -> applyInOrder(regions));
    }

    private void applyInOrder(List<Region> regions) {
        int done = 0;
        try {
            for (Region region : regions) {
                apply(region);
                done++;
            }
        } finally {
            if (done > 0) {
                shootDown.everywhere();
                forget(regions.subList(0, done));
            }
        }
    }

    private void apply(Region region) {
        checkRange(region);
        Ram ram = region.ram();
        if (ram == null) {
            remove(region);
        } else {
            add(region, ram);
        }
    }

    private void add(Region region, Ram ram) {
        check(region.offset() >= 0 && (region.offset() & PAGE_MASK) == 0
                && region.offset() <= ram.lengthBytes() - region.lengthBytes(), Errno.EINVAL,
                "offset 0x%x and length 0x%x leave the backing of 0x%x bytes", region.offset(), region.lengthBytes(),
                ram.lengthBytes());
        // The backing must be findable before the first translation to it can be made.
        host = host.with(ram);
        if ((region.access() & Access.READ) != 0 && (region.access() & Access.WRITE) == 0) {
            readOnly = true;
        }
        ept.model().map(region.gpa(), ram.hpa() + region.offset(), region.lengthBytes(), region.access() & Access.ALL,
                region.type());
    }

    private void remove(Region region) {
        check(ept.model().mapped(region.gpa(), region.lengthBytes()), Errno.EINVAL,
                "not all of 0x%x bytes at 0x%x is mapped, so it cannot be removed", region.lengthBytes(), region.gpa());
        ept.model().unmap(region.gpa(), region.lengthBytes());
    }

    /** After removals: lets go of the backings that no page uses any more, so that their owner may release them. */
    private void forget(List<Region> done) {
        if (done.stream().anyMatch(region -> region.ram() == null)) {
            host = host.only(used());
        }
    }

    private List<Ram> used() {
        var used = new ArrayList<Ram>();
        HostMemory all = host;
        ept.model().forEach((gpa, hpa, length, access, type) -> {
            for (long page = 0; page < length;) {
                Ram ram = all.find(hpa + page);
                if (ram == null) {
                    page += Ram.PAGE_BYTES;
                } else {
                    used.add(ram);
                    page = ram.hpa() + ram.lengthBytes() - hpa;
                }
            }
        });
        return used;
    }

    /** Adds the execute right to one page. @return whether the page is mapped */
    boolean makeExecutable(long gpa) {
        lock.lock();
        try {
            var walk = new EptWalk();
            if (!ept.model().walk(gpa, 0, walk) || walk.access == 0) {
                return false;
            }
            ept.model().protect(gpa & ~PAGE_MASK, Ram.PAGE_BYTES, walk.access | Access.EXECUTE);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Finds the RAM behind a guest physical address.
     *
     * @param walk
     *            the caller's own, overwritten
     * @return whether RAM of this partition with this right is there; whatever the EPT model says, nothing outside the
     *         partition's backings is ever given
     */
    boolean translate(long gpa, int access, EptWalk walk, Translation out) {
        if (gpa >>> Ept.GPA_BITS != 0 || !ept.model().walk(gpa, access, walk)) {
            return false;
        }
        Ram ram = host.find(walk.hpa & ~PAGE_MASK);
        if (ram == null) {
            return false;
        }
        out.ram = ram;
        out.offset = walk.hpa - ram.hpa();
        out.access = walk.access;
        return true;
    }

    /** {@return whether the page is mapped for reading but not for writing} */
    boolean writeProtected(long gpa, EptWalk walk) {
        return readOnly && gpa >>> Ept.GPA_BITS == 0 && ept.model().walk(gpa, Access.READ, walk)
                && (walk.access & Access.WRITE) == 0;
    }

    /** {@return whether anything is mapped at this address, with any right} */
    boolean mapped(long gpa) {
        return gpa >>> Ept.GPA_BITS == 0 && ept.model().mapped(gpa & ~PAGE_MASK, Ram.PAGE_BYTES);
    }

    /** Forgets every mapping and backing: the partition is destroyed. */
    void clear() {
        locked(() -> host = HostMemory.EMPTY);
    }

    /** {@return the mappings, one line each} */
    List<String> describe() {
        var lines = new ArrayList<String>();
        ept.model().forEach((gpa, hpa, length, access, type) -> lines.add("memory 0x%x-0x%x %s %s -> 0x%x"
                .formatted(gpa, gpa + length - 1, Access.text(access), type, hpa)));
        return lines;
    }

    private static void checkRange(Region region) {
        check(region.lengthBytes() > 0 && (region.lengthBytes() & PAGE_MASK) == 0, Errno.EINVAL,
                "length 0x%x is not a multiple of 4096", region.lengthBytes());
        check((region.gpa() & PAGE_MASK) == 0 && region.gpa() >= 0 && region.lengthBytes() <= GPA_LIMIT
                && region.gpa() <= GPA_LIMIT - region.lengthBytes(), Errno.EINVAL,
                "0x%x bytes at 0x%x are not whole pages below 2^48", region.lengthBytes(), region.gpa());
    }

    private static void check(boolean held, Errno errno, String sentence, @Nullable Object... values) {
        if (!held) {
            throw new HsmException(errno, "set regions", sentence.formatted(values));
        }
    }
}
