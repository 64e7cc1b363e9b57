package org.cupule.hsm.impl.power;

import java.lang.foreign.MemorySegment;
import org.cupule.abi.AcrnAcpiGenericAddress;
import org.cupule.abi.AcrnCstateData;
import org.cupule.abi.AcrnPstateData;
import org.cupule.hsm.impl.life.Life;
import org.cupule.hsm.power.Power;
import org.cupule.hypervisor.CState;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.PState;

/**
 * Asks the hypervisor about the VM that the command names, and writes the answer as C has it ({@code hsm.md} 2.5, 11).
 *
 * @threading any thread
 */
public final class HypervisorPower implements Power {
    private static final int COUNT_BYTES = 8;
    private static final int CSTATE_BYTES = (int) AcrnCstateData.LAYOUT.byteSize();
    private static final int PSTATE_BYTES = (int) AcrnPstateData.LAYOUT.byteSize();

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
        byte[] bytes = new byte[CSTATE_BYTES];
        AcrnCstateData data = new AcrnCstateData(MemorySegment.ofArray(bytes));
        AcrnAcpiGenericAddress register = data.register();
        register.spaceId(state.register().space());
        register.bitWidth(state.register().bitWidth());
        register.bitOffset(state.register().bitOffset());
        register.accessSize(state.register().accessSize());
        register.address(state.register().address());
        data.type(state.type());
        data.latency(state.latencyMicros());
        data.power(state.powerMilliwatts());
        return bytes;
    }

    private static byte[] bytes(PState state) {
        byte[] bytes = new byte[PSTATE_BYTES];
        AcrnPstateData data = new AcrnPstateData(MemorySegment.ofArray(bytes));
        data.coreFrequency(state.frequencyMegahertz());
        data.power(state.powerMilliwatts());
        data.transitionLatency(state.latencyMicros());
        data.busMasterLatency(state.busMasterLatencyMicros());
        data.control(state.control());
        data.status(state.status());
        return bytes;
    }
}
