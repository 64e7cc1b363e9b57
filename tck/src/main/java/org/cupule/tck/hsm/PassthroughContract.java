package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.cupule.tck.hsm.ScriptedDevices.BRIDGE;
import static org.cupule.tck.hsm.ScriptedDevices.FUNCTION;
import static org.cupule.tck.hsm.ScriptedDevices.MEMORY;
import static org.cupule.tck.hsm.ScriptedDevices.OTHER;
import static org.cupule.tck.hsm.ScriptedDevices.PIN;

import java.util.List;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hypervisor.AssignedDevice;
import org.cupule.hypervisor.HostDevice;
import org.cupule.hypervisor.InterruptRemap;
import org.cupule.hypervisor.MmioAssignment;
import org.cupule.hypervisor.MmioAssignment.Resource;
import org.cupule.hypervisor.PciAssignment;
import org.cupule.hypervisor.VirtualDevice;
import org.cupule.types.Bdf;
import org.cupule.types.Errno;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Devices of the host and of the hypervisor in a VM: states, checks and their order ({@code hsm.md} 9). */
public abstract class PassthroughContract extends TopicFixture {
    private static final Bdf GUEST = Bdf.parse("00:05.0");
    private static final Bdf ELSEWHERE = Bdf.parse("00:06.0");
    private static final PciAssignment ASSIGNMENT = PciAssignment.of(GUEST, FUNCTION, 1);
    private static final InterruptRemap REMAP = remap(InterruptRemap.INTX, 20, false);
    private static final VirtualDevice SERIAL = VirtualDevice.of(0x9710, 0x9900, 0x38, "");

    /** Only a contract. */
    protected PassthroughContract() {
    }

    private static InterruptRemap remap(int type, int guestPin, boolean pic) {
        return new InterruptRemap(type, GUEST, FUNCTION, guestPin, PIN, pic);
    }

    private static MmioAssignment memory(long gpa, long hpa, long lengthBytes) {
        return new MmioAssignment("tpm", List.of(new Resource(gpa, hpa, lengthBytes, 0)));
    }

    private Errno failure(Runnable call) {
        return Failing.errno(call);
    }

    private List<String> guestAddresses() {
        return vm.passthrough().devices().stream().map(AssignedDevice::guest).toList();
    }

    private int owner(Bdf function) {
        return vm.passthrough().hostDevices().stream().filter(each -> each.address().equals(function.toString()))
                .mapToInt(HostDevice::vmid).findFirst().orElseThrow();
    }

    // ---- PCI

    @Test
    void anAssignedFunctionIsTheGuestsUntilItIsDeassigned() {
        vm.passthrough().assign(ASSIGNMENT);

        assertThat(guestAddresses()).containsExactly("00:05.0");
        assertThat(owner(FUNCTION)).isEqualTo(vm.vmid());
        vm.passthrough().deassign(ASSIGNMENT);
        assertThat(guestAddresses()).isEmpty();
        assertThat(owner(FUNCTION)).isEqualTo(-1);
    }

    @Test
    @DisplayName("HSM-PT-01 an assignment in RUNNING or PAUSED is EINVAL")
    void assignmentNeedsCreated() {
        vm.start();
        assertThat(failure(() -> vm.passthrough().assign(ASSIGNMENT))).isEqualTo(Errno.EINVAL);
        assertThat(failure(() -> vm.passthrough().deassign(ASSIGNMENT))).isEqualTo(Errno.EINVAL);

        vm.pause();
        assertThat(failure(() -> vm.passthrough().assign(ASSIGNMENT))).isEqualTo(Errno.EINVAL);
        assertThat(owner(FUNCTION)).isEqualTo(-1);
    }

    @Test
    @DisplayName("HSM-PT-01 the state is looked at before the function")
    void stateGoesBeforeFunction() {
        vm.pause();

        assertThat(failure(() -> vm.passthrough().assign(PciAssignment.of(GUEST, Bdf.parse("1f:1f.7"), 1))))
                .isEqualTo(Errno.EINVAL);
    }

    @Test
    @DisplayName("HSM-PT-01 a function that the host has not, has given away, or that is a bridge is ENODEV")
    void unknownFunctionIsEnodev() {
        VirtualMachine other = create("other");
        other.passthrough().assign(ASSIGNMENT);

        assertThat(failure(() -> vm.passthrough().assign(PciAssignment.of(GUEST, Bdf.parse("1f:1f.7"), 1))))
                .isEqualTo(Errno.ENODEV);
        assertThat(failure(() -> vm.passthrough().assign(ASSIGNMENT))).isEqualTo(Errno.ENODEV);
        assertThat(failure(() -> vm.passthrough().assign(PciAssignment.of(GUEST, BRIDGE, 1)))).isEqualTo(Errno.ENODEV);
        assertThat(vm.passthrough().devices()).isEmpty();
    }

    @Test
    void aTakenAddressIsEexistAndTheFunctionStaysWithTheHost() {
        vm.passthrough().assign(ASSIGNMENT);

        assertThat(failure(() -> vm.passthrough().assign(PciAssignment.of(GUEST, OTHER, 1)))).isEqualTo(Errno.EEXIST);
        assertThat(owner(OTHER)).isEqualTo(-1);
    }

    @Test
    @DisplayName("HSM-PT-02 deassignment works in PAUSED; another function of the host is ENODEV")
    void deassignmentComparesBothAddresses() {
        vm.passthrough().assign(ASSIGNMENT);
        vm.start();
        vm.pause();

        assertThat(failure(() -> vm.passthrough().deassign(PciAssignment.of(GUEST, OTHER, 1))))
                .isEqualTo(Errno.ENODEV);
        assertThat(failure(() -> vm.passthrough().deassign(PciAssignment.of(ELSEWHERE, FUNCTION, 1))))
                .isEqualTo(Errno.ENODEV);
        vm.passthrough().deassign(ASSIGNMENT);
        assertThat(owner(FUNCTION)).isEqualTo(-1);
    }

    @Test
    void aResetKeepsAssignmentsAndTheEndReturnsThem() {
        vm.passthrough().assign(ASSIGNMENT);
        vm.start();
        vm.pause();
        vm.reset();
        assertThat(guestAddresses()).containsExactly("00:05.0");

        VirtualMachine other = create("other");
        vm.pause();
        vm.destroy();

        other.passthrough().assign(ASSIGNMENT);
        assertThat(other.passthrough().devices()).hasSize(1);
    }

    @Test
    void nothingWorksAfterTheEnd() {
        var passthrough = vm.passthrough();
        vm.close();

        assertThat(failure(() -> passthrough.assign(ASSIGNMENT))).isEqualTo(Errno.EINVAL);
        assertThat(failure(() -> passthrough.setInterrupt(REMAP))).isEqualTo(Errno.EINVAL);
        assertThat(failure(() -> passthrough.create(SERIAL))).isEqualTo(Errno.EINVAL);
    }

    // ---- interrupts

    @Test
    void aLineOfAnAssignedFunctionIsLedToAGsi() {
        vm.passthrough().assign(ASSIGNMENT);
        vm.passthrough().setInterrupt(REMAP);

        assertThat(vm.passthrough().devices()).extracting(AssignedDevice::interrupt).containsExactly("GSI 20");
        vm.passthrough().resetInterrupt(REMAP);
        assertThat(vm.passthrough().devices()).extracting(AssignedDevice::interrupt).containsExactly("");
    }

    @Test
    @DisplayName("HSM-PT-03 MSI and MSI-X need no remapping: EPERM")
    void messagesAreNotRemapped() {
        vm.passthrough().assign(ASSIGNMENT);

        assertThat(failure(() -> vm.passthrough().setInterrupt(remap(InterruptRemap.MSI, 20, false))))
                .isEqualTo(Errno.EPERM);
        assertThat(failure(() -> vm.passthrough().setInterrupt(remap(InterruptRemap.MSIX, 20, false))))
                .isEqualTo(Errno.EPERM);
        assertThat(failure(() -> vm.passthrough().resetInterrupt(remap(InterruptRemap.MSI, 20, false))))
                .isEqualTo(Errno.EPERM);
    }

    @Test
    @DisplayName("HSM-PT-04 a guest pin of 48 is EPERM, and one of 16 at the 8259 pair")
    void pinsEnd() {
        vm.passthrough().assign(ASSIGNMENT);

        assertThat(failure(() -> vm.passthrough().setInterrupt(remap(0, 48, false)))).isEqualTo(Errno.EPERM);
        assertThat(failure(() -> vm.passthrough().setInterrupt(remap(0, 16, true)))).isEqualTo(Errno.EPERM);
        assertThat(failure(() -> vm.passthrough().setInterrupt(remap(0, -1, false)))).isEqualTo(Errno.EPERM);
        assertThat(failure(() -> vm.passthrough().setInterrupt(remap(0, 47, false)))).isNull();
        assertThat(failure(() -> vm.passthrough().setInterrupt(remap(0, 15, true)))).isNull();
    }

    @Test
    @DisplayName("HSM-PT-04 a host pin that is none, and a function that is not assigned so, are EPERM")
    void remapNeedsTheAssignedFunction() {
        assertThat(failure(() -> vm.passthrough().setInterrupt(REMAP))).isEqualTo(Errno.EPERM);
        vm.passthrough().assign(ASSIGNMENT);

        assertThat(failure(() -> vm.passthrough().setInterrupt(new InterruptRemap(0, GUEST, OTHER, 20, PIN, false))))
                .isEqualTo(Errno.EPERM);
        assertThat(failure(() -> vm.passthrough().setInterrupt(new InterruptRemap(0, GUEST, FUNCTION, 20, -1, false))))
                .isEqualTo(Errno.EPERM);
    }

    @Test
    void linesAreSetInCreatedAndResetInPausedToo() {
        vm.passthrough().assign(ASSIGNMENT);
        vm.passthrough().setInterrupt(REMAP);
        vm.start();
        assertThat(failure(() -> vm.passthrough().setInterrupt(REMAP))).isEqualTo(Errno.EPERM);
        assertThat(failure(() -> vm.passthrough().resetInterrupt(REMAP))).isEqualTo(Errno.EPERM);

        vm.pause();
        assertThat(failure(() -> vm.passthrough().setInterrupt(REMAP))).isEqualTo(Errno.EPERM);
        assertThat(failure(() -> vm.passthrough().resetInterrupt(REMAP))).isNull();
    }

    // ---- memory devices

    @Test
    @DisplayName("HSM-PT-05 a memory device with an address or size that is not whole pages is EINVAL")
    void memoryDevicesArePages() {
        assertThat(failure(() -> vm.passthrough().assign(memory(0xD000_0800L, MEMORY, 0x1000))))
                .isEqualTo(Errno.EINVAL);
        assertThat(failure(() -> vm.passthrough().assign(memory(0xD000_0000L, MEMORY + 8, 0x1000))))
                .isEqualTo(Errno.EINVAL);
        assertThat(failure(() -> vm.passthrough().assign(memory(0xD000_0000L, MEMORY, 0x1001))))
                .isEqualTo(Errno.EINVAL);
        assertThat(failure(() -> vm.passthrough().deassign(memory(0xD000_0000L, MEMORY, 0x1001))))
                .isEqualTo(Errno.EINVAL);
        assertThat(vm.passthrough().devices()).isEmpty();
    }

    @Test
    void memoryMovesIntoTheGuestAndBack() {
        vm.passthrough().assign(memory(0xD000_0000L, MEMORY, 0x2000));
        VirtualMachine other = create("other");
        assertThat(failure(() -> other.passthrough().assign(memory(0xD000_0000L, MEMORY + 0x1000, 0x1000))))
                .isEqualTo(Errno.EINVAL);

        vm.passthrough().deassign(memory(0xD000_0000L, MEMORY, 0x2000));

        assertThat(failure(() -> other.passthrough().assign(memory(0xD000_0000L, MEMORY + 0x1000, 0x1000)))).isNull();
    }

    @Test
    void resourcesOfLengthZeroAreNothing() {
        vm.passthrough().assign(new MmioAssignment("tpm", List.of(new Resource(0xD000_0000L, MEMORY, 0x1000, 0),
                new Resource(1, 1, 0, 0), new Resource(0, 0, 0, 0))));

        assertThat(vm.passthrough().devices()).hasSize(1);
    }

    @Test
    void aRefusedResourceLeavesTheEarlierOnesMoved() {
        assertThat(failure(() -> vm.passthrough()
                .assign(new MmioAssignment("tpm", List.of(new Resource(0xD000_0000L, MEMORY, 0x1000, 0),
                        new Resource(0xD000_1000L, MEMORY + 0x1000, 0x10, 0))))))
                .isEqualTo(Errno.EINVAL);

        assertThat(vm.passthrough().devices()).hasSize(1);
    }

    @Test
    void memoryThatTheHostHasNotIsEinval() {
        assertThat(failure(() -> vm.passthrough().assign(memory(0xD000_0000L, 0x1_0000_0000L, 0x1000))))
                .isEqualTo(Errno.EINVAL);
        assertThat(failure(() -> vm.passthrough().deassign(memory(0xD000_0000L, MEMORY, 0x1000))))
                .isEqualTo(Errno.EINVAL);
    }

    @Test
    void memoryDevicesFollowTheStates() {
        vm.passthrough().assign(memory(0xD000_0000L, MEMORY, 0x1000));
        vm.start();
        assertThat(failure(() -> vm.passthrough().assign(memory(0xD000_1000L, MEMORY + 0x1000, 0x1000))))
                .isEqualTo(Errno.EINVAL);
        assertThat(failure(() -> vm.passthrough().deassign(memory(0xD000_0000L, MEMORY, 0x1000))))
                .isEqualTo(Errno.EINVAL);

        vm.pause();
        assertThat(failure(() -> vm.passthrough().deassign(memory(0xD000_0000L, MEMORY, 0x1000)))).isNull();
    }

    // ---- virtual devices

    @Test
    @DisplayName("HSM-PT-05 a virtual device of an unknown id is EINVAL, to make and to remove")
    void unknownVirtualDeviceIsEinval() {
        VirtualDevice unknown = VirtualDevice.of(0x1AF4, 0x1000, 0x38, "");

        assertThat(failure(() -> vm.passthrough().create(unknown))).isEqualTo(Errno.EINVAL);
        assertThat(failure(() -> vm.passthrough().destroy(unknown))).isEqualTo(Errno.EINVAL);
    }

    @Test
    void theThreeKindsOfVirtualDevicesAreMadeAndRemoved() {
        List<VirtualDevice> kinds = List.of(SERIAL, VirtualDevice.of(0x8086, 0x9D14, 0x40, ""),
                VirtualDevice.of(0x1AF4, 0x1110, 0x48, "hv:/shared").sized(List.of(0, 0, 0x10000, 0, 0, 0)));
        kinds.forEach(vm.passthrough()::create);
        assertThat(vm.passthrough().devices()).extracting(AssignedDevice::name).containsExactly("9710:9900",
                "8086:9d14", "1af4:1110");

        vm.start();
        vm.pause();
        kinds.forEach(vm.passthrough()::destroy);
        assertThat(vm.passthrough().devices()).isEmpty();
    }

    @Test
    void virtualDevicesFollowTheStates() {
        vm.passthrough().create(SERIAL);
        vm.start();
        assertThat(failure(() -> vm.passthrough().create(VirtualDevice.of(0x9710, 0x9900, 0x40, ""))))
                .isEqualTo(Errno.EINVAL);
        assertThat(failure(() -> vm.passthrough().destroy(SERIAL))).isEqualTo(Errno.EINVAL);

        vm.pause();
        assertThat(failure(() -> vm.passthrough().create(VirtualDevice.of(0x9710, 0x9900, 0x40, ""))))
                .isEqualTo(Errno.EINVAL);
        assertThat(failure(() -> vm.passthrough().destroy(SERIAL))).isNull();
    }

    @Test
    void aVirtualDeviceThatIsNotThereCannotBeRemoved() {
        assertThat(failure(() -> vm.passthrough().destroy(SERIAL))).isEqualTo(Errno.EINVAL);
        vm.passthrough().create(SERIAL);

        assertThat(failure(() -> vm.passthrough().destroy(VirtualDevice.of(0x8086, 0x9D14, 0x38, ""))))
                .isEqualTo(Errno.EINVAL);
    }
}
