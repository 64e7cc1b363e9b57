package org.cupule.linux.acrn;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.cupule.abi.AcrnAcpiGenericAddress;
import org.cupule.abi.AcrnCstateData;
import org.cupule.abi.AcrnPstateData;
import org.cupule.abi.IoctlNumber;
import org.cupule.hypervisor.CState;
import org.cupule.hypervisor.PState;
import org.cupule.hypervisor.ProcessorPower;

/**
 * C-states and P-states, asked through the file of the VM concerned ({@code hsm.md} 11).
 *
 * <pre>
 *  command   31      24 23      16 15       8 7        0        answer   count: 8 bytes, of which the lowest counts
 *           | vmid     | vcpu     | state    | type     |                C-state: 32, P-state: 48 bytes, over it
 * </pre>
 *
 * @threading any thread
 */
final class AcrnPower implements ProcessorPower {
    private static final int PX_COUNT = 0;
    private static final int PX_DATA = 1;
    private static final int CX_COUNT = 2;
    private static final int CX_DATA = 3;
    private static final int BYTE = 0xFF;

    private final IntFunction<HsmFile> files;

    /**
     * Makes the queries.
     *
     * @param files
     *            the file of a VM by its id; ENOTTY where there is none
     */
    AcrnPower(IntFunction<HsmFile> files) {
        this.files = files;
    }

    @Override
    public int performanceStates(int vmid, int vcpu) {
        return ask(vmid, vcpu, 0, PX_COUNT, answer -> answer.get(ValueLayout.JAVA_BYTE, 0) & BYTE);
    }

    @Override
    public PState performanceState(int vmid, int vcpu, int number) {
        return ask(vmid, vcpu, number, PX_DATA, answer -> {
            AcrnPstateData data = new AcrnPstateData(answer);
            return new PState(data.coreFrequency(), data.power(), data.transitionLatency(), data.busMasterLatency(),
                    data.control(), data.status());
        });
    }

    @Override
    public int idleStates(int vmid, int vcpu) {
        return ask(vmid, vcpu, 0, CX_COUNT, answer -> answer.get(ValueLayout.JAVA_BYTE, 0) & BYTE);
    }

    @Override
    public CState idleState(int vmid, int vcpu, int number) {
        return ask(vmid, vcpu, number, CX_DATA, answer -> {
            AcrnCstateData data = new AcrnCstateData(answer);
            AcrnAcpiGenericAddress from = data.register();
            return new CState(new CState.Register(from.spaceId(), from.bitWidth(), from.bitOffset(), from.accessSize(),
                    from.address()), data.type(), data.latency(), data.power());
        });
    }

    private <R> R ask(int vmid, int vcpu, int number, int type, Function<MemorySegment, R> answer) {
        HsmFile file = files.apply(vmid);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment room = HsmFile.room(arena);
            room.set(ValueLayout.JAVA_LONG, 0, (vmid & (long) BYTE) << 24 | (vcpu & BYTE) << 16 | (number & BYTE) << 8
                    | type);
            file.check(IoctlNumber.PM_GET_CPU_STATE, file.ask(IoctlNumber.PM_GET_CPU_STATE, room));
            return answer.apply(room);
        }
    }
}
