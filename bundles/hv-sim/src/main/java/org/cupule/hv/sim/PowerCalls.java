package org.cupule.hv.sim;

import java.lang.foreign.MemorySegment;
import org.cupule.abi.AcrnCstateData;
import org.cupule.abi.AcrnPstateData;
import org.cupule.hypervisor.CState;
import org.cupule.hypervisor.PState;
import org.cupule.hypervisor.ProcessorPower;

/**
 * The hypercall for idle and performance states ({@code hsm.md} 11).
 *
 * <pre>
 *  command  31    24 23   16 15    8 7    0
 *          +--------+-------+-------+------+
 *          |  vmid  | vcpu  | number| type |    0 Px count, 1 Px data, 2 Cx count, 3 Cx data
 *          +--------+-------+-------+------+
 * </pre>
 *
 * @threading confined to the call
 */
final class PowerCalls {
    private static final int BYTE = 0xFF;

    private final ServiceVm service;
    private final ServiceMemory memory;
    private final ProcessorPower power;

    PowerCalls(ServiceVm service, ServiceMemory memory, ProcessorPower power) {
        this.service = service;
        this.memory = memory;
        this.power = power;
    }

    /** Writes what is asked for; an unknown type is nothing, with success. */
    int call(int command, long gpa) {
        int vmid = service.find(command >>> 24).vmid();
        int vcpu = command >> 16 & BYTE;
        int number = command >> 8 & BYTE;
        switch (command & BYTE) {
            case 0 -> count(gpa, power.performanceStates(vmid, vcpu));
            case 1 -> memory.write(gpa, data(power.performanceState(vmid, vcpu, number)));
            case 2 -> count(gpa, power.idleStates(vmid, vcpu));
            case 3 -> memory.write(gpa, data(power.idleState(vmid, vcpu, number)));
            default -> {
                // as the hypervisor does
            }
        }
        return 0;
    }

    /** One byte, whatever the size of the result. */
    private void count(long gpa, int states) {
        memory.write(gpa, MemorySegment.ofArray(new byte[]{(byte) states}));
    }

    private static MemorySegment empty(long lengthBytes) {
        return MemorySegment.ofArray(new byte[(int) lengthBytes]);
    }

    private static MemorySegment data(CState state) {
        var data = new AcrnCstateData(empty(AcrnCstateData.LAYOUT.byteSize()));
        CState.Register from = state.register();
        data.register().spaceId(from.space());
        data.register().bitWidth(from.bitWidth());
        data.register().bitOffset(from.bitOffset());
        data.register().accessSize(from.accessSize());
        data.register().address(from.address());
        data.type(state.type());
        data.latency(state.latencyMicros());
        data.power(state.powerMilliwatts());
        return data.memory();
    }

    private static MemorySegment data(PState state) {
        var data = new AcrnPstateData(empty(AcrnPstateData.LAYOUT.byteSize()));
        data.coreFrequency(state.frequencyMegahertz());
        data.power(state.powerMilliwatts());
        data.transitionLatency(state.latencyMicros());
        data.busMasterLatency(state.busMasterLatencyMicros());
        data.control(state.control());
        data.status(state.status());
        return data.memory();
    }
}
