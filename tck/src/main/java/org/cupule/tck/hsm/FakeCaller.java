package org.cupule.tck.hsm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.abi.CStruct;
import org.cupule.hsm.CallerMemory;
import org.cupule.hsm.memory.LentMemory;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * A process's memory, made by the test: areas with rights and page sizes. It counts what is pinned and writes down what
 * happens.
 *
 * @threading any thread
 */
public final class FakeCaller implements CallerMemory, AutoCloseable {
    private static final int PAGE = 4096;
    private static final long FIRST = 0x7F00_0000_0000L;
    private static final long GAP = 0x1000_0000L;

    /** What happens, in order: {@code pin}, {@code unpin}, {@code release}. */
    private final List<String> journal;
    private final Arena arena = Arena.ofShared();
    private final List<Area> areas = new CopyOnWriteArrayList<>();
    private final AtomicInteger pinned = new AtomicInteger();
    private final List<MemorySegment> devices = new CopyOnWriteArrayList<>();

    private record Area(long address, MemorySegment memory, boolean writable, long pageBytes, List<Frame> frames) {
        boolean holds(long from, long lengthBytes) {
            return from >= address && lengthBytes >= 0 && lengthBytes <= memory.byteSize() - (from - address);
        }

        long end() {
            return address + memory.byteSize();
        }
    }

    /** Makes a process without memory, which writes down what happens in a list. */
    public FakeCaller(List<String> journal) {
        this.journal = journal;
    }

    // ---------------------------------------------------------------- the test's side

    /** Gives it pages that may be read and written. @return their address */
    public long pages(int count) {
        return area((long) count * PAGE, true, PAGE, List.of());
    }

    /** Gives it huge pages. @return their address */
    public long hugePages(int count, long pageBytes) {
        return area(count * pageBytes, true, pageBytes, List.of());
    }

    /** Gives it pages that may only be read. @return their address */
    public long readOnlyPages(int count) {
        return area((long) count * PAGE, false, PAGE, List.of());
    }

    /** Gives it a mapping of raw frames; null for one that is not there. @return its address */
    public long frames(List<Frame> frames) {
        return area((long) frames.size() * PAGE, true, PAGE, frames);
    }

    private long area(long lengthBytes, boolean writable, long pageBytes, List<Frame> frames) {
        long address = FIRST + areas.size() * GAP;
        areas.add(new Area(address, arena.allocate(lengthBytes, pageBytes), writable, pageBytes, frames));
        return address;
    }

    /** Puts a structure into its memory. @return its address */
    public long put(CStruct structure) {
        long address = pages(1);
        MemorySegment.copy(structure.memory(), 0, memory(address), 0, structure.memory().byteSize());
        return address;
    }

    /** Puts a number into its memory. @return its address */
    public long put(long number) {
        long address = pages(1);
        memory(address).set(ValueLayout.JAVA_LONG, 0, number);
        return address;
    }

    /** {@return its memory from an address to the end of the area} */
    public MemorySegment memory(long address) {
        Area area = find(address, 0);
        return area.memory.asSlice(address - area.address);
    }

    /** {@return an address that leads nowhere} */
    public long nowhere() {
        return 0x1000;
    }

    /** Takes away the right to write. */
    public void protect(long address) {
        Area area = find(address, 0);
        areas.set(areas.indexOf(area), new Area(area.address, area.memory, false, area.pageBytes, area.frames));
    }

    /** Gives the host memory of a device at physical address 0xF0000000 + n * 0x10000000. @return that address */
    public long device(int pages) {
        devices.add(arena.allocate((long) pages * PAGE, PAGE));
        return 0xF000_0000L + (devices.size() - 1) * GAP;
    }

    /** {@return the memory of a device} */
    public MemorySegment deviceMemory(long hpa) {
        return devices.get((int) ((hpa - 0xF000_0000L) / GAP));
    }

    /** {@return how many pieces of memory are lent to VMs now} */
    public int pinned() {
        return pinned.get();
    }

    @Override
    public void close() {
        arena.close();
    }

    // ---------------------------------------------------------------- CallerMemory

    private Area find(long address, long lengthBytes) {
        return areas.stream().filter(area -> area.holds(address, lengthBytes)).findFirst()
                .orElseThrow(() -> fault(address));
    }

    private static HsmException fault(long address) {
        return new HsmException(Errno.EFAULT, "caller", "0x%x is a bad address".formatted(address));
    }

    @Override
    public void read(long address, MemorySegment target) {
        Area area = find(address, target.byteSize());
        MemorySegment.copy(area.memory, address - area.address, target, 0, target.byteSize());
    }

    @Override
    public void write(long address, MemorySegment source) {
        Area area = find(address, source.byteSize());
        if (!area.writable) {
            throw fault(address);
        }
        MemorySegment.copy(source, 0, area.memory, address - area.address, source.byteSize());
    }

    @Override
    public LentMemory pin(long address, long lengthBytes) {
        Area area = find(address, lengthBytes);
        if (!area.writable) {
            throw fault(address);
        }
        long offset = address - area.address;
        long end = (offset + lengthBytes + area.pageBytes - 1) / area.pageBytes * area.pageBytes;
        return lend("pin", area.memory.asSlice(offset, end - offset), area.pageBytes, false);
    }

    private LentMemory lend(String how, MemorySegment segment, long pageBytes, boolean frames) {
        pinned.incrementAndGet();
        journal.add(how + " " + segment.byteSize());
        return new LentMemory() {
            @Override
            public MemorySegment segment() {
                return segment;
            }

            @Override
            public long pageBytes(long offset) {
                return pageBytes;
            }

            @Override
            public boolean frames() {
                return frames;
            }

            @Override
            public void close() {
                pinned.decrementAndGet();
                journal.add("un" + how + " " + segment.byteSize());
            }
        };
    }

    @Override
    public Optional<FrameMapping> frames(long address) {
        return areas.stream().filter(area -> !area.frames.isEmpty() && area.holds(address, 0)).findFirst()
                .map(Frames::new);
    }

    @Override
    public LentMemory device(long hpa, long lengthBytes) {
        int index = (int) ((hpa - 0xF000_0000L) / GAP);
        if (index < 0 || index >= devices.size() || lengthBytes > devices.get(index).byteSize()) {
            return CallerMemory.super.device(hpa, lengthBytes);
        }
        return lend("device", devices.get(index).asSlice(0, lengthBytes), PAGE, true);
    }

    private final class Frames implements FrameMapping {
        private final Area area;

        Frames(Area area) {
            this.area = area;
        }

        @Override
        public long end() {
            return area.end();
        }

        @Override
        public Frame frame(long address) {
            Frame frame = area.frames.get((int) (address - area.address) / PAGE);
            if (frame.number() < 0) {
                throw new HsmException(Errno.EINVAL, "caller", "no frame at 0x%x".formatted(address));
            }
            return frame;
        }

        @Override
        public LentMemory lend(long address, long lengthBytes) {
            return FakeCaller.this.lend("frames", area.memory.asSlice(address - area.address, lengthBytes), PAGE,
                    true);
        }
    }
}
