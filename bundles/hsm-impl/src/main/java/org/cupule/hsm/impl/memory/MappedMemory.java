package org.cupule.hsm.impl.memory;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.cupule.hsm.impl.life.Life;
import org.cupule.hsm.impl.memory.MemoryMap.Piece;
import org.cupule.hsm.memory.GuestMemory;
import org.cupule.hsm.memory.LentMemory;
import org.cupule.hsm.snapshot.RamContent;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.Region;
import org.cupule.ram.Access;
import org.cupule.ram.MemoryType;
import org.cupule.ram.Ram;
import org.cupule.state.ModelState;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * The memory of one VM, over the regions of its partition.
 *
 * <p>
 * A change is made in three steps, so that no lock is held while the hypervisor works: reserve the places that are free
 * (nobody else can take them now), have the hypervisor map them, settle them (now they can be read and written). So two
 * changes at once end in the same map here and there, in whatever order the hypervisor gets them.
 *
 * @threading any thread; readers take an immutable map and no lock
 */
public final class MappedMemory implements GuestMemory {
    private static final int PAGE = Ram.PAGE_BYTES;
    private static final int ACCESS_MASK = Access.ALL;

    private final Life life;
    private final Partition partition;
    private final VmArena arena;
    private final Set<Ram> backings = Collections.newSetFromMap(new ConcurrentHashMap<>());
    /** Backings of huge pages, and how large these are. */
    private final Map<Ram, Long> huge = new ConcurrentHashMap<>();
    private final Map<Ram, LentMemory> lent = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private int ramMappings;
    private volatile MemoryMap map = MemoryMap.EMPTY;

    /** Makes the memory of a VM, empty. */
    public MappedMemory(Life life, Partition partition, VmArena arena) {
        this.life = life;
        this.partition = partition;
        this.arena = arena;
    }

    @Override
    public Ram allocate(long lengthBytes) {
        life.check("allocate");
        if (lengthBytes <= 0 || lengthBytes % PAGE != 0) {
            throw new HsmException(Errno.EINVAL, "allocate",
                    lengthBytes + " bytes are not a positive multiple of " + PAGE);
        }
        Ram ram = new Ram(arena.allocate(lengthBytes));
        backings.add(ram);
        return ram;
    }

    @Override
    public Ram allocate(long lengthBytes, long pageBytes) {
        if (pageBytes == PAGE) {
            return allocate(lengthBytes);
        }
        life.check("allocate");
        Ram ram = new Ram(arena.allocate(lengthBytes, pageBytes));
        huge.put(ram, pageBytes);
        backings.add(ram);
        return ram;
    }

    @Override
    public void map(long gpa, Ram ram, long offset, long lengthBytes, int access) {
        Piece wanted = checked("map", gpa, ram, offset, lengthBytes, access, MemoryType.WB);
        takeMapping();
        try {
            add(wanted);
        } catch (RuntimeException | Error refused) {
            giveMappingBack();
            throw refused;
        }
    }

    @Override
    public void mapMmio(long gpa, Ram ram, long offset, long lengthBytes, int access) {
        add(checked("mapMmio", gpa, ram, offset, lengthBytes, access, MemoryType.UC));
    }

    @Override
    public void lend(long gpa, LentMemory memory, int access) {
        add(borrowed("lend", gpa, memory, access, MemoryType.WB));
    }

    @Override
    public void mapHostMmio(long gpa, long hpa, long lengthBytes, int access) {
        life.check("mapHostMmio");
        if (!partition.mapsHostMemory()) {
            throw new HsmException(Errno.EOPNOTSUPP, "mapHostMmio", "the hypervisor of VM " + partition.vmid()
                    + " maps no memory of the host: choose another one, or assign the device");
        }
        Ram ram = Ram.ofHost(hpa, lengthBytes);
        backings.add(ram);
        try {
            add(checked("mapHostMmio", gpa, ram, 0, lengthBytes, access, MemoryType.UC));
        } finally {
            forgetUnusedHost(ram);
        }
    }

    private void forgetUnusedHost(Ram ram) {
        if (ram.ofHost() && map.pieces().stream().noneMatch(piece -> piece.backing() == ram)) {
            backings.remove(ram);
        }
    }

    @Override
    public void lendMmio(long gpa, LentMemory memory, int access) {
        Piece wanted = borrowed("lendMmio", gpa, memory, access, MemoryType.UC);
        add(wanted);
        giveBackUnused(wanted.backing()); // when all of its place was taken
    }

    /**
     * Takes somebody else's memory, or gives it back at once. It is the VM's before the hypervisor is asked, which may
     * keep a part of what it refuses ({@code hsm.md} 6.5); for the same reason a mapping that it refuses stays counted.
     */
    private Piece borrowed(String operation, long gpa, LentMemory memory, int access, MemoryType type) {
        try {
            Ram ram = new Ram(memory.segment(), true);
            if (ram.hpa() % memory.pageBytes(0) != 0) {
                throw new HsmException(Errno.EINVAL, operation,
                        "the memory for 0x%x begins inside a page of 0x%x bytes".formatted(gpa, memory.pageBytes(0)));
            }
            backings.add(ram);
            lent.put(ram, memory);
            Piece wanted = checked(operation, gpa, ram, 0, ram.lengthBytes(), access, type);
            if (type == MemoryType.WB && !memory.frames()) {
                takeMapping();
            }
            arena.keep(memory);
            return wanted;
        } catch (RuntimeException | Error refused) {
            forget(memory);
            memory.close();
            throw refused;
        }
    }

    /**
     * Looks for code that the lenders have written over, without a word: before the guest can hear of it. Costs nothing
     * without such memory.
     */
    public void findForeignWrites() {
        if (!lent.isEmpty()) {
            lent.keySet().forEach(Ram::findWrites);
        }
    }

    private void forget(LentMemory memory) {
        lent.entrySet().removeIf(entry -> entry.getValue() == memory && backings.remove(entry.getKey()));
    }

    private Piece checked(String operation, long gpa, Ram ram, long offset, long lengthBytes, int access,
            MemoryType type) {
        life.check(operation);
        checkRange(operation, gpa, lengthBytes);
        if (offset < 0 || offset % PAGE != 0 || lengthBytes > ram.lengthBytes() - offset) {
            throw new HsmException(Errno.EINVAL, operation,
                    "0x%x bytes from offset 0x%x are not whole pages inside a backing of 0x%x bytes"
                            .formatted(lengthBytes, offset, ram.lengthBytes()));
        }
        long pageBytes = huge.getOrDefault(ram, (long) PAGE);
        if (((offset | lengthBytes) & pageBytes - 1) != 0) { // a driver that maps whole pages cannot cut one (6.4)
            throw new HsmException(Errno.EINVAL, operation,
                    "0x%x bytes from offset 0x%x cut a page of 0x%x bytes".formatted(lengthBytes, offset, pageBytes));
        }
        if (!backings.contains(ram)) {
            throw new HsmException(Errno.EFAULT, operation,
                    "the backing for 0x%x is not of this VM; use one that its memory().allocate made".formatted(gpa));
        }
        return new Piece(gpa, gpa + lengthBytes - 1, ram, offset, access & ACCESS_MASK, type, type == MemoryType.UC,
                false);
    }

    private static void checkRange(String operation, long gpa, long lengthBytes) {
        if (lengthBytes <= 0 || lengthBytes % PAGE != 0 || gpa % PAGE != 0
                || Long.compareUnsigned(gpa + lengthBytes - 1, gpa) < 0) {
            throw new HsmException(Errno.EINVAL, operation,
                    "0x%x bytes at 0x%x are not whole pages of 4096 bytes".formatted(lengthBytes, gpa));
        }
    }

    private void takeMapping() {
        lock.lock();
        try {
            if (ramMappings == MAX_MAPPINGS) {
                throw new HsmException(Errno.ENOMEM, "map", "the VM has " + MAX_MAPPINGS
                        + " RAM mappings, the most there can be; map larger pieces");
            }
            ramMappings++;
        } finally {
            lock.unlock();
        }
    }

    private void giveMappingBack() {
        lock.lock();
        try {
            ramMappings--;
        } finally {
            lock.unlock();
        }
    }

    /** Maps what is free of a range; what is mapped already stays as it is ({@code hsm.md} 6.6). */
    private void add(Piece wanted) {
        List<Piece> parts = new ArrayList<>();
        change(now -> {
            parts.addAll(now.free(wanted));
            return now.with(parts);
        });
        if (parts.isEmpty()) {
            return;
        }
        try {
            partition.setRegions(parts.stream().flatMap(this::regions).toList());
        } catch (RuntimeException | Error refused) {
            change(now -> without(now, parts));
            throw refused;
        }
        settle(parts);
    }

    /** {@return a region for all of it; for pages that were lent, one each ({@code hsm.md} 6.4)} */
    private Stream<Region> regions(Piece piece) {
        LentMemory memory = lent.get(piece.backing());
        if (memory == null || memory.frames() || piece.device()) {
            return Stream.of(region(piece));
        }
        List<Region> pages = new ArrayList<>();
        long from = piece.first();
        while (from - piece.first() < piece.lengthBytes()) {
            long bytes = memory.pageBytes(piece.offset(from));
            long toPageEnd = bytes - (piece.backing().hpa() + piece.offset(from) & bytes - 1);
            long last = from + Math.min(toPageEnd, piece.last() - from + 1) - 1;
            pages.add(region(piece.part(from, last)));
            from = last + 1;
        }
        return pages.stream();
    }

    private static Region region(Piece piece) {
        return new Region(piece.first(), piece.backing(), piece.offset(), piece.lengthBytes(), piece.access(),
                piece.type());
    }

    @Override
    public void unmapMmio(long gpa, long lengthBytes) {
        life.check("unmapMmio");
        checkRange("unmapMmio", gpa, lengthBytes);
        long last = gpa + lengthBytes - 1;
        List<Piece> parts = new ArrayList<>();
        change(now -> {
            parts.addAll(now.devices(gpa, last));
            return parts.isEmpty()
                    ? now
                    : now.without(gpa, last).with(parts.stream().map(part -> part.settled(false)).toList());
        });
        if (parts.isEmpty()) {
            throw new HsmException(Errno.EINVAL, "unmapMmio",
                    "0x%x bytes at 0x%x are not all device memory; RAM vanishes only with its VM".formatted(lengthBytes,
                            gpa));
        }
        try {
            partition.setRegions(List.of(Region.remove(gpa, lengthBytes)));
        } catch (RuntimeException | Error refused) {
            settle(parts);
            throw refused;
        }
        change(now -> now.without(gpa, last));
        parts.stream().map(Piece::backing).distinct().forEach(this::giveBackUnused);
    }

    /** Lets memory of others go that no mapping leads to any more. */
    private void giveBackUnused(Ram ram) {
        forgetUnusedHost(ram);
        LentMemory memory = lent.get(ram);
        if (memory != null && map.pieces().stream().noneMatch(piece -> piece.backing() == ram)) {
            forget(memory);
            arena.giveBack(memory);
        }
    }

    private void settle(List<Piece> parts) {
        change(now -> without(now, parts).with(parts.stream().map(part -> part.settled(true)).toList()));
    }

    private static MemoryMap without(MemoryMap map, List<Piece> parts) {
        MemoryMap rest = map;
        for (Piece part : parts) {
            rest = rest.without(part.first(), part.last());
        }
        return rest;
    }

    private void change(UnaryOperator<MemoryMap> change) {
        lock.lock();
        try {
            map = change.apply(map);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean read(long gpa, byte[] target, int from, int lengthBytes) {
        return copy("read", gpa, target, from, lengthBytes, 0, false);
    }

    @Override
    public boolean write(long gpa, byte[] source, int from, int lengthBytes) {
        return copy("write", gpa, source, from, lengthBytes, Access.WRITE, true);
    }

    @Override
    public boolean load(long gpa, byte[] source, int from, int lengthBytes) {
        return copy("load", gpa, source, from, lengthBytes, 0, true);
    }

    private boolean copy(String operation, long gpa, byte[] bytes, int from, int lengthBytes, int needed, boolean in) {
        life.check(operation);
        java.util.Objects.checkFromIndexSize(from, lengthBytes, bytes.length);
        MemoryMap now = map;
        if (!isRam(now, gpa, lengthBytes, needed)) {
            return false;
        }
        try {
            copy(now, gpa, bytes, from, lengthBytes, in);
        } catch (IllegalStateException closed) {
            life.check(operation); // the VM was destroyed under the copy
            throw closed;
        }
        return true;
    }

    private static boolean isRam(MemoryMap map, long gpa, int lengthBytes, int needed) {
        long at = gpa;
        int left = lengthBytes;
        while (left > 0) {
            Piece piece = map.at(at);
            if (piece == null || piece.device() || !piece.settled() || (piece.access() & needed) != needed) {
                return false;
            }
            int step = step(piece, at, left);
            at += step;
            left -= step;
        }
        return true;
    }

    private static void copy(MemoryMap map, long gpa, byte[] bytes, int from, int lengthBytes, boolean in) {
        int done = 0;
        while (done < lengthBytes) {
            Piece piece = java.util.Objects.requireNonNull(map.at(gpa + done));
            int step = step(piece, gpa + done, lengthBytes - done);
            if (in) {
                piece.backing().write(piece.offset(gpa + done), bytes, from + done, step);
            } else {
                piece.backing().read(piece.offset(gpa + done), bytes, from + done, step);
            }
            done += step;
        }
    }

    private static int step(Piece piece, long at, int left) {
        return (int) Math.min(left, piece.last() - at + 1);
    }

    /** {@return what keeps it from being saved} */
    public List<String> saveObstacles() {
        return arena.lent()
                ? List.of("another program has lent it memory, which it goes on using: a VM with memory of its own is "
                        + "needed")
                : List.of();
    }

    /** {@return what is mapped now, as data} */
    public SavedMemory save() {
        lock.lock();
        try {
            return SavedMemory.of(map.pieces().stream().filter(Piece::settled).toList(), ramMappings);
        } finally {
            lock.unlock();
        }
    }

    /** Becomes what was saved; it is empty still. */
    public void restore(ModelState state, RamContent content) {
        List<Ram> made = new ArrayList<>();
        for (long lengthBytes : SavedMemory.lengths(state)) {
            made.add(allocate(lengthBytes));
        }
        List<Piece> pieces = SavedMemory.pieces(state, made);
        for (int backing = 0; backing < made.size(); backing++) {
            content.fill(backing, made.get(backing));
        }
        if (!pieces.isEmpty()) {
            partition.setRegions(pieces.stream().map(MappedMemory::region).toList());
        }
        int mappings = SavedMemory.mappings(state);
        change(now -> {
            ramMappings = mappings;
            return now.with(pieces);
        });
    }

    @Override
    public List<Mapping> mappings() {
        return map.pieces().stream().filter(Piece::settled).map(piece -> new Mapping(piece.first(), piece.lengthBytes(),
                piece.access(), piece.type(), !piece.device())).toList();
    }
}
