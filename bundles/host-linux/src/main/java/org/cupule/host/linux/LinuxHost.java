package org.cupule.host.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.cupule.host.CallBack;
import org.cupule.host.Descriptor;
import org.cupule.host.DescriptorTable;
import org.cupule.host.DeviceFile;
import org.cupule.host.EventFd;
import org.cupule.host.Host;
import org.cupule.host.Keeper;
import org.cupule.host.SharedEventFd;
import org.cupule.host.SocketType;
import org.cupule.host.UnixConnection;
import org.cupule.host.UnixServer;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.service.component.annotations.Component;

/**
 * Linux. Enabled by {@link LinuxGate} where it can work. What it has made goes on after the component's end.
 *
 * @threading any thread
 */
@Component(name = LinuxHost.NAME, service = Host.class, enabled = false)
public final class LinuxHost implements Host {
    static final String NAME = "org.cupule.host.linux";
    private static final int MAX_NAME = 200;
    private static final long SMALL_PAGE = 4096;

    private final Poller poller = new Poller();
    /** By the kernel's number; an entry is there as long as this process has a descriptor of it. */
    private final Map<Long, SharedEventFd> eventFds = new HashMap<>();

    /** Makes the host. */
    public LinuxHost() {
        // Everything is made on demand.
    }

    @Override
    public String name() {
        return "Linux " + System.getProperty("os.version");
    }

    @Override
    public Descriptor memory(String name, long lengthBytes) {
        if (lengthBytes <= 0 || name.length() > MAX_NAME || name.indexOf(0) >= 0) {
            throw new HsmException(Errno.EINVAL, "memory",
                    "%d bytes named '%s' are not a length above 0 and a short name".formatted(lengthBytes, name));
        }
        LinuxDescriptor memory = new LinuxDescriptor((int) Native.check(
                Libc.memfdCreate(name, Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING), "memory", "there is no memfd"));
        try {
            Native.check(Libc.ftruncate(memory.fd(), lengthBytes), "memory",
                    "there are no " + lengthBytes + " bytes of shared memory");
            seal(memory.fd());
            return memory;
        } catch (RuntimeException | Error failure) {
            memory.close();
            throw failure;
        }
    }

    @Override
    public Descriptor memory(String name, long lengthBytes, long pageBytes) {
        return pageBytes == SMALL_PAGE ? memory(name, lengthBytes) : HugeMemory.make(name, lengthBytes, pageBytes);
    }

    @Override
    public DeviceFile open(Path path) {
        return LinuxDeviceFile.open(path);
    }

    @Override
    public CallBack currentThread() {
        return LinuxCallBack.ofCurrentThread();
    }

    @Override
    public Keeper keep(DeviceFile device, List<String> last) {
        if (!(device instanceof LinuxDeviceFile own)) {
            throw new HsmException(Errno.EBADF, "keep", "this device was not opened by this host");
        }
        try {
            return LinuxKeeper.start(own, last);
        } catch (LinkageError missing) {
            throw new HsmException(Errno.EOPNOTSUPP, "keep", "the C library starts no processes as they are wanted: "
                    + "glibc 2.34 or newer is needed", missing);
        }
    }

    static void seal(int fd) {
        Native.check(Libc.fcntl(fd, Libc.F_ADD_SEALS, Libc.F_SEAL_SHRINK), "seal",
                "shared memory that may shrink is not mapped: it needs memfd_create with MFD_ALLOW_SEALING");
    }

    @Override
    public MemorySegment map(Descriptor memory, long offset, long lengthBytes, Arena arena) {
        if (!(memory instanceof LinuxDescriptor descriptor)) {
            throw new HsmException(Errno.EBADF, "map", "this descriptor was not made by this host");
        }
        int fd = descriptor.enter("map");
        try {
            ensureSealed(fd);
            checkInside(fd, offset, lengthBytes);
            long address = Native.check(Libc.mmap(lengthBytes, Libc.PROT_READ_WRITE,
                    Libc.MAP_SHARED | Libc.MAP_NORESERVE, fd, offset), "map",
                    "0x%x bytes at 0x%x of descriptor %d cannot be mapped".formatted(lengthBytes, offset, fd));
            return segment(address, lengthBytes, arena);
        } finally {
            descriptor.leave();
        }
    }

    private static void ensureSealed(int fd) {
        long seals = Libc.fcntl(fd, Libc.F_GET_SEALS, 0);
        if (seals < 0 || (seals & Libc.F_SEAL_SHRINK) == 0) {
            seal(fd);
        }
    }

    private static void checkInside(int fd, long offset, long lengthBytes) {
        long end = Native.check(Libc.lseek(fd, 0, Libc.SEEK_END), "map", "descriptor " + fd + " is not memory");
        if (offset < 0 || lengthBytes <= 0 || lengthBytes > end - offset) {
            throw new HsmException(Errno.EINVAL, "map",
                    "0x%x bytes at 0x%x are not inside 0x%x bytes of shared memory".formatted(lengthBytes, offset,
                            end));
        }
    }

    @SuppressWarnings("restricted")
    private static MemorySegment segment(long address, long lengthBytes, Arena arena) {
        try {
            // SAFETY: mmap has just given this range to us alone, and the arena's end, which unmaps it, is the
            // segment's.
            return MemorySegment.ofAddress(address).reinterpret(lengthBytes, arena,
                    gone -> Libc.munmap(gone.address(), lengthBytes));
        } catch (RuntimeException | Error failure) {
            Libc.munmap(address, lengthBytes);
            throw failure;
        }
    }

    @Override
    public EventFd eventFd(int initial) {
        return adopt(new LinuxDescriptor((int) Native.check(
                Libc.eventfd(initial, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK), "eventfd", "there is no eventfd")), true);
    }

    @Override
    public EventFd eventFd(Descriptor descriptor) {
        if (!(descriptor instanceof LinuxDescriptor own)) {
            throw new HsmException(Errno.EBADF, "eventfd", "this descriptor was not made by this host");
        }
        return adopt(own.duplicate(), false);
    }

    @Override
    public DescriptorTable descriptors() {
        return number -> {
            ProcessDescriptors.eventFdId(number); // EBADF and EINVAL, in this order
            return adopt(LinuxDescriptor.duplicate(number), false);
        };
    }

    /** Takes over an eventfd; as long as this copy is open the kernel gives its number to no other. */
    private EventFd adopt(LinuxDescriptor copy, boolean made) {
        try {
            long id = ProcessDescriptors.eventFdId(copy.fd());
            synchronized (eventFds) {
                Optional<EventFd> known = Optional.ofNullable(eventFds.get(id)).flatMap(SharedEventFd::handle);
                if (known.isPresent()) {
                    copy.close();
                    return known.get();
                }
                return shared(id, copy, made).handle().orElseThrow();
            }
        } catch (RuntimeException | Error failure) {
            copy.close();
            throw failure;
        }
    }

    private SharedEventFd shared(long id, LinuxDescriptor copy, boolean made) {
        SharedEventFd[] self = new SharedEventFd[1];
        self[0] = new SharedEventFd(new LinuxEventCounter(copy, id, made, poller, () -> forget(id, self[0])));
        eventFds.put(id, self[0]);
        return self[0];
    }

    private void forget(long id, SharedEventFd gone) {
        synchronized (eventFds) {
            eventFds.remove(id, gone);
        }
    }

    @Override
    public UnixServer listen(Path path, SocketType type) {
        return LinuxServer.listen(path, type, poller);
    }

    @Override
    public UnixConnection connect(Path path, SocketType type) {
        return LinuxConnection.connect(path, type, poller);
    }
}
