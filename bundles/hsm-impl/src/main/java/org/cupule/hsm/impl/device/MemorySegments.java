package org.cupule.hsm.impl.device;

import java.util.Optional;
import org.cupule.abi.AcrnVmMemmap;
import org.cupule.hsm.CallerMemory.Frame;
import org.cupule.hsm.CallerMemory.FrameMapping;
import org.cupule.hsm.VirtualMachine;
import org.cupule.ram.Access;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * SET_MEMSEG and UNSET_MEMSEG ({@code hsm.md} 6).
 *
 * @threading any thread
 */
record MemorySegments(VirtualMachine vm, Caller caller) {
    private static final int PAGE = 4096;
    private static final int PAGE_SHIFT = 12;

    void set(AcrnVmMemmap map) {
        switch (map.type()) {
            case AcrnVmMemmap.RAM -> setRam(map);
            case AcrnVmMemmap.MMIO -> setMmio(map);
            default -> throw badType("SET_MEMSEG", map);
        }
    }

    /** The address of device memory is physical: one of the Service VM ({@code hsm.md} 6.2). */
    private void setMmio(AcrnVmMemmap map) {
        if (map.len() <= 0 || ((map.len() | map.vmaBase()) & PAGE - 1) != 0) {
            throw new HsmException(Errno.EINVAL, "SET_MEMSEG", "0x%x bytes of device memory at 0x%x are no pages"
                    .formatted(map.len(), map.vmaBase()));
        }
        vm.memory().lendMmio(map.userVmPa(), caller.memory().device(map.vmaBase(), map.len()), access(map));
    }

    static void unset(VirtualMachine vm, AcrnVmMemmap map) {
        if (map.type() != AcrnVmMemmap.MMIO) {
            throw badType("UNSET_MEMSEG", map); // RAM vanishes only with the VM
        }
        vm.memory().unmapMmio(map.userVmPa(), map.len());
    }

    private static HsmException badType(String operation, AcrnVmMemmap map) {
        return new HsmException(Errno.EINVAL, operation, "type %d cannot be used here".formatted(map.type()));
    }

    private static int access(AcrnVmMemmap map) {
        return map.attr() & AcrnVmMemmap.ACCESS_MASK;
    }

    /** A base inside a page is rounded down, a part of a page at the end left out ({@code hsm.md} 6.4). */
    private void setRam(AcrnVmMemmap map) {
        long pages = map.len() >>> PAGE_SHIFT;
        if (pages == 0) {
            throw new HsmException(Errno.EINVAL, "SET_MEMSEG", map.len() + " bytes are not a page");
        }
        if (map.len() < 0) {
            throw new HsmException(Errno.EFAULT, "SET_MEMSEG", "0x%x bytes are nowhere".formatted(map.len()));
        }
        Optional<FrameMapping> frames = caller.memory().frames(map.vmaBase());
        long base = map.vmaBase() & -PAGE;
        long length = pages << PAGE_SHIFT;
        if (frames.isPresent()) {
            checkFrames(frames.get(), base, pages, (access(map) & Access.WRITE) != 0);
            vm.memory().lend(map.userVmPa(), frames.get().lend(base, length), access(map));
        } else {
            vm.memory().lend(map.userVmPa(), caller.memory().pin(base, length), access(map));
        }
    }

    /** Frames are not pinned: each must be there, writable when wanted, uncounted, and follow the one before. */
    private static void checkFrames(FrameMapping frames, long base, long pages, boolean write) {
        if (pages > frames.end() - base >>> PAGE_SHIFT) {
            throw new HsmException(Errno.EINVAL, "SET_MEMSEG", "the mapping of frames ends at 0x%x, before 0x%x pages"
                    .formatted(frames.end(), pages));
        }
        boolean consecutive = true;
        long first = frames.frame(base).number();
        for (long page = 0; page < pages; page++) {
            Frame frame = frames.frame(base + (page << PAGE_SHIFT));
            if (write && !frame.writable() || frame.counted()) {
                throw new HsmException(Errno.EFAULT, "SET_MEMSEG", "frame 0x%x is %s".formatted(frame.number(),
                        frame.counted() ? "a counted page" : "read-only"));
            }
            consecutive &= frame.number() == first + page;
        }
        if (!consecutive) {
            throw new HsmException(Errno.EINVAL, "SET_MEMSEG", "the frames from 0x%x on do not follow each other"
                    .formatted(first));
        }
    }
}
