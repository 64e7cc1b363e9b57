package org.cupule.linux.acrn;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.abi.AcrnVmMemmap;
import org.cupule.abi.IoctlNumber;
import org.cupule.host.CallBack;
import org.cupule.host.DescriptorTable;
import org.cupule.host.DeviceFile;
import org.cupule.host.EventFd;
import org.cupule.host.linux.LinuxHost;
import org.cupule.hsm.CallerMemory;
import org.cupule.hsm.HsmDevice;
import org.cupule.hsm.HsmHandle;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hsm.impl.device.IoctlDevice;
import org.cupule.hsm.memory.LentMemory;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.types.Errno;

/**
 * The driver's twin: our own character device over another HSM, in this process, with this process's memory and
 * descriptors. It counts open files, writes down what would be a hazard in the real driver, and fails when told.
 *
 * @threading any thread
 */
final class TwinDriver implements Driver {
    private static final int PAGE = 4096;
    private static final DescriptorTable DESCRIPTORS = new LinuxHost().descriptors();

    /** Counters that it was told of: as in the kernel, who closes a descriptor does not end what uses its counter. */
    private final List<EventFd> kept = new CopyOnWriteArrayList<>();

    private final HsmDevice device;
    private final Map<IoctlNumber, Errno> failures = new ConcurrentHashMap<>();
    private final List<String> hazards = new CopyOnWriteArrayList<>();
    private final List<IoctlNumber> asked = new CopyOnWriteArrayList<>();
    private final List<String> memory = new CopyOnWriteArrayList<>();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger attached = new AtomicInteger();
    private final ThreadLocal<Way> ways = new ThreadLocal<>();
    private volatile boolean deaf;

    /** Makes the driver over an HSM on these hypervisors. */
    TwinDriver(List<Hypervisor> hypervisors) {
        RoutingHsm below = new RoutingHsm();
        hypervisors.forEach(hypervisor -> below.bind(hypervisor, Map.of()));
        device = new IoctlDevice(below);
    }

    /** Answers a command with an error number from now on, without carrying it out. */
    void fail(IoctlNumber command, Errno with) {
        failures.put(command, with);
    }

    /** Carries all commands out again. */
    void heal() {
        failures.clear();
    }

    /** Whether calls of threads are not heard: the kernel's, that never come out of ATTACH. */
    void deaf(boolean now) {
        deaf = now;
    }

    /** {@return how many files are open} */
    int openFiles() {
        return open.get();
    }

    /** Counts the files that a test has opened itself no more. */
    void forgetOpen() {
        open.set(1);
    }

    /** {@return how many files have been opened} */
    int opened() {
        return opened.get();
    }

    /** {@return how many threads are in ATTACH now} */
    int attached() {
        return attached.get();
    }

    /** {@return what would have gone wrong in the real driver} */
    List<String> hazards() {
        return hazards;
    }

    /** {@return the commands, in order} */
    List<IoctlNumber> asked() {
        return asked;
    }

    /** {@return the structures of SET_MEMSEG and UNSET_MEMSEG, as words, in order} */
    List<String> memory() {
        return memory;
    }

    @Override
    public DeviceFile open() {
        open.incrementAndGet();
        opened.incrementAndGet();
        return new File(device.open(new OwnMemory(), this::counter));
    }

    private EventFd counter(int number) {
        EventFd found = DESCRIPTORS.eventFd(number);
        kept.add(found.duplicate());
        return found;
    }

    @Override
    public CallBack currentThread() {
        Way way = new Way(Thread.currentThread());
        ways.set(way);
        return way;
    }

    /** A signal: heard in ATTACH alone, not by the Java code of the thread. */
    private final class Way implements CallBack {
        private final Thread thread;
        private boolean inside;

        Way(Thread thread) {
            this.thread = thread;
        }

        synchronized void inside(boolean now) {
            inside = now;
            if (!now) {
                Thread.interrupted();
            }
        }

        @Override
        public synchronized void call() {
            if (inside && !deaf) {
                thread.interrupt();
            }
        }

        @Override
        public void close() {
            ways.remove();
        }
    }

    private final class File implements DeviceFile {
        private final HsmHandle handle;
        private final AtomicInteger sleepers = new AtomicInteger();
        private volatile boolean closed;

        File(HsmHandle handle) {
            this.handle = handle;
        }

        @Override
        public String path() {
            return "/dev/acrn_hsm";
        }

        @Override
        public long ioctl(int command, long argument) {
            if (closed) {
                return -Errno.EBADF.number();
            }
            IoctlNumber known = IoctlNumber.of(command).orElseThrow();
            asked.add(known);
            Errno failure = failures.get(known);
            if (failure != null) {
                return -failure.number();
            }
            checkNobodySleeps(known);
            return known == IoctlNumber.ATTACH_IOREQ_CLIENT ? attach(command) : handle.ioctl(command, argument);
        }

        private long attach(int command) {
            Way way = ways.get();
            sleepers.incrementAndGet();
            attached.incrementAndGet();
            way.inside(true);
            try {
                return handle.ioctl(command, 0);
            } finally {
                way.inside(false);
                attached.decrementAndGet();
                sleepers.decrementAndGet();
            }
        }

        private void checkNobodySleeps(IoctlNumber command) {
            boolean frees = command == IoctlNumber.DESTROY_VM || command == IoctlNumber.DESTROY_IOREQ_CLIENT;
            if (frees && sleepers.get() > 0) {
                hazards.add(command + " while a thread is in ATTACH");
            }
        }

        @Override
        public long ioctl(int command, MemorySegment argument) {
            if (command == IoctlNumber.SET_MEMSEG.number() || command == IoctlNumber.UNSET_MEMSEG.number()) {
                AcrnVmMemmap map = new AcrnVmMemmap(argument);
                memory.add("type %d attr 0x%x gpa 0x%x from 0x%x len 0x%x".formatted(map.type(), map.attr(),
                        map.userVmPa(), map.vmaBase(), map.len()));
            }
            return ioctl(command, argument.address());
        }

        @Override
        public long write(MemorySegment source) {
            return -Errno.EINVAL.number();
        }

        @Override
        public long poll(int events, int timeoutMillis) {
            return -Errno.EINVAL.number();
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                if (sleepers.get() > 0) {
                    hazards.add("close while a thread is in ATTACH");
                }
                open.decrementAndGet();
                handle.close();
                kept.forEach(EventFd::close);
            }
        }
    }

    /** The memory of this process: addresses are good, or the test is wrong. */
    private static final class OwnMemory implements CallerMemory {
        @SuppressWarnings("restricted")
        private static MemorySegment at(long address, long lengthBytes) {
            // SAFETY: the backend hands out addresses of its own live segments only.
            return MemorySegment.ofAddress(address).reinterpret(lengthBytes);
        }

        @Override
        public void read(long address, MemorySegment target) {
            MemorySegment.copy(at(address, target.byteSize()), 0, target, 0, target.byteSize());
        }

        @Override
        public void write(long address, MemorySegment source) {
            MemorySegment.copy(source, 0, at(address, source.byteSize()), 0, source.byteSize());
        }

        /** Device memory is wherever it is asked for. */
        @Override
        public LentMemory device(long hpa, long lengthBytes) {
            return lent(Arena.ofAuto().allocate(lengthBytes, PAGE), true);
        }

        @Override
        public LentMemory pin(long address, long lengthBytes) {
            return lent(at(address, lengthBytes), false);
        }

        private static LentMemory lent(MemorySegment pages, boolean frames) {
            return new LentMemory() {
                @Override
                public boolean frames() {
                    return frames;
                }

                @Override
                public MemorySegment segment() {
                    return pages;
                }

                @Override
                public void close() {
                    // the pages are somebody else's
                }
            };
        }
    }
}
