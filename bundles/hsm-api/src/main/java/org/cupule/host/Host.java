package org.cupule.host;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The operating system below. An OSGi service; there is none where the system is not supported, or where native access
 * is denied.
 *
 * <p>
 * Every failure is an {@code HsmException} with the system's own error number.
 *
 * @threading any thread
 */
@ProviderType
public interface Host {
    /** {@return what it is, for people} */
    String name();

    /**
     * Makes shared memory: zeroed, given real pages only as they are touched, never to shrink.
     *
     * @param name
     *            for people who look at the process; at most 200 characters
     * @param lengthBytes
     *            positive, else EINVAL
     * @return a descriptor that this and other processes can map
     */
    Descriptor memory(String name, long lengthBytes);

    /**
     * Maps shared memory for reading and writing. No room in swap is set aside for it.
     *
     * @param memory
     *            made by {@link #memory}, or received from another process. It is sealed against shrinking first, so
     *            that the other process cannot take pages away under this one; EPERM when it cannot be
     * @param offset
     *            where to begin, a multiple of the page size
     * @param lengthBytes
     *            positive; EINVAL when the memory ends before
     * @param arena
     *            unmaps it when it is closed
     * @return the memory, page-aligned
     */
    MemorySegment map(Descriptor memory, long offset, long lengthBytes, Arena arena);

    /**
     * Makes an event counter that other processes can share.
     *
     * @param initial
     *            what it counts at first
     */
    EventFd eventFd(int initial);

    /**
     * Takes a descriptor as an event counter. Two descriptors of one counter give handles that are
     * {@linkplain EventFd#same the same}.
     *
     * @param descriptor
     *            copied: the caller still owns it; EINVAL when it is not an eventfd, EBADF when it is closed
     */
    EventFd eventFd(Descriptor descriptor);

    /** {@return the descriptors of this process, by number} */
    DescriptorTable descriptors();

    /**
     * Listens on a local socket that only the user of this process can connect to: its file has mode 0600 from its
     * first moment.
     *
     * @param path
     *            of the socket file, at most 107 bytes, else ENAMETOOLONG. A file that a dead server left behind is
     *            replaced; EADDRINUSE when somebody listens there, EEXIST when it is not a socket
     */
    UnixServer listen(Path path, SocketType type);

    /** Connects to a local socket. ENOENT or ECONNREFUSED when nobody listens. */
    UnixConnection connect(Path path, SocketType type);

    /**
     * Makes shared memory of pages of a certain size.
     *
     * @param name
     *            as for {@link #memory(String, long)}
     * @param lengthBytes
     *            a positive multiple of the page size, else EINVAL
     * @param pageBytes
     *            4096, or a size of huge pages that the system has: 2 MiB, 1 GiB
     * @return a descriptor that this and other processes can map, whole
     * @throws org.cupule.types.HsmException
     *             EOPNOTSUPP when the system has no pages of this size; ENOMEM when so many of them are not free, with
     *             a sentence that says how more are set aside
     */
    default Descriptor memory(String name, long lengthBytes, long pageBytes) {
        if (pageBytes == 4096) {
            return memory(name, lengthBytes);
        }
        throw new HsmException(Errno.EOPNOTSUPP, "memory", name() + " has no pages of " + pageBytes + " bytes");
    }

    /**
     * Opens a device, or an attribute of the kernel, for reading and writing; one that cannot be read, for writing.
     *
     * @param path
     *            its file
     * @return it, owned by the caller
     * @throws org.cupule.types.HsmException
     *             ENOENT, EACCES, ENODEV, ...; EOPNOTSUPP where the host has none
     */
    default DeviceFile open(Path path) {
        throw new HsmException(Errno.EOPNOTSUPP, "open", name() + " opens no devices: " + path);
    }

    /**
     * {@return how the calling thread is called back from waiting in the kernel; closed by this thread before it ends}
     *
     * @throws org.cupule.types.HsmException
     *             EOPNOTSUPP where there is no such way
     */
    default CallBack currentThread() {
        throw new HsmException(Errno.EOPNOTSUPP, "currentThread", name() + " calls no thread back");
    }

    /**
     * Has a process of its own hold a device open, for the case that this process is killed: a driver that minds how it
     * is left is then left by a command, not by the kernel that closes all files.
     *
     * <p>
     * The keeper is in a session of its own: signals to this process's group do not reach it.
     *
     * @param device
     *            opened by this host, else EBADF
     * @param last
     *            a program's path and its arguments, run when this process has ended; again every few seconds until it
     *            ends with status 0. It finds the device as descriptor {@link Keeper#DEVICE}
     * @return it, owned by the caller; from now on the device stays open until the keeper is closed
     * @throws org.cupule.types.HsmException
     *             EOPNOTSUPP where the host has no such processes; or why none can be made
     */
    default Keeper keep(DeviceFile device, List<String> last) {
        throw new HsmException(Errno.EOPNOTSUPP, "keep", name() + " keeps no devices");
    }
}
