package org.cupule.tck.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.cupule.tck.hsm.ScriptedDevices.FUNCTION;
import static org.cupule.tck.hsm.ScriptedDevices.MEMORY;
import static org.cupule.tck.hsm.ScriptedDevices.PIN;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.cupule.abi.IoRequestPage;
import org.cupule.hypervisor.DeviceAssignment;
import org.cupule.hypervisor.InterruptRemap;
import org.cupule.hypervisor.MmioAssignment;
import org.cupule.hypervisor.MmioAssignment.Resource;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.PciAssignment;
import org.cupule.hypervisor.VirtualDevice;
import org.cupule.tck.hsm.ScriptedDevices;
import org.cupule.types.Bdf;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a guest sees of the devices that its partition was given ({@code hsm.md} 8.4, 9, 14.1). */
public abstract class PassthroughGuestContract extends PartitionFixture {
    private static final Bdf GUEST = Bdf.parse("00:05.0");
    private static final int AT = GUEST.packed();
    private static final Bdf VIRTUAL = Bdf.parse("00:07.0");
    private static final int VIRTUAL_AT = VIRTUAL.packed();
    private static final PciAssignment ASSIGNMENT = new PciAssignment(0, GUEST, FUNCTION, 11, 1,
            List.of(0, 0, 0, 0, 0, 0));
    private static final long BAR = 0xC000_0000L;
    private static final int PORTS = 0xC100;
    private static final long MMCFG = 0xE000_0000L;
    private static final int COMMAND = 4;
    private static final int HANDLER = 0x4000;
    private static final int COUNTER = 0x3000;
    private static final int VECTOR = 0x41;

    /** The devices of the host. */
    protected final ScriptedDevices devices = new ScriptedDevices();

    /** Only a contract. */
    protected PassthroughGuestContract() {
    }

    /** The provider of the devices goes away. */
    protected abstract void unplug(ScriptedDevices gone);

    private Partition assigned(Behaviour behaviour) {
        Partition partition = partition(1, behaviour, 0);
        partition.deviceAssignment().assign(ASSIGNMENT);
        return partition;
    }

    private Partition assigned() {
        return assigned(Behaviour.X86);
    }

    /** A guest that has placed the function and switched it on. */
    private static GuestCode placed() {
        return new GuestCode().config(AT, 0x10, 4, (int) BAR).config(AT, 0x14, 4, PORTS).config(AT, COMMAND, 2, 7);
    }

    private List<Integer> told() {
        return written(GuestCode.TOLD).stream().map(Long::intValue).toList();
    }

    private Partition run(Partition partition, GuestCode guest) {
        start(partition, guest.bytes());
        await("the guest halts", () -> partition.activity(0).equals("halted"));
        return partition;
    }

    private void handler(GuestCode first) {
        gate(VECTOR, HANDLER);
        byte[] code = first.increment(COUNTER).load(COUNTER).tell().endOfInterrupt().bytes();
        load(HANDLER, code);
    }

    // ---- configuration space

    @Test
    @DisplayName("an assigned function is in configuration space, with its line, pin and base addresses")
    void theGuestFindsTheFunction() {
        run(assigned(), placed().tellConfig(AT, 0).tellConfig(AT, 0x10).tellConfig(AT, 0x14).tellConfig(AT, 0x3C)
                .halt());

        assertThat(told()).containsExactly(0x5678_1234, (int) BAR, PORTS | 1, 0x010B);
        assertThat(requests).as("data accesses to the function are not the HSM's")
                .noneMatch(request -> request.address() >= 0xCFC && request.address() <= 0xCFF);
    }

    @Test
    @DisplayName("other functions are the HSM's, and so is the address port, under x86")
    void otherFunctionsAreTheHsms() {
        answer = address -> 0x77;
        run(assigned(), new GuestCode().tellConfig(AT + 8, 0).tellConfig(AT, 0).halt());

        assertThat(told()).containsExactly(0x77, 0x5678_1234);
        assertThat(written(0xCF8)).hasSize(2);
    }

    @Test
    @DisplayName("under ACRN's rules the address of an assigned function stays below, and serves one data access")
    void acrnKeepsTheAddressOfAnAssignedFunction() {
        answer = address -> 0x77;
        run(assigned(Behaviour.ACRN), new GuestCode().tellConfig(AT, 0).in(0xCFC, 4).tell().tellConfig(AT + 8, 0)
                .halt());

        assertThat(told()).containsExactly(0x5678_1234, -1, 0x77);
        assertThat(written(0xCF8)).containsExactly(0x8000_0000L | AT + 8 << 8);
    }

    @Test
    @DisplayName("configuration space is in memory too, and others' there are the HSM's")
    void configurationSpaceIsInMemory() {
        answer = address -> 0x77;
        run(assigned(), new GuestCode().store(MMCFG + (AT << 12) + 0x10, (int) BAR)
                .load(MMCFG + (AT << 12) + 0x10).tell().load(MMCFG + (AT + 8 << 12)).tell().halt());

        assertThat(told()).containsExactly((int) BAR, 0x77);
        assertThat(requests).filteredOn(request -> request.type() == IoRequestPage.MMIO).hasSize(1);
    }

    @Test
    @DisplayName("a quirk leaves most of configuration space to the device model, not base addresses and command")
    void aQuirkLeavesConfigurationSpaceToTheDeviceModel() {
        answer = address -> 0x77;
        Partition partition = partition(1);
        partition.deviceAssignment()
                .assign(new PciAssignment(PciAssignment.QUIRK, GUEST, FUNCTION, 0, 1, List.of(0, 0, 0, 0, 0, 0)));
        run(partition, placed().tellConfig(AT, 0).tellConfig(AT, 0x10).tellConfig(AT, 0x2C).halt());

        assertThat(told()).containsExactly(0x77, (int) BAR, 0x77);
    }

    @Test
    @DisplayName("the base addresses of the assignment are there at power-on, and again after a reset")
    void baseAddressesComeFromTheAssignment() {
        Partition partition = partition(1);
        partition.deviceAssignment()
                .assign(new PciAssignment(0, GUEST, FUNCTION, 9, 1, List.of(0xD000_0000, 0xD100, 0, 0, 0, 0)));
        GuestCode guest = new GuestCode().tellConfig(AT, 0x10).tellConfig(AT, 0x3C).config(AT, 0x10, 4, (int) BAR)
                .config(AT, 0x3C, 1, 3).halt();
        run(partition, guest);
        partition.pause();
        partition.reset();
        run(partition, guest);

        assertThat(told()).containsExactly(0xD000_0000, 0x0109, 0xD000_0000, 0x0109);
    }

    // ---- regions

    @Test
    @DisplayName("memory and ports of an assigned function reach its model")
    void regionsReachTheModel() {
        run(assigned(), placed().store(BAR, 0x1234_5678).load(BAR).tell().in(PORTS, 4).tell().in(PORTS + 1, 1).tell()
                .out(PORTS, 2, 0xBEEF).load(BAR).tell().halt());

        assertThat(told()).containsExactly(0x1234_5678, 0x1234_5678, 0x1234_5656, 0xBEEF);
    }

    @Test
    @DisplayName("a region that is not decoded is the HSM's")
    void regionsThatAreOffAreTheHsms() {
        answer = address -> 0x77;
        run(assigned(), placed().config(AT, COMMAND, 2, 0).load(BAR).tell().in(PORTS, 4).tell().halt());

        assertThat(told()).containsExactly(0x77, 0x77);
    }

    @Test
    @DisplayName("the function transfers only while the guest lets it master the bus")
    void transfersNeedBusMastering() {
        load(0x5000, new byte[]{1, 2, 3, 4, 5, 6, 7, 8});
        run(assigned(), placed().config(AT, COMMAND, 2, 3).store(BAR + ScriptedDevices.DMA, 0x5000).load(BAR).tell()
                .config(AT, COMMAND, 2, 7).store(BAR + ScriptedDevices.DMA, 0x5000).load(BAR).tell()
                .store(BAR + ScriptedDevices.DMA, RAM_BYTES - 4).load(BAR).tell().halt());

        assertThat(told()).containsExactly(0, 0x0403_0201, 0x0403_0201);
    }

    @Test
    @DisplayName("a device that fails gives all ones, and the guest goes on")
    void aFailingDeviceGivesAllOnes() {
        Partition partition = assigned();
        devices.models().getLast().fail();
        run(partition, placed().load(BAR).tell().load(BAR).tell().halt());

        assertThat(told()).containsExactly(-1, -1);
        assertThat(partition.state()).isEqualTo(State.RUNNING);
    }

    @Test
    @DisplayName("a device whose read never returns is given up: all ones, and the guest goes on on another thread")
    void aDeviceThatNeverReturnsIsGivenUp() {
        Partition partition = assigned();
        var model = devices.models().getLast();
        var latch = new CountDownLatch(1);
        model.stickAt(latch);
        run(partition, placed().load(BAR).tell().load(BAR).tell().store(BAR, 5).tellConfig(AT, 0).halt());

        assertThat(told()).containsExactly(-1, -1, -1);
        partition.pause();
        partition.deviceAssignment().deassign(ASSIGNMENT);
        latch.countDown();
        partition.resume();
        assertThat(partition.state()).isEqualTo(State.RUNNING);
    }

    @Test
    @DisplayName("a device whose write never returns is given up, and does not hold up pause and destroy")
    void aDeviceThatNeverReturnsDoesNotHoldUpTheEnd() {
        Partition partition = assigned();
        var latch = new CountDownLatch(1);
        devices.models().getLast().stickAt(latch);
        start(partition, placed().store(BAR, 5).halt().bytes());
        await("inside", () -> partition.activity(0).equals("in a device of the host"));

        partition.pause();
        partition.destroy();

        assertThat(partition.state()).isEqualTo(State.POWERED_OFF);
        latch.countDown();
    }

    @Test
    @DisplayName("a device that cannot be attached is EIO, and stays with the host")
    void aDeviceThatCannotBeAttachedStaysWithTheHost() {
        DeviceAssignment assignment = partition(1).deviceAssignment();
        MmioAssignment memory = new MmioAssignment("tpm", List.of(new Resource(0xD000_0000L, MEMORY, 0x1000, 0)));
        devices.failAttach(true);
        refuses(Errno.EIO, () -> assignment.assign(ASSIGNMENT));
        refuses(Errno.EIO, () -> assignment.assign(memory));
        assertThat(assignment.devices()).isEmpty();

        devices.failAttach(false);
        DeviceAssignment other = partition(1).deviceAssignment();
        other.assign(ASSIGNMENT);
        other.assign(memory);

        assertThat(other.devices()).hasSize(2);
    }

    @Test
    @DisplayName("a device whose provider goes floats: all ones in all its spaces, and the guest goes on")
    void aDeviceWhoseProviderGoesFloats() {
        Partition partition = assigned();
        onRequest = () -> {
            if (written(GuestCode.TOLD).size() == 1) {
                unplug(devices);
            }
        };
        run(partition, placed().store(BAR, 5).load(BAR).tell().load(BAR).tell().in(PORTS, 1).tell().tellConfig(AT, 0)
                .halt());

        assertThat(told()).containsExactly(5, -1, -1, -1);
        assertThat(devices.models().getLast().closed()).isTrue();
        partition.pause();
        partition.deviceAssignment().deassign(ASSIGNMENT);
    }

    @Test
    @DisplayName("an assigned device keeps its partition from being saved, and says so")
    void anAssignedDeviceCannotBeSaved() {
        Partition partition = assigned();
        assertThat(partition.saveObstacles()).singleElement().asString().contains("00:05.0");

        partition.deviceAssignment().deassign(ASSIGNMENT);

        assertThat(partition.saveObstacles()).isEmpty();
    }

    @Test
    @DisplayName("after deassignment its places are the HSM's")
    void afterDeassignmentItsPlacesAreTheHsms() {
        answer = address -> 0x77;
        Partition partition = run(assigned(), placed().store(BAR, 5).load(BAR).tell().halt());
        partition.pause();
        partition.deviceAssignment().deassign(ASSIGNMENT);
        partition.reset();
        run(partition, new GuestCode().load(BAR).tell().tellConfig(AT, 0).halt());

        assertThat(told()).containsExactly(5, 0x77, 0x77);
        assertThat(devices.models().getLast().closed()).isTrue();
    }

    @Test
    @DisplayName("a memory device of the host is where it was assigned, and nowhere else")
    void aMemoryDeviceIsWhereItWasAssigned() {
        answer = address -> 0x77;
        Partition partition = partition(1);
        partition.deviceAssignment().assign(new MmioAssignment("tpm",
                List.of(new Resource(0xD000_0000L, MEMORY + 0x1000, 0x1000, 0))));
        run(partition, new GuestCode().store(0xD000_0000L, 5).load(0xD000_0000L).tell().load(0xD000_1000L).tell()
                .load(0xCFFF_FFFCL).tell().halt());

        assertThat(told()).containsExactly(5, 0x77, 0x77);
        assertThat(devices.models().getLast().read(0, 0x1000, 4)).isEqualTo(5);
    }

    // ---- interrupts

    private static InterruptRemap remap(int pin, boolean pic) {
        return new InterruptRemap(InterruptRemap.INTX, GUEST, FUNCTION, pin, PIN, pic);
    }

    @Test
    @DisplayName("the line of an assigned function is a level at the GSI it was led to")
    void theLineReachesItsGsi() {
        Partition partition = assigned();
        partition.deviceAssignment().setInterrupt(remap(20, false));
        handler(new GuestCode().store(BAR + ScriptedDevices.LINE, 0));
        start(partition, placed().apicOn().pin(20, 0x8000 | VECTOR).store(BAR + ScriptedDevices.LINE, 1).halts()
                .bytes());

        await("the interrupt", () -> told().equals(List.of(1)));
        await("halted again", () -> partition.activity(0).equals("halted"));
        assertThat(told()).containsExactly(1);
    }

    @Test
    @DisplayName("a line that leads nowhere, and one that the guest has switched off, are silent")
    void aLineThatLeadsNowhereIsSilent() {
        Partition partition = assigned();
        partition.deviceAssignment().setInterrupt(remap(20, false));
        partition.deviceAssignment().resetInterrupt(remap(20, false));
        handler(new GuestCode());
        run(partition, placed().apicOn().pin(20, 0x8000 | VECTOR).store(BAR + ScriptedDevices.LINE, 1).halts());
        partition.pause();
        partition.reset();
        partition.deviceAssignment().setInterrupt(remap(20, false));
        run(partition, placed().apicOn().pin(20, 0x8000 | VECTOR).config(AT, COMMAND, 2, 0x407)
                .store(BAR + ScriptedDevices.LINE, 1).halts());

        assertThat(told()).isEmpty();
    }

    @Test
    @DisplayName("a line comes up when the guest switches it on again")
    void aLineComesUpWhenItIsSwitchedOn() {
        Partition partition = assigned();
        partition.deviceAssignment().setInterrupt(remap(20, false));
        handler(new GuestCode().store(BAR + ScriptedDevices.LINE, 0));
        start(partition, placed().apicOn().pin(20, 0x8000 | VECTOR).config(AT, COMMAND, 2, 0x407)
                .store(BAR + ScriptedDevices.LINE, 1).config(AT, COMMAND, 2, 7).halts().bytes());

        await("the interrupt", () -> told().equals(List.of(1)));
    }

    @Test
    @DisplayName("a message goes where the guest's MSI capability says, once the guest has it on")
    void aMessageFollowsTheCapability() {
        handler(new GuestCode());
        start(assigned(), placed().apicOn().store(BAR + ScriptedDevices.MESSAGE, 0)
                .config(AT, 0x44, 4, 0xFEE0_0000).config(AT, 0x4C, 2, VECTOR).config(AT, 0x42, 2, 1)
                .store(BAR + ScriptedDevices.MESSAGE, 0).halts().bytes());

        await("the message", () -> told().equals(List.of(1)));
    }

    // ---- messages by MSI-X

    private static final PciAssignment WITH_TABLE = new PciAssignment(0, GUEST, ScriptedDevices.OTHER, 11, 1,
            List.of(0, 0, 0, 0, 0, 0));
    private static final int MSIX = 0x58;
    private static final int MESSAGE_NUMBER = 5;
    private static final long ENTRY = BAR + ScriptedDevices.TABLE + 16 * MESSAGE_NUMBER;
    private static final int ENABLE = 0x8000;
    private static final int ALL_MASKED = 0x4000;

    private Partition withTable(int quirk) {
        Partition partition = partition(1);
        partition.deviceAssignment().assign(new PciAssignment(quirk, GUEST, ScriptedDevices.OTHER, 11, 1,
                WITH_TABLE.bars()));
        return partition;
    }

    /** A guest whose entry for the message is filled in, and masked still. */
    private static GuestCode filled() {
        return placed().apicOn().store(ENTRY, 0xFEE0_0000).store(ENTRY + 4, 0).store(ENTRY + 8, VECTOR);
    }

    private static GuestCode signalled(GuestCode guest) {
        return guest.store(BAR + ScriptedDevices.MESSAGE, MESSAGE_NUMBER);
    }

    @Test
    @DisplayName("the MSI-X capability of an assigned function tells where table and pending bits lie")
    void theMsixCapabilityTellsWhereTheTableLies() {
        run(withTable(0), placed().tellConfig(AT, MSIX).tellConfig(AT, MSIX + 4).tellConfig(AT, MSIX + 8)
                .load(ENTRY + 12).tell().halt());

        assertThat(told()).containsExactly(0x0007_0011, ScriptedDevices.TABLE, ScriptedDevices.PENDING, 1);
    }

    @Test
    @DisplayName("a message goes where the guest's MSI-X table says, once the guest has it on")
    void aMessageFollowsTheTable() {
        handler(new GuestCode());
        start(withTable(0), signalled(signalled(filled().store(ENTRY + 12, 0)).config(AT, MSIX + 2, 2, ENABLE)).halts()
                .bytes());

        await("the message", () -> told().equals(List.of(1)));
    }

    @Test
    @DisplayName("the table is the hypervisor's: its device does not see it, and has the rest of the page")
    void theDeviceDoesNotSeeTheTable() {
        run(withTable(0), filled().load(ENTRY).tell().load(ENTRY + 8).tell().store(BAR + ScriptedDevices.TABLE - 8, 7)
                .load(BAR + ScriptedDevices.TABLE - 8).tell().store(BAR + ScriptedDevices.PENDING, -1)
                .load(BAR + ScriptedDevices.PENDING).tell().halt());

        assertThat(told()).containsExactly(0xFEE0_0000, VECTOR, 7, 0);
        var model = devices.models().getLast();
        assertThat(model.read(0, ENTRY - BAR, 4)).isZero();
        assertThat(model.read(0, ScriptedDevices.PENDING, 4)).isZero();
        assertThat(model.read(0, ScriptedDevices.TABLE - 8, 4)).isEqualTo(7);
    }

    @Test
    @DisplayName("a message of a masked entry is pending, and goes when the guest unmasks it")
    void aMaskedMessageIsPending() {
        handler(new GuestCode());
        start(withTable(0), signalled(filled().config(AT, MSIX + 2, 2, ENABLE)).load(BAR + ScriptedDevices.PENDING)
                .tell().store(ENTRY + 12, 0).load(BAR + ScriptedDevices.PENDING).tell().halts().bytes());

        await("the message", () -> told().size() == 3);
        assertThat(told()).containsExactly(1 << MESSAGE_NUMBER, 0, 1);
    }

    @Test
    @DisplayName("a message of a function that is masked as a whole is pending too")
    void aMessageOfAMaskedFunctionIsPending() {
        handler(new GuestCode());
        start(withTable(0), signalled(filled().store(ENTRY + 12, 0).config(AT, MSIX + 2, 2, ENABLE | ALL_MASKED))
                .load(BAR + ScriptedDevices.PENDING).tell().config(AT, MSIX + 2, 2, ENABLE)
                .load(BAR + ScriptedDevices.PENDING).tell().halts().bytes());

        await("the message", () -> told().size() == 3);
        assertThat(told()).containsExactly(1 << MESSAGE_NUMBER, 0, 1);
    }

    @Test
    @DisplayName("a message follows the entry as it is when it is sent: the guest may lead it elsewhere")
    void aMessageCanBeLedElsewhere() {
        handler(new GuestCode());
        start(withTable(0), signalled(filled().store(ENTRY + 8, VECTOR + 1).store(ENTRY + 12, 0)
                .store(ENTRY + 8, VECTOR).config(AT, MSIX + 2, 2, ENABLE)).halts().bytes());

        await("the message", () -> told().equals(List.of(1)));
    }

    @Test
    @DisplayName("nothing is sent, nor pending, while the guest does not let the function master the bus")
    void messagesNeedBusMastering() {
        handler(new GuestCode());
        run(withTable(0), signalled(filled().store(ENTRY + 12, 0).config(AT, MSIX + 2, 2, ENABLE)
                .config(AT, COMMAND, 2, 3)).config(AT, COMMAND, 2, 7).load(BAR + ScriptedDevices.PENDING).tell()
                .halts());

        assertThat(told()).containsExactly(0);
    }

    @Test
    @DisplayName("the line is low while MSI-X is on")
    void theLineIsLowWhileMsixIsOn() {
        Partition partition = withTable(0);
        partition.deviceAssignment().setInterrupt(
                new InterruptRemap(InterruptRemap.INTX, GUEST, ScriptedDevices.OTHER, 20, PIN, false));
        handler(new GuestCode().store(BAR + ScriptedDevices.LINE, 0));
        start(partition, placed().apicOn().pin(20, 0x8000 | VECTOR).config(AT, MSIX + 2, 2, ENABLE)
                .store(BAR + ScriptedDevices.LINE, 1).out(GuestCode.TOLD, 4, 7).config(AT, MSIX + 2, 2, 0).halts()
                .bytes());

        await("the interrupt", () -> told().size() == 2);
        assertThat(told()).containsExactly(7, 1);
    }

    @Test
    @DisplayName("a reset masks all entries and forgets what is pending")
    void aResetMasksTheTable() {
        Partition partition = withTable(0);
        run(partition, signalled(filled().config(AT, MSIX + 2, 2, ENABLE)).store(ENTRY + 28, 0)
                .load(BAR + ScriptedDevices.PENDING).tell().halt());
        partition.pause();
        partition.reset();
        run(partition, placed().load(BAR + ScriptedDevices.PENDING).tell().load(ENTRY).tell().load(ENTRY + 28).tell()
                .tellConfig(AT, MSIX).halt());

        assertThat(told()).containsExactly(1 << MESSAGE_NUMBER, 0, 0, 1, 0x0007_0011);
    }

    @Test
    @DisplayName("a quirk leaves the MSI-X capability here, and what lies behind it to the device model")
    void aQuirkKeepsTheMsixCapability() {
        answer = address -> 0x77;
        handler(new GuestCode());
        start(withTable(PciAssignment.QUIRK), signalled(filled().store(ENTRY + 12, 0).config(AT, MSIX + 2, 2, ENABLE)
                .tellConfig(AT, MSIX + 12)).tellConfig(AT, MSIX).halts().bytes());

        await("the message", () -> told().size() == 3);
        assertThat(told()).containsExactlyInAnyOrder(0x77, 0x8007_0011, 1);
    }

    @Test
    @DisplayName("table and pending bits of a function whose provider has gone float")
    void theTableOfADeviceThatHasGoneFloats() {
        onRequest = () -> {
            if (written(GuestCode.TOLD).size() == 1) {
                unplug(devices);
            }
        };
        run(withTable(0), filled().load(ENTRY).tell().load(ENTRY).tell().load(BAR + ScriptedDevices.PENDING).tell()
                .halt());

        assertThat(told()).containsExactly(0xFEE0_0000, -1, -1);
    }

    // ---- virtual devices

    private static VirtualDevice shared(int size) {
        return VirtualDevice.of(0x1AF4, 0x1110, VIRTUAL_AT, "hv:/shared").sized(List.of(0, 0, size, 0, 0, 0));
    }

    /** A guest that has placed the shared memory at BAR, its registers behind, its table behind them. */
    private static GuestCode sharing() {
        return new GuestCode().config(VIRTUAL_AT, 0x10, 4, (int) BAR + 0x10_0000)
                .config(VIRTUAL_AT, 0x14, 4, (int) BAR + 0x10_1000).config(VIRTUAL_AT, 0x18, 4, (int) BAR)
                .config(VIRTUAL_AT, 0x1C, 4, 0).config(VIRTUAL_AT, COMMAND, 2, 6);
    }

    private static final long REGISTERS = BAR + 0x10_0000;
    private static final long TABLE = BAR + 0x10_1000;

    @Test
    @DisplayName("what one guest writes into the shared memory the other reads, without an exit")
    void guestsShareMemory() {
        Partition first = partition(1);
        first.deviceAssignment().create(shared(0x10000));
        run(first, sharing().tellConfig(VIRTUAL_AT, 0).tellConfig(VIRTUAL_AT, 8).store(BAR + 0xFFFC, 0x1234_5678)
                .load(BAR).tell().halt());
        first.pause();

        Partition second = partition(1);
        second.deviceAssignment().create(shared(0));
        run(second, sharing().load(BAR + 0xFFFC).tell().load(REGISTERS + 8).tell().halt());

        assertThat(told()).containsExactly(0x1110_1AF4, 0x0500_0001, 0, 0x1234_5678, second.vmid());
        assertThat(requests).noneMatch(request -> request.type() == IoRequestPage.MMIO);
    }

    @Test
    @DisplayName("shared memory lives as long as a guest has it; another size and a second device are refused")
    void sharedMemoryEndsWithItsLastGuest() {
        DeviceAssignment first = partition(1).deviceAssignment();
        first.create(shared(0x10000));
        DeviceAssignment second = partition(1).deviceAssignment();
        refuses(Errno.EINVAL, () -> second.create(shared(0x20000)));
        refuses(Errno.EINVAL, () -> second.create(shared(0x3000)));
        refuses(Errno.EEXIST, () -> first.create(
                VirtualDevice.of(0x1AF4, 0x1110, VIRTUAL_AT + 8, "hv:/shared")));

        first.destroy(shared(0));

        refuses(Errno.EINVAL, () -> second.create(shared(0)));
        second.create(shared(0x20000));
    }

    @Test
    @DisplayName("shared memory that is placed over RAM leaves the RAM as it is, also when it moves away")
    void sharedMemoryLeavesRamAlone() {
        load(0x8_0000, new byte[]{1, 2, 3, 4});
        Partition partition = partition(1);
        partition.deviceAssignment().create(shared(0x20000));
        run(partition, sharing().config(VIRTUAL_AT, 0x18, 4, 0x8_0000).load(0x8_0000).tell()
                .config(VIRTUAL_AT, 0x18, 4, 0x10_0000).load(0x8_0000).tell()
                .store(0x10_0000, 7).load(0x10_0000).tell().config(VIRTUAL_AT, 0x18, 4, (int) BAR).load(BAR).tell()
                .halt());

        assertThat(told()).containsExactly(0x0403_0201, 0x0403_0201, 7, 7);
    }

    @Test
    @DisplayName("a doorbell sends the other guest the message of its table, pending while it is masked")
    void aDoorbellRings() {
        handler(new GuestCode());
        Partition partition = partition(1);
        partition.deviceAssignment().create(shared(0x10000));
        int doorbell = partition.vmid() << 16 | 3;
        run(partition, sharing().apicOn().store(TABLE + 48, 0xFEE0_0000).store(TABLE + 52, 0)
                .store(TABLE + 56, VECTOR).config(VIRTUAL_AT, 0x42, 2, 0x8000).store(REGISTERS + 12, doorbell)
                .load(TABLE + 0x800).tell().store(TABLE + 60, 0).load(TABLE + 0x800).tell().halts());

        await("the message", () -> told().size() == 3);
        assertThat(told()).containsExactly(8, 0, 1);
    }

    @Test
    @DisplayName("the virtual root port is a bridge in configuration space")
    void theRootPortIsABridge() {
        Partition partition = partition(1);
        partition.deviceAssignment().create(VirtualDevice.of(0x8086, 0x9D14, VIRTUAL_AT, ""));
        run(partition, new GuestCode().tellConfig(VIRTUAL_AT, 0).tellConfig(VIRTUAL_AT, 8).tellConfig(VIRTUAL_AT, 0xC)
                .config(VIRTUAL_AT, 0x18, 4, 0xFF02_0100).tellConfig(VIRTUAL_AT, 0x18).tellConfig(VIRTUAL_AT, 4)
                .tellConfig(VIRTUAL_AT, 0x34).tellConfig(VIRTUAL_AT, 0x40).halt());

        assertThat(told()).containsExactly(0x9D14_8086, 0x0604_0000, 0x0001_0000, 0x0002_0100, 0x0010_0000, 0x40,
                0x0042_0010);
    }

    @Test
    @DisplayName("the virtual serial adapter is a 16550 that sends at once and hears itself in loop mode")
    void theSerialAdapterIsA16550() {
        Partition partition = partition(1);
        partition.deviceAssignment().create(VirtualDevice.of(0x9710, 0x9900, VIRTUAL_AT, ""));
        run(partition, new GuestCode().tellConfig(VIRTUAL_AT, 0).tellConfig(VIRTUAL_AT, 8)
                .config(VIRTUAL_AT, 0x10, 4, (int) BAR).config(VIRTUAL_AT, COMMAND, 2, 2).load(BAR + 5).tell()
                .store(BAR + 4, 0x1A).load(BAR + 6).tell().store(BAR, 0x55).load(BAR + 5).tell().load(BAR).tell()
                .load(BAR + 5).tell().halt());

        assertThat(told()).containsExactly(0x9900_9710, 0x0700_0200, 0x60, 0x90, 0x61, 0x55, 0x60);
    }
}
