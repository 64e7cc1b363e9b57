package org.cupule.machine.loader;

import java.util.List;
import org.cupule.hsm.memory.GuestMemory;
import org.cupule.hypervisor.VcpuState;
import org.cupule.ram.Access;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * What lies where before a machine starts, and the registers of its first processor. The plan is kept: a reset loads it
 * again.
 *
 * @param format
 *            what the image was taken for
 * @param chunks
 *            what is written to RAM, in this order
 * @param rom
 *            memory to be mapped for a firmware image, read-only for the guest
 * @param registers
 *            the registers of processor 0
 * @threading immutable
 */
public record LoadPlan(String format, List<Chunk> chunks, List<Rom> rom, VcpuState registers) {
    private static final byte[] ZEROS = new byte[64 << 10];

    /** Copies the lists. */
    public LoadPlan {
        chunks = List.copyOf(chunks);
        rom = List.copyOf(rom);
    }

    /**
     * Bytes of guest memory.
     *
     * @param gpa
     *            first address
     * @param bytes
     *            where the bytes are
     * @param from
     *            the first of them
     * @param lengthBytes
     *            how many of them
     * @param memoryBytes
     *            how long the chunk is in memory: what is beyond {@code lengthBytes} is zero
     * @threading immutable: the array must not be changed
     */
    public record Chunk(long gpa, byte[] bytes, int from, int lengthBytes, long memoryBytes) {
        static Chunk of(long gpa, byte[] bytes) {
            return new Chunk(gpa, bytes, 0, bytes.length, bytes.length);
        }

        private void write(GuestMemory memory) {
            require(memory.load(gpa, bytes, from, lengthBytes));
            for (long done = lengthBytes; done < memoryBytes; done += ZEROS.length) {
                require(memory.load(gpa + done, ZEROS, 0, (int) Math.min(ZEROS.length, memoryBytes - done)));
            }
        }

        private void require(boolean written) {
            if (!written) {
                throw new HsmException(Errno.EFAULT, "load",
                        "0x%x to 0x%x is not RAM of this machine".formatted(gpa, gpa + memoryBytes - 1));
            }
        }
    }

    /**
     * Memory for a firmware image.
     *
     * @param gpa
     *            first address, a multiple of 4096
     * @param lengthBytes
     *            a multiple of 4096
     * @threading immutable
     */
    public record Rom(long gpa, long lengthBytes) {
    }

    /** Maps what the image needs beyond RAM. Once a machine. */
    public void map(GuestMemory memory) {
        rom.forEach(range -> memory.addRam(range.gpa, range.lengthBytes, Access.READ | Access.EXECUTE));
    }

    /** Writes all chunks. */
    public void write(GuestMemory memory) {
        write(chunks, memory);
    }

    /** Writes chunks, in their order. EFAULT where there is no RAM. */
    public static void write(List<Chunk> chunks, GuestMemory memory) {
        chunks.forEach(chunk -> chunk.write(memory));
    }

    /** {@return whether something of the image lies in this range of RAM} */
    public boolean touches(long first, long last) {
        return chunks.stream().anyMatch(chunk -> chunk.gpa <= last && chunk.gpa + chunk.memoryBytes > first);
    }
}
