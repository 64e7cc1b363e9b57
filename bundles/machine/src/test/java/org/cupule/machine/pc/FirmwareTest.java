package org.cupule.machine.pc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.cupule.dev.pmtimer.AcpiPmFactory;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.fake.FakeHsm;
import org.cupule.machine.firmware.FirmwareTables;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirmwareTest {
    private static final int MP_POINTER = 0xF_0040;

    private final PcMachines machines = new PcMachines();
    private final FakeHsm hsm = new FakeHsm();

    @TempDir
    Path folder;

    @BeforeEach
    void plugIn() {
        machines.bindHsm(hsm);
        machines.bindDeviceFactory(new AcpiPmFactory(), Map.of());
    }

    private Machine machine(boolean acpi, long address, byte... image) throws Exception {
        Path file = Files.write(folder.resolve("guest.bin"), image);
        MachineDescription base = machines.standard("one");
        return machines.create(new MachineDescription(base.name(), base.hypervisor(), base.memoryBytes(), 2,
                Optional.of(new Image(Optional.of(file), "", "flat", address, "", List.of())), base.devices(),
                base.models(), base.behaviour(), false, false, false, acpi));
    }

    private String memory(long gpa, int lengthBytes) {
        return new String(hsm.vms().getLast().memory().peek(gpa, lengthBytes), US_ASCII);
    }

    @Test
    void leavesTablesForTheGuest() throws Exception {
        try (Machine _ = machine(true, 0x7C00, (byte) 0xF4)) {
            assertThat(memory(FirmwareTables.RSDP, 8)).isEqualTo("RSD PTR ");
            assertThat(memory(MP_POINTER, 4)).isEqualTo("_MP_");
        }
    }

    @Test
    void leavesNoAcpiTablesWhereTheDescriptionSwitchesThemOff() throws Exception {
        try (Machine _ = machine(false, 0x7C00, (byte) 0xF4)) {
            assertThat(memory(FirmwareTables.RSDP, 8)).isEqualTo("\0".repeat(8));
            assertThat(memory(MP_POINTER, 4)).isEqualTo("_MP_");
        }
    }

    @Test
    void leavesNoTablesWhereTheImageLies() throws Exception {
        try (Machine _ = machine(true, FirmwareTables.RSDP - 1, new byte[]{1, 2, 3})) {
            assertThat(memory(FirmwareTables.RSDP, 8)).isEqualTo("\2\3\0\0\0\0\0\0");
            assertThat(memory(MP_POINTER, 4)).isEqualTo("\0\0\0\0");
        }
    }

    @Test
    void writesThemAnewForTheDevicesThatThereAreAtAReset() throws Exception {
        try (Machine machine = machine(true, 0x7C00, (byte) 0xF4)) {
            machine.start();
            machine.unplug("pm");
            machine.reset();
            assertThat(memory(FirmwareTables.RSDP, 8)).isEqualTo("\0".repeat(8));
        }
    }

    @Test
    void endsByItsFixedHardwareAsTheTablesSay() throws Exception {
        try (Machine machine = machine(true, 0x7C00, (byte) 0xF4)) {
            machine.start();
            hsm.vms().getLast().out(0xB2, 1, 0xA0);
            hsm.vms().getLast().out(0x404, 2, 5 << 10 | 1 << 13);
            assertThat(machine.outcome().toCompletableFuture().get(60, SECONDS).cause()).isEqualTo("power-off");
        }
    }

    @Test
    void tellsTheGuestOfItsPowerButtonByTheSci() throws Exception {
        try (Machine machine = machine(true, 0x7C00, (byte) 0xF4)) {
            machine.start();
            hsm.vms().getLast().out(0xB2, 1, 0xA0);
            hsm.vms().getLast().out(0x402, 2, 0x100);
            machine.pressPowerButton();
            assertThat(hsm.vms().getLast().in(0x400, 2) & 0x100).isEqualTo(0x100);
            assertThat(hsm.vms().getLast().interrupts().told()).containsExactly("gsi9+");
        }
    }

    @Test
    void saysThatNobodyHearsThePowerButton() throws Exception {
        try (Machine machine = machine(true, 0x7C00, (byte) 0xF4)) {
            machine.unplug("pm");
            assertThatThrownBy(machine::pressPowerButton).isInstanceOf(HsmException.class)
                    .hasMessageContaining("acpi-pm");
        }
    }
}
