package org.cupule.hsm.impl.power;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.cupule.hsm.impl.life.Life;
import org.cupule.hsm.power.Power;
import org.cupule.hypervisor.CState;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.PState;

/**
 * Asks the hypervisor about the VM that the command names, and writes the answer as C has it ({@code hsm.md} 2.5, 11).
 *
 * <pre>
 *  count    +0 count:1, zeros to 8
 *  C-state  +0 space:1 +1 width:1 +2 offset:1 +3 access:1 +4 address:8 +12 type:1 +16 latency:4 +24 power:8
 *  P-state  +0 frequency +8 power +16 latency +24 bus master latency +32 control +40 status, 8 each
 * </pre>
 *
 * @threading any thread
 */
public final class HypervisorPower implements Power {
    private static final int COUNT_BYTES = 8;
    private static final int CSTATE_BYTES = 32;
    private static final int PSTATE_BYTES = 48;

    private final Life life;
    private final Hypervisor hypervisor;

    /** Makes the power queries of one VM. */
    public HypervisorPower(Life life, Hypervisor hypervisor) {
        this.life = life;
        this.hypervisor = hypervisor;
    }

    @Override
    public byte[] cpuState(long command) {
        life.check("cpuState");
        int vmid = (int) (command >> 24) & 0xFF;
        int vcpu = (int) (command >> 16) & 0xFF;
        int number = (int) (command >> 8) & 0xFF;
        return switch ((int) command & 0xFF) {
            case PX_COUNT -> count(hypervisor.power().performanceStates(vmid, vcpu));
            case PX_DATA -> bytes(hypervisor.power().performanceState(vmid, vcpu, number));
            case CX_COUNT -> count(hypervisor.power().idleStates(vmid, vcpu));
            case CX_DATA -> bytes(hypervisor.power().idleState(vmid, vcpu, number));
            default -> new byte[0]; // success, without asking anybody (hsm.md 11.1)
        };
    }

    private static byte[] count(int states) {
        byte[] bytes = new byte[COUNT_BYTES];
        bytes[0] = (byte) states;
        return bytes;
    }

    private static byte[] bytes(CState state) {
        ByteBuffer bytes = ByteBuffer.allocate(CSTATE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        CState.Register register = state.register();
        bytes.put((byte) register.space()).put((byte) register.bitWidth()).put((byte) register.bitOffset())
                .put((byte) register.accessSize()).putLong(register.address()).put((byte) state.type());
        bytes.putInt(16, state.latencyMicros()).putLong(24, state.powerMilliwatts());
        return bytes.array();
    }

    private static byte[] bytes(PState state) {
        return ByteBuffer.allocate(PSTATE_BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(state.frequencyMegahertz())
                .putLong(state.powerMilliwatts()).putLong(state.latencyMicros())
                .putLong(state.busMasterLatencyMicros()).putLong(state.control()).putLong(state.status()).array();
    }
}
