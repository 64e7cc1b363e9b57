package org.cupule.rig.guest;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.cupule.abi.CStruct;
import org.cupule.abi.IoctlNumber;
import org.cupule.host.LocalEventFd;
import org.cupule.host.OpenDescriptors;
import org.cupule.hsm.HsmHandle;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hsm.impl.device.IoctlDevice;
import org.cupule.pci.HostDeviceProvider;
import org.cupule.tck.hsm.FakeCaller;
import org.cupule.tck.hsm.FakeHypervisor;

/**
 * One of the two that a sequence of ioctls is given to: an open device, the memory of whoever calls, and its
 * descriptors. Addresses and numbers differ between the sides; what stands for what is the same.
 *
 * @threading confined to the test
 */
interface Side extends AutoCloseable {
    /** Bytes of a page. */
    int PAGE = 4096;

    /** {@return the address of new memory, page-aligned} */
    long pages(int count);

    /** {@return memory from an address on} */
    MemorySegment memory(long address);

    /** Takes away the right to write. */
    void protect(long address);

    /** Gives the host a device's memory. @return its physical address, the same on both sides */
    long device(int pages);

    /** {@return the number of a new eventfd} */
    int eventFd();

    /** {@return the number of something that is open and no eventfd} */
    int otherDescriptor();

    /** Carries a command out. @return 0 or a negative error number */
    int ioctl(int command, long argument);

    @Override
    void close();

    /** Puts a structure into memory. @return its address */
    default long put(CStruct structure) {
        long address = pages(1);
        MemorySegment.copy(structure.memory(), 0, memory(address), 0, structure.memory().byteSize());
        return address;
    }

    /** {@return the machine's own driver} */
    static Side driver() {
        return new Driver();
    }

    /** {@return our device, on the hypervisor of the contract tests} */
    static Side ours() {
        return new Ours();
    }

    /** Linux's driver, and this process. */
    final class Driver implements Side {
        private final int hsm = Sys.open("/dev/acrn_hsm");
        private final List<MemorySegment> mapped = new ArrayList<>();
        private final List<Integer> eventFds = new ArrayList<>();
        private int devices;

        @Override
        public long pages(int count) {
            MemorySegment memory = Sys.map((long) count * PAGE, Sys.POPULATE);
            mapped.add(memory);
            return memory.address();
        }

        private MemorySegment holding(long address) {
            return mapped.stream().filter(memory -> address >= memory.address()
                    && address < memory.address() + memory.byteSize()).findFirst().orElseThrow();
        }

        @Override
        public MemorySegment memory(long address) {
            MemorySegment memory = holding(address);
            return memory.asSlice(address - memory.address());
        }

        @Override
        public void protect(long address) {
            Sys.protect(holding(address), Sys.READ);
        }

        @Override
        public long device(int pages) {
            return 0xF000_0000L + devices++ * 0x1000_0000L;
        }

        @Override
        public int eventFd() {
            int fd = Sys.eventFd(0);
            eventFds.add(fd);
            return fd;
        }

        @Override
        public int otherDescriptor() {
            return hsm;
        }

        @Override
        public int ioctl(int command, long argument) {
            return Sys.ioctl(hsm, command, argument);
        }

        @Override
        public void close() {
            ioctl(IoctlNumber.PAUSE_VM.number(), 0);
            ioctl(IoctlNumber.DESTROY_IOREQ_CLIENT.number(), 0);
            ioctl(IoctlNumber.DESTROY_VM.number(), 0);
            Sys.close(hsm);
            eventFds.forEach(Sys::close);
            mapped.forEach(Sys::unmap);
        }
    }

    /** The device of the HSM. */
    final class Ours implements Side {
        private final RoutingHsm hsm = new RoutingHsm();
        private final FakeCaller caller = new FakeCaller(new ArrayList<>());
        private final OpenDescriptors descriptors = new OpenDescriptors();
        private final HsmHandle handle;

        Ours() {
            hsm.bind(new FakeHypervisor(new HostDeviceProvider() {
            }), Map.of());
            handle = new IoctlDevice(hsm).open(caller, descriptors);
        }

        @Override
        public long pages(int count) {
            return caller.pages(count);
        }

        @Override
        public MemorySegment memory(long address) {
            return caller.memory(address);
        }

        @Override
        public void protect(long address) {
            caller.protect(address);
        }

        @Override
        public long device(int pages) {
            return caller.device(pages);
        }

        @Override
        public int eventFd() {
            return descriptors.open(LocalEventFd.create(0));
        }

        @Override
        public int otherDescriptor() {
            return descriptors.open(() -> {
            });
        }

        @Override
        public int ioctl(int command, long argument) {
            return handle.ioctl(command, argument);
        }

        @Override
        public void close() {
            handle.close();
            descriptors.close();
            caller.close();
        }
    }
}
