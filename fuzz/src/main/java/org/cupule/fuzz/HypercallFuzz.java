package org.cupule.fuzz;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.cupule.abi.HypercallId;
import org.cupule.hv.sim.BenchSim;
import org.cupule.hv.sim.FuzzedServiceVm;
import org.cupule.tck.hsm.ScriptedDevices;
import org.cupule.types.Errno;

/**
 * Hypercalls of a Service VM's guest: any registers, any structures in its memory, in any order. Each gives a number
 * that is 0, an id, or an error that the interface knows; and when its User VMs have ended, none of them is left.
 *
 * <pre>
 *  input      steps, to its end
 *  step       0 to 0x7F: hypercall of that index among the known ones, then two arguments
 *             0x80 to 0xBF: any hypercall: 8 bytes, then two arguments
 *             0xC0 to 0xFF: structure: page (1), length (2), so many bytes
 *  argument   kind (1)   0: a number, 0 to 255 (1)   1: address of a page (1)   2: 8 bytes
 * </pre>
 */
public final class HypercallFuzz {
    static final int ANY_CALL = 0x80;
    static final int STRUCTURE = 0xC0;
    static final int SMALL = 0;
    static final int PLACE = 1;
    static final int WHOLE = 2;
    static final int PAGE = 4096;

    private static final int MAX_STEPS = 96;
    private static final int STRUCTURE_BYTES = 512;
    private static final int PLACES = 32;
    private static final int MOST_VMS = 64;
    private static final List<HypercallId> IDS = List.of(HypercallId.values());
    private static final FuzzedServiceVm SERVICE = new FuzzedServiceVm(
            BenchSim.hypervisor(Map.of("max_vms", 8), new ScriptedDevices()));

    private HypercallFuzz() {
    }

    /** Does nothing but that this class is made: that takes its time, and is none of the first input's. */
    public static void fuzzerInitialize() {
        // The static fields are there.
    }

    /** Tries one input. */
    public static void fuzzerTestOneInput(byte[] data) {
        results(data);
    }

    /** Tries one input. @return what the hypercalls gave */
    static List<Long> results(byte[] data) {
        var results = new ArrayList<Long>();
        var input = new Input(data);
        try {
            for (int i = 0; i < MAX_STEPS && input.more(); i++) {
                step(input, results);
            }
        } finally {
            SERVICE.endUserVms();
        }
        if (SERVICE.vms() != 1) {
            throw new AssertionError(SERVICE.vms() + " VMs are left");
        }
        return results;
    }

    private static void step(Input input, List<Long> results) {
        int kind = input.octet();
        if (kind >= STRUCTURE) {
            write(input);
        } else {
            results.add(call(kind >= ANY_CALL ? input.number() : IDS.get(kind % IDS.size()).number(), input));
        }
    }

    private static long call(long id, Input input) {
        long first = argument(input);
        long second = argument(input);
        long result = SERVICE.call(id, first, second);
        if (result > MOST_VMS || result < 0 && !known(result)) {
            throw new AssertionError("hypercall 0x%x(0x%x, 0x%x) gave %d".formatted(id, first, second, result));
        }
        return result;
    }

    private static boolean known(long result) {
        return result != -Errno.EIO.number()
                && List.of(Errno.values()).stream().anyMatch(errno -> -errno.number() == result);
    }

    /** Puts bytes at one of a few places, so that arguments find them. */
    private static void write(Input input) {
        int at = input.below(PLACES) * PAGE;
        byte[] bytes = input.bytes(input.wideBelow(STRUCTURE_BYTES));
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, SERVICE.memory(), at, bytes.length);
    }

    /** A small number, the address of one of those places, or anything. */
    private static long argument(Input input) {
        return switch (input.below(WHOLE + 1)) {
            case SMALL -> input.octet();
            case PLACE -> (long) input.below(PLACES) * PAGE;
            default -> input.number();
        };
    }
}
