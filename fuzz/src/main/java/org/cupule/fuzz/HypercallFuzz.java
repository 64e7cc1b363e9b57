package org.cupule.fuzz;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.cupule.abi.HypercallId;
import org.cupule.hv.sim.BenchSim;
import org.cupule.hv.sim.FuzzedServiceVm;
import org.cupule.types.Errno;

/**
 * Hypercalls of a Service VM's guest: any registers, any structures in its memory, in any order. Each gives a number
 * that is 0, an id, or an error that the interface knows; and when its User VMs have ended, none of them is left.
 */
public final class HypercallFuzz {
    private static final int MAX_CALLS = 24;
    private static final int PAGE = 4096;
    private static final int STRUCTURES = 8;
    private static final int STRUCTURE_BYTES = 320;
    private static final int MOST_VMS = 64;
    private static final List<HypercallId> IDS = List.of(HypercallId.values());
    private static final FuzzedServiceVm SERVICE = new FuzzedServiceVm(
            BenchSim.hypervisor(Map.of("max_vms", 8)));

    private HypercallFuzz() {
    }

    /** Does nothing but that this class is made: that takes its time, and is none of the first input's. */
    public static void fuzzerInitialize() {
        // The static fields are there.
    }

    /** Tries one input. */
    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        try {
            for (int i = 0; i < MAX_CALLS && data.remainingBytes() > 0; i++) {
                step(data);
            }
        } finally {
            SERVICE.endUserVms();
        }
        if (SERVICE.vms() != 1) {
            throw new AssertionError(SERVICE.vms() + " VMs are left");
        }
    }

    private static void step(FuzzedDataProvider data) {
        while (data.consumeBoolean() && data.remainingBytes() > 0) {
            write(data);
        }
        long id = data.consumeProbabilityFloat() < 0.95 ? data.pickValue(IDS).number() : data.consumeLong();
        long first = argument(data);
        long second = argument(data);
        long result = SERVICE.call(id, first, second);
        if (result > MOST_VMS || result < 0 && !known(result)) {
            throw new AssertionError("hypercall 0x%x(0x%x, 0x%x) gave %d".formatted(id, first, second, result));
        }
    }

    private static boolean known(long result) {
        return result != -Errno.EIO.number()
                && List.of(Errno.values()).stream().anyMatch(errno -> -errno.number() == result);
    }

    /** Puts bytes at one of a few places, so that arguments find them. */
    private static void write(FuzzedDataProvider data) {
        int at = data.consumeInt(0, STRUCTURES) * PAGE;
        byte[] bytes = data.consumeBytes(STRUCTURE_BYTES);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, SERVICE.memory(), at, bytes.length);
    }

    /** A small number, the address of one of those places, or anything. */
    private static long argument(FuzzedDataProvider data) {
        return switch (data.consumeInt(0, 2)) {
            case 0 -> data.consumeInt(0, 3);
            case 1 -> (long) data.consumeInt(0, STRUCTURES) * PAGE;
            default -> data.consumeLong();
        };
    }
}
