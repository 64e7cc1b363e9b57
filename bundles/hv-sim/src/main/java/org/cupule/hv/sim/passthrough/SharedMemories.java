package org.cupule.hv.sim.passthrough;

import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.cupule.ram.Ram;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The memories that guests share by name: each is there while a guest has it, zeroed when its first guest comes, and
 * released when its last one has gone.
 *
 * @threading any thread
 */
public final class SharedMemories {
    private static final Logger LOG = LoggerFactory.getLogger(SharedMemories.class);

    /** One memory; it owns its arena. */
    static final class Memory {
        final String name;
        final Ram ram;
        /** The devices by which guests have it, by vmid. */
        final Map<Integer, Ivshmem> peers = new ConcurrentHashMap<>();
        private final Set<Integer> users = new HashSet<>();
        private final Arena arena = Arena.ofShared();

        private Memory(String name, long lengthBytes) {
            this.name = name;
            try {
                this.ram = new Ram(arena.allocate(lengthBytes, Ram.PAGE_BYTES));
            } catch (OutOfMemoryError exhausted) {
                throw new HsmException(Errno.ENOMEM, "create",
                        "the host gives no %d bytes for the shared memory '%s'".formatted(lengthBytes, name),
                        exhausted);
            }
        }
    }

    private static final long MOST_BYTES = 1 << 30;

    private final Map<String, Memory> memories = new HashMap<>();

    /**
     * Joins a memory.
     *
     * @param lengthBytes
     *            its length, a power of two; 0: as it is
     * @throws HsmException
     *             EINVAL for no name, a length that no base address register decodes, another one than the memory has,
     *             and for no length where there is no memory; EEXIST when the guest has it already; ENOMEM
     */
    synchronized Memory join(String name, long lengthBytes, int vmid) {
        Memory memory = memories.get(name);
        if (memory == null) {
            memory = make(name, lengthBytes);
        }
        if (lengthBytes != 0 && memory.ram.lengthBytes() != lengthBytes) {
            throw refused("the shared memory '%s' has %d bytes, not %d".formatted(name, memory.ram.lengthBytes(),
                    lengthBytes));
        }
        if (!memory.users.add(vmid)) {
            throw new HsmException(Errno.EEXIST, "create",
                    "VM %d has the shared memory '%s' already".formatted(vmid, name));
        }
        memories.put(name, memory);
        return memory;
    }

    private static Memory make(String name, long lengthBytes) {
        if (name.isEmpty()) {
            throw refused("a shared memory needs a name, in the arguments");
        }
        if (lengthBytes == 0) {
            throw refused("there is no shared memory '%s' yet: say its size in io_size[2]".formatted(name));
        }
        if (Long.bitCount(lengthBytes) != 1 || lengthBytes < Ram.PAGE_BYTES || lengthBytes > MOST_BYTES) {
            throw refused("%d bytes for the shared memory '%s' are not a power of two from %d to %d"
                    .formatted(lengthBytes, name, Ram.PAGE_BYTES, MOST_BYTES));
        }
        return new Memory(name, lengthBytes);
    }

    private static HsmException refused(String sentence) {
        return new HsmException(Errno.EINVAL, "create", sentence);
    }

    /** Leaves a memory, which no vCPU of the guest uses any more. */
    void leave(Memory memory, int vmid) {
        synchronized (this) {
            memory.peers.remove(vmid);
            memory.users.remove(vmid);
            if (!memory.users.isEmpty()) {
                return;
            }
            memories.remove(memory.name, memory);
        }
        close(memory);
    }

    /** An I/O operation of the host may still use a part, which ends soon. */
    private static void close(Memory memory) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        while (true) {
            try {
                memory.arena.close();
                return;
            } catch (IllegalStateException inUse) {
                if (System.nanoTime() - deadline > 0) {
                    LOG.error("the shared memory '{}' is still in use and stays allocated", memory.name, inUse);
                    return;
                }
                LockSupport.parkNanos(1_000_000);
            }
        }
    }
}
