package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.cupule.hsm.power.Power.CX_COUNT;
import static org.cupule.hsm.power.Power.CX_DATA;
import static org.cupule.hsm.power.Power.PX_COUNT;
import static org.cupule.hsm.power.Power.PX_DATA;
import static org.cupule.hsm.power.Power.command;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.cupule.abi.AcrnCstateData;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hypervisor.CState;
import org.cupule.types.Errno;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** C-states and P-states ({@code hsm.md} 11). The hypervisor has one C-state at least, and hides P-states. */
public abstract class PowerContract extends TopicFixture {
    /** Only a contract. */
    protected PowerContract() {
    }

    /** {@return how many C-states the hypervisor has} */
    protected abstract int states();

    /** {@return the first of them} */
    protected abstract CState first();

    private byte[] ask(int number, int type) {
        return vm.power().cpuState(command(vm.vmid(), 0, number, type));
    }

    private Errno failure(VirtualMachine asked, long command) {
        return Failing.errno(() -> asked.power().cpuState(command));
    }

    @Test
    @DisplayName("HSM-PM-01 an unknown type succeeds and gives nothing, whatever VM it names")
    void unknownTypeGivesNothing() {
        assertThat(ask(1, 4)).isEmpty();
        assertThat(vm.power().cpuState(command(0xFE, 0, 0, 0xFF))).isEmpty();
        vm.start();
        assertThat(ask(0, 0x77)).isEmpty();
    }

    @Test
    @DisplayName("HSM-PM-02 the count of C-states is in the low byte, the rest zero")
    void countIsInTheLowByte() {
        byte[] answer = ask(0, CX_COUNT);

        assertThat(answer).hasSize(8);
        assertThat(answer[0]).isEqualTo((byte) states());
        assertThat(Arrays.copyOfRange(answer, 1, 8)).containsOnly(0);
    }

    @Test
    @DisplayName("HSM-PM-02 C-states are numbered from 1: 0 and one beyond the count are EPERM")
    void numbersBeginWithOne() {
        assertThat(failure(vm, command(vm.vmid(), 0, 0, CX_DATA))).isEqualTo(Errno.EPERM);
        assertThat(failure(vm, command(vm.vmid(), 0, states() + 1, CX_DATA))).isEqualTo(Errno.EPERM);
        assertThat(failure(vm, command(vm.vmid(), 0, states(), CX_DATA))).isNull();
    }

    @Test
    @DisplayName("HSM-PM-03 P-states are EPERM")
    void performanceStatesAreRefused() {
        assertThat(failure(vm, command(vm.vmid(), 0, 0, PX_DATA))).isEqualTo(Errno.EPERM);
        assertThat(failure(vm, command(vm.vmid(), 0, 1, PX_DATA))).isEqualTo(Errno.EPERM);
        assertThat(failure(vm, command(vm.vmid(), 0, 0, PX_COUNT))).isEqualTo(Errno.EPERM);
    }

    @Test
    @DisplayName("HSM-PM-03 a RUNNING target is EPERM, a PAUSED one answers; another VM may ask")
    void targetMustStandStill() {
        VirtualMachine other = create("other");
        vm.start();
        assertThat(failure(vm, command(vm.vmid(), 0, 0, CX_COUNT))).isEqualTo(Errno.EPERM);
        assertThat(failure(other, command(vm.vmid(), 0, 0, CX_COUNT))).isEqualTo(Errno.EPERM);
        assertThat(failure(vm, command(other.vmid(), 0, 0, CX_COUNT))).isNull();

        vm.pause();
        assertThat(failure(other, command(vm.vmid(), 0, 0, CX_COUNT))).isNull();
    }

    @Test
    @DisplayName("HSM-PM-04 a C-state is 32 bytes, laid out as C has it")
    void stateIsTheStructure() {
        byte[] answer = ask(1, CX_DATA);

        assertThat(answer).hasSize(32);
        AcrnCstateData data = new AcrnCstateData(MemorySegment.ofArray(answer));
        assertThat(new CState(
                new CState.Register(data.register().spaceId(), data.register().bitWidth(), data.register().bitOffset(),
                        data.register().accessSize(), data.register().address()),
                data.type(), data.latency(), data.power())).isEqualTo(first());
    }

    @Test
    void aVmThatIsNotThereIsEnotty() {
        assertThat(failure(vm, command(0xFE, 0, 0, CX_COUNT))).isEqualTo(Errno.ENOTTY);
    }

    @Test
    void onlyTheLowHalfOfTheCommandCounts() {
        assertThat(vm.power().cpuState(command(vm.vmid(), 0, 0, CX_COUNT) | 0xABCD_0000_0000_0000L)).hasSize(8);
    }

    @Test
    void aVmThatIsGoneAsksNothing() {
        var power = vm.power();
        int vmid = vm.vmid();
        vm.close();

        assertThat(Failing.errno(() -> power.cpuState(command(vmid, 0, 0, CX_COUNT)))).isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> power.cpuState(command(vmid, 0, 0, 9)))).isEqualTo(Errno.EINVAL);
    }
}
