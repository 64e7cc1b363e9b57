package org.cupule.host.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * What the kernel tells of the descriptors of this process, in {@code /proc}.
 *
 * @threading any thread
 */
final class ProcessDescriptors {
    private static final String EVENTFD = "anon_inode:[eventfd]";
    private static final String COUNT = "eventfd-count:";
    private static final String ID = "eventfd-id:";

    private ProcessDescriptors() {
        // functions only
    }

    /**
     * {@return the number by which the kernel tells eventfds apart}; another eventfd may get it when the last
     * descriptor of this one is closed. EBADF when the number is not open, EINVAL when it is not an eventfd.
     */
    static long eventFdId(int number) {
        String target = LinuxDescriptor.target(number);
        if (!target.equals(EVENTFD)) {
            throw new HsmException(Errno.EINVAL, "eventfd",
                    "descriptor " + number + " is not an eventfd but " + target);
        }
        return Long.parseLong(info(number, ID));
    }

    /** {@return what an eventfd counts now, unsigned} */
    static long eventFdCount(int number) {
        return Long.parseUnsignedLong(info(number, COUNT), 16);
    }

    private static String info(int number, String key) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo/" + number))) {
                if (line.startsWith(key)) {
                    return line.substring(key.length()).strip();
                }
            }
        } catch (IOException missing) {
            throw new HsmException(Errno.EBADF, "eventfd", "there is no open descriptor " + number, missing);
        }
        throw new HsmException(Errno.ENOSYS, "eventfd", "this kernel does not tell '" + key + "'; it needs Linux 5.2");
    }
}
