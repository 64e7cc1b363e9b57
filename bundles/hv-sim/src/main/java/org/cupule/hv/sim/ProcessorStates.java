package org.cupule.hv.sim;

import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.cupule.hypervisor.CState;
import org.cupule.hypervisor.PState;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.ProcessorPower;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * Idle and performance states as the settings have them. They belong to the host's processors, so they are the
 * hypervisor's setting, as they are part of ACRN's description of a board, and not a wish of a VM's creator.
 *
 * <p>
 * Guests do not see P-states ({@code hsm.md} 11.4): a guest whose performance the processor governs by itself has 0 of
 * them, all others are refused.
 *
 * @threading any thread
 */
final class ProcessorStates implements ProcessorPower {
    private static final int FIELDS = 8;

    private final IntFunction<@Nullable SimPartition> partitions;
    private volatile List<CState> idle = List.of();
    private volatile boolean hardwareManaged;

    ProcessorStates(IntFunction<@Nullable SimPartition> partitions) {
        this.partitions = partitions;
    }

    /**
     * Takes settings.
     *
     * @param states
     *            {@code type:latency:power:space:width:offset:access:address}, C1 first
     * @throws HsmException
     *             EINVAL when one cannot be read; then all stays as it was
     */
    void configure(String[] states, boolean managed) {
        idle = Stream.of(states).filter(state -> !state.isBlank()).map(ProcessorStates::parse).toList();
        hardwareManaged = managed;
    }

    private static CState parse(String text) {
        String[] fields = text.strip().split(":");
        try {
            if (fields.length == FIELDS) {
                int[] small = Stream.of(fields).limit(FIELDS - 1).mapToInt(Integer::decode).toArray();
                return new CState(
                        new CState.Register(small[3], small[4], small[5], small[6], Long.decode(fields[FIELDS - 1])),
                        small[0], small[1], small[2]);
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new HsmException(Errno.EINVAL, "settings",
                "C-state '%s' is not type:latency:power:space:width:offset:access:address".formatted(text));
    }

    private void check(int vmid) {
        SimPartition target = partitions.apply(vmid);
        if (target == null) {
            throw new HsmException(Errno.ENOTTY, "power", "there is no VM " + vmid);
        }
        State state = target.state();
        if (state != State.CREATED && state != State.PAUSED) {
            throw refused("VM " + vmid + " is " + state + ", neither CREATED nor PAUSED");
        }
    }

    private static HsmException refused(String sentence) {
        return new HsmException(Errno.EPERM, "power", sentence);
    }

    @Override
    public int performanceStates(int vmid, int vcpu) {
        check(vmid);
        if (!hardwareManaged) {
            throw refused("guests do not see P-states");
        }
        return 0;
    }

    @Override
    public PState performanceState(int vmid, int vcpu, int number) {
        check(vmid);
        throw refused("guests do not see P-states");
    }

    @Override
    public int idleStates(int vmid, int vcpu) {
        check(vmid);
        return Math.min(idle.size(), 255);
    }

    @Override
    public CState idleState(int vmid, int vcpu, int number) {
        check(vmid);
        List<CState> states = idle;
        if (number < 1 || number > states.size()) {
            throw refused("C-state %d is not 1 to %d".formatted(number, states.size()));
        }
        return states.get(number - 1);
    }
}
