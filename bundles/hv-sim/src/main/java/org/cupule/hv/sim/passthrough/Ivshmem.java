package org.cupule.hv.sim.passthrough;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.cupule.hv.sim.passthrough.SharedMemories.Memory;
import org.cupule.pci.BarSpec;
import org.cupule.pci.BarSpec.Kind;
import org.cupule.pci.PciFunction;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.ram.Ram;
import org.cupule.types.Bdf;
import org.cupule.types.IoRange;

/**
 * Memory that guests share, with a doorbell ("ivshmem", 1AF4:1110).
 *
 * <pre>
 *  region 0   256 bytes   +0 interrupt mask   +4 interrupt status   +8 this guest's number (its vmid), read only
 *                         +12 doorbell, write only: number of the other guest 31:16, vector 15:0
 *  region 1   4096 bytes  MSI-X table and pending bits, 8 vectors
 *  region 2   the memory itself, 64 bits, prefetchable: mapped into the guest, no access of it exits
 * </pre>
 *
 * <p>
 * Mask and status belong to the interrupt line, which a device of the hypervisor has not: they keep what is written.
 *
 * @threading any thread
 */
final class Ivshmem extends Function {
    static final int VENDOR = 0x1AF4;
    static final int DEVICE = 0x1110;

    private static final int RAM_CLASS = 0x05_0000;
    private static final int VECTORS = 8;
    private static final int TABLE = 1;
    private static final int MEMORY = 2;
    private static final int REGISTERS_BYTES = 256;
    private static final int MASK = 0;
    private static final int STATUS = 4;
    private static final int POSITION = 8;
    private static final int DOORBELL = 12;

    private final GuestSide side;
    private final SharedMemories memories;
    private final Memory memory;
    private final MsixTable messages;
    /** What of the memory is mapped: pages that were mapped before stay as they are. */
    private final List<long[]> runs = new ArrayList<>();
    private volatile int capability;
    private volatile int mask;
    private volatile int status;

    /**
     * Makes the device.
     *
     * @param memory
     *            that the guest has joined, and leaves with this device
     */
    Ivshmem(Bdf guest, Memory memory, GuestSide side, SharedMemories memories) {
        super(guest, spec(memory.ram.lengthBytes()));
        this.side = side;
        this.memories = memories;
        this.memory = memory;
        this.messages = new MsixTable(VECTORS, side::message);
        memory.peers.put(side.vmid(), this);
    }

    private static PciFunctionSpec spec(long lengthBytes) {
        return new PciFunctionSpec(VENDOR, DEVICE, RAM_CLASS, 1, VENDOR, DEVICE,
                List.of(new BarSpec(0, Kind.MEMORY32, REGISTERS_BYTES),
                        new BarSpec(TABLE, Kind.MEMORY32, MsixTable.REGION_BYTES),
                        new BarSpec(MEMORY, Kind.MEMORY64_PREFETCHABLE, lengthBytes)),
                0, 0, List.of(MsixTable.capability(VECTORS, TABLE)));
    }

    @Override
    void plugged(PciFunction slot, IntUnaryOperator find) {
        capability = find.applyAsInt(MsixTable.ID);
    }

    @Override
    int readConfig(int register, int size, int fromBus) {
        return messages.readConfig(capability, register, size, fromBus);
    }

    @Override
    void wroteConfig(int register, int size, int value) {
        messages.writeConfig(capability, register, size, value);
    }

    @Override
    public long read(int region, long offset, int size) {
        if (region == TABLE) {
            return messages.read(offset, size);
        }
        int word = switch ((int) offset & ~3) {
            case MASK -> mask;
            case STATUS -> status;
            case POSITION -> side.vmid();
            default -> 0;
        };
        return (word & 0xFFFF_FFFFL) >>> 8 * (offset & 3);
    }

    @Override
    public void write(int region, long offset, int size, long value) {
        if (region == TABLE) {
            messages.write(offset, size, value);
            return;
        }
        switch ((int) offset) {
            case MASK -> mask = (int) value;
            case STATUS -> status = (int) value;
            case DOORBELL -> ring((int) value >>> 16, (int) value & 0xFFFF);
            default -> {
                // the rest is read only or nothing
            }
        }
    }

    /** Nobody hears a doorbell of a number that no guest has. */
    private void ring(int number, int vector) {
        Ivshmem peer = memory.peers.get(number);
        if (peer != null) {
            peer.messages.signal(vector);
        }
    }

    @Override
    boolean mapped(int bar, IoRange range) {
        if (bar != MEMORY) {
            return true;
        }
        synchronized (runs) {
            long length = memory.ram.lengthBytes();
            for (long from = 0; from < length;) {
                long end = from;
                while (end < length && !side.mapped(range.first() + end)) {
                    end += Ram.PAGE_BYTES;
                }
                if (end > from) {
                    side.map(range.first() + from, memory.ram, from, end - from);
                    runs.add(new long[]{range.first() + from, end - from});
                }
                from = end + Ram.PAGE_BYTES;
            }
        }
        return false;
    }

    @Override
    void unmapped(int bar, IoRange range) {
        if (bar == MEMORY) {
            synchronized (runs) {
                runs.forEach(run -> side.unmap(run[0], run[1]));
                runs.clear();
            }
        }
    }

    @Override
    void reset() {
        messages.reset();
        mask = 0;
        status = 0;
    }

    @Override
    void close() {
        memories.leave(memory, side.vmid());
    }
}
