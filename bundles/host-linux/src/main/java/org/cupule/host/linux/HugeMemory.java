package org.cupule.host.linux;

import org.cupule.host.Descriptor;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Shared memory of huge pages. All of them are taken at once: one that is missing when it is touched would end the
 * process with SIGBUS.
 *
 * <p>
 * Source: Linux manual page memfd_create(2), fallocate(2).
 *
 * @threading any thread
 */
final class HugeMemory {
    private HugeMemory() {
        // functions only
    }

    static Descriptor make(String name, long lengthBytes, long pageBytes) {
        if (pageBytes <= 0 || Long.bitCount(pageBytes) != 1 || lengthBytes <= 0 || lengthBytes % pageBytes != 0) {
            throw new HsmException(Errno.EINVAL, "memory",
                    "%d bytes are not whole pages of %d bytes".formatted(lengthBytes, pageBytes));
        }
        int flags = Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING | Libc.MFD_HUGETLB
                | Long.numberOfTrailingZeros(pageBytes) << Libc.MFD_HUGE_SHIFT;
        long fd = Libc.memfdCreate(name, flags);
        if (fd < 0) {
            throw new HsmException(Errno.EOPNOTSUPP, "memory",
                    "the kernel has no huge pages of %d KiB (errno %d)".formatted(pageBytes >> 10, -fd));
        }
        LinuxDescriptor memory = new LinuxDescriptor((int) fd);
        try {
            fill(memory.fd(), lengthBytes, pageBytes);
            return memory;
        } catch (RuntimeException | Error failure) {
            memory.close();
            throw failure;
        }
    }

    private static void fill(int fd, long lengthBytes, long pageBytes) {
        if (Libc.ftruncate(fd, lengthBytes) < 0 || Libc.fallocate(fd, lengthBytes) < 0) {
            throw new HsmException(Errno.ENOMEM, "memory",
                    "%d huge pages of %d KiB are not free; set them aside in /sys/kernel/mm/hugepages/hugepages-%2$dkB/nr_hugepages"
                            .formatted(lengthBytes / pageBytes, pageBytes >> 10));
        }
        LinuxHost.seal(fd);
    }
}
