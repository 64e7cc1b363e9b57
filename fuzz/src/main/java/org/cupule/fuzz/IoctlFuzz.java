package org.cupule.fuzz;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.cupule.abi.IoctlNumber;
import org.cupule.hsm.HsmDevice;
import org.cupule.hsm.HsmHandle;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hsm.impl.device.IoctlDevice;
import org.cupule.host.OpenDescriptors;
import org.cupule.hv.sim.BenchSim;
import org.cupule.tck.hsm.FakeCaller;
import org.cupule.types.Errno;

/**
 * Commands of the character device, on the simulated hypervisor: any number, any argument, any structure, in any order.
 * EIO means that something else than a refusal came up; and when the handle is closed, nothing of the caller's memory
 * may stay lent.
 */
public final class IoctlFuzz {
    private static final int MAX_COMMANDS = 24;
    private static final int STRUCTURE_BYTES = 296;
    private static final List<IoctlNumber> COMMANDS = List.of(IoctlNumber.values());
    private static final HsmDevice DEVICE = device();

    private IoctlFuzz() {
    }

    private static HsmDevice device() {
        var hsm = new RoutingHsm();
        hsm.bind(BenchSim.hypervisor(), Map.of());
        return new IoctlDevice(hsm);
    }

    /** Tries one input. */
    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        try (var caller = new FakeCaller(new ArrayList<>()); var descriptors = new OpenDescriptors()) {
            long pages = caller.pages(4);
            try (HsmHandle handle = DEVICE.open(caller, descriptors)) {
                for (int i = 0; i < MAX_COMMANDS && data.remainingBytes() > 0; i++) {
                    command(data, caller, pages, handle);
                }
            }
            if (caller.pinned() != 0) {
                throw new AssertionError(caller.pinned() + " pieces of memory are still lent");
            }
        }
    }

    private static void command(FuzzedDataProvider data, FakeCaller caller, long pages, HsmHandle handle) {
        int number = data.consumeProbabilityFloat() < 0.95
                ? data.pickValue(COMMANDS).number()
                : data.consumeInt();
        long argument = pages;
        if (data.consumeBoolean()) {
            MemorySegment structure = caller.memory(pages);
            byte[] bytes = data.consumeBytes(STRUCTURE_BYTES);
            MemorySegment.copy(MemorySegment.ofArray(bytes), 0, structure, 0, bytes.length);
            if (data.consumeBoolean()) { // the last field of an address, so that some are good
                structure.set(ValueLayout.JAVA_LONG_UNALIGNED, data.consumeInt(0, 40), pages + 4096);
            }
        } else {
            argument = data.consumeLong();
        }
        if (number == IoctlNumber.ATTACH_IOREQ_CLIENT.number()) {
            Thread.currentThread().interrupt(); // a signal: it must not wait
        }
        int result = handle.ioctl(number, argument);
        Thread.interrupted();
        if (result == -Errno.EIO.number() || result > 0) {
            throw new AssertionError("ioctl 0x%x gave %d".formatted(number, result));
        }
    }
}
