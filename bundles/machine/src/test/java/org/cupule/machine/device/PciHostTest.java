package org.cupule.machine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.cupule.dev.sample.SampleFactory;
import org.cupule.hw.pci.ConventionalPciBusFactory;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The sample device (its data sheet is in dev-sample's README) on a real bus. */
@Timeout(180)
class PciHostTest {
    private static final int BDF = 3 << 3;
    private static final int COMMAND = 4;
    private static final int BAR0 = 0x10;
    private static final int BAR1 = 0x14;
    private static final int LINE = 0x3C;
    private static final int EVERYTHING = 7;
    private static final int TRIGGER = 0x48;
    private static final int ENABLE = 0x44;
    private static final int CAUSE = 0x40;
    private static final int ID = 0x4C50_5543;

    private final DeviceBench bench = new DeviceBench();
    private final PciOffer model = PciOffer.of(new ConventionalPciBusFactory(), 3);

    PciHostTest() {
        bench.devices.addBus(model);
        bench.plug(new SampleFactory(), description("x", "00:03.0"));
    }

    private static DeviceDescription description(String name, String address) {
        return new DeviceDescription("org.cupule.sample", name, "", Map.of(), Map.of(), address, Map.of(), "");
    }

    private long bar0() {
        return bench.vm.readConfig(BDF, BAR0, 4) & 0xFFFF_FFF0L;
    }

    private long enable() {
        bench.vm.writeConfig(BDF, COMMAND, 2, EVERYTHING);
        return bar0();
    }

    @Test
    void showsTheHostBridgeAndTheDeviceAndFloatsElsewhere() {
        assertThat(bench.vm.readConfig(0, 0, 2)).isNotEqualTo(0xFFFF);
        assertThat(bench.vm.readConfig(BDF, 0, 4)).isEqualTo(0x0001_C09E);
        assertThat(bench.vm.readConfig(4 << 3, 0, 4)).isEqualTo(-1);
        assertThat(bench.vm.readConfig(1 << 8, 0, 4)).isEqualTo(-1);
    }

    private static long window(int bdf, int register) {
        return 0xE000_0000L + ((long) bdf << 12) + register;
    }

    private long byPorts(int bdf, int register, int size) {
        return bench.vm.readConfig(bdf, register, size) & -1L >>> 64 - 8 * size;
    }

    @Test
    void showsTheSameInMemoryAndByPorts() {
        var random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            int bdf = random.nextInt(0x200);
            int size = 1 << random.nextInt(3);
            int register = random.nextInt(0x1000) & -size;
            assertThat(bench.vm.read(window(bdf, register), size)).as("%x+%x", bdf, register)
                    .isEqualTo(byPorts(bdf, register, size));
        }
    }

    @Test
    void takesTheSameInMemoryAndByPorts() {
        var twin = new PciHostTest();
        var random = new Random(6);
        for (int i = 0; i < 5_000; i++) {
            int size = 1 << random.nextInt(3);
            int register = random.nextInt(0x100) & -size;
            long value = random.nextLong() & 0xFFFF_FFFFL >>> 32 - 8 * size;
            bench.vm.write(window(BDF, register), size, value);
            twin.bench.vm.writeConfig(BDF, register, size, (int) value);
            int looked = random.nextInt(0x40) * 4;
            assertThat(byPorts(BDF, looked, 4)).isEqualTo(twin.byPorts(BDF, looked, 4));
        }
        assertThat(bench.devices.places()).isEqualTo(twin.bench.devices.places());
    }

    @Test
    void floatsInMemoryWhereAnAccessGoesOverARegistersEnd() {
        assertThat(bench.vm.read(window(BDF, 2), 4)).isEqualTo(0xFFFF_FFFFL);
        assertThat(bench.vm.read(window(BDF, 3), 2)).isEqualTo(0xFFFF);
        assertThat(bench.vm.read(window(BDF, 4), 8)).isEqualTo(-1);
        bench.vm.write(window(BDF, COMMAND - 1), 2, 0xFFFF);
        assertThat(byPorts(BDF, COMMAND, 2)).isZero();
    }

    @Test
    void showsTwoRegistersInEightBytes() {
        assertThat(bench.vm.read(window(BDF, 0), 8)).isEqualTo(byPorts(BDF, 4, 4) << 32 | byPorts(BDF, 0, 4));
        bench.vm.write(window(BDF, BAR0), 8, 0x3000_9000_0000L);
        assertThat(byPorts(BDF, BAR0, 4)).isEqualTo(0x9000_0000L);
        assertThat(byPorts(BDF, BAR1, 4)).isEqualTo(0x3001);
    }

    @Test
    void hasNoWindowInMemoryWithoutABusOrWhereADeviceTookThePlace() {
        assertThat(bench.devices.ecam()).contains(PciHost.WINDOW);
        assertThat(new DeviceBench().devices.ecam()).isEmpty();
        assertThat(new DeviceBench().vm.read(window(0, 0), 4)).isEqualTo(0xFFFF_FFFFL);
    }

    @Test
    void givesBaseAddressesAndALineAsAFirmwareDoes() {
        assertThat(bar0()).isEqualTo(0x8000_0000L);
        assertThat(bench.vm.readConfig(BDF, BAR1, 4) & ~3).isEqualTo(0x2000);
        assertThat(bench.vm.readConfig(BDF, LINE, 1)).isEqualTo(10);
        assertThat(bench.vm.read(bar0(), 4)).isEqualTo(0xFFFF_FFFFL);
    }

    @Test
    void answersWhereTheGuestPutsItsRegisters() {
        assertThat(bench.vm.read(enable(), 4)).isEqualTo(ID);
        bench.vm.writeConfig(BDF, BAR0, 4, 0x9000_0000);
        assertThat(bench.vm.read(0x8000_0000L, 4)).isEqualTo(0xFFFF_FFFFL);
        assertThat(bench.vm.read(0x9000_0000L, 4)).isEqualTo(ID);
        assertThat(bench.devices.list().getFirst().place()).contains("pci 00:03.0").contains("memory 0x90000000")
                .contains("port 0x2000-0x20ff").contains("gsi 10 and 19");
        bench.vm.writeConfig(BDF, COMMAND, 2, 0);
        assertThat(bench.vm.read(0x9000_0000L, 4)).isEqualTo(0xFFFF_FFFFL);
    }

    @Test
    void drivesBothInputsOfItsPinAndFollowsTheGuestsDisableBit() {
        long base = enable();
        bench.vm.write(base + ENABLE, 4, 1);
        bench.vm.write(base + TRIGGER, 4, 1);
        assertThat(bench.vm.interrupts().told()).containsExactly("gsi10+", "gsi19+");
        bench.vm.writeConfig(BDF, COMMAND, 2, EVERYTHING | 0x400);
        bench.vm.writeConfig(BDF, COMMAND, 2, EVERYTHING);
        bench.vm.write(base + CAUSE, 4, 1);
        assertThat(bench.vm.interrupts().told()).containsExactly("gsi10+", "gsi19+", "gsi10-", "gsi19-",
                "gsi10+", "gsi19+", "gsi10-", "gsi19-");
    }

    @Test
    void sendsAMessageInsteadOfThePinWhenTheGuestEnabledIt() {
        long base = enable();
        enableMsi();
        bench.vm.write(base + ENABLE, 4, 1);
        bench.vm.write(base + TRIGGER, 4, 1);
        assertThat(bench.vm.interrupts().told()).containsExactly("msi 0xfee01000=0x41");
    }

    private void enableMsi() {
        int capability = bench.vm.readConfig(BDF, 0x34, 1);
        bench.vm.writeConfig(BDF, capability + 4, 4, 0xFEE0_1000);
        bench.vm.writeConfig(BDF, capability + 8, 4, 0);
        bench.vm.writeConfig(BDF, capability + 12, 2, 0x41);
        bench.vm.writeConfig(BDF, capability + 2, 2, 1);
    }

    @Test
    void reachesMemoryOnlyAsABusMaster() {
        bench.vm.writeConfig(BDF, COMMAND, 2, 3);
        long base = bar0();
        bench.vm.memory().write(0x1000, new byte[]{1, 2, 3, 4}, 0, 4);
        bench.vm.write(base + 0x80, 8, 0x1000);
        bench.vm.write(base + 0x90, 4, 4);
        bench.vm.write(base + 0x94, 4, 1);
        assertThat(bench.vm.read(base + 0x98, 4) & 4).isEqualTo(4);
        bench.vm.writeConfig(BDF, COMMAND, 2, EVERYTHING);
        bench.vm.write(base + 0x94, 4, 1);
        assertThat(bench.vm.read(base + 0x98, 4) & 6).isEqualTo(2);
        assertThat(bench.vm.read(base + 0x9C, 4)).isEqualTo(10);
    }

    @Test
    void resetsConfigurationToWhatTheFirmwareGave() {
        enable();
        bench.vm.writeConfig(BDF, BAR0, 4, 0x9000_0000);
        bench.vm.writeConfig(BDF, LINE, 1, 5);
        bench.devices.reset();
        assertThat(bar0()).isEqualTo(0x8000_0000L);
        assertThat(bench.vm.readConfig(BDF, LINE, 1)).isEqualTo(10);
        assertThat(bench.vm.readConfig(BDF, COMMAND, 2)).isZero();
        assertThat(bench.vm.read(0x9000_0000L, 4)).isEqualTo(0xFFFF_FFFFL);
    }

    @Test
    void takesTheNextFreePlaceAndGivesItBack() {
        bench.plug(new SampleFactory(), description("y", ""));
        assertThat(bench.vm.readConfig(1 << 3, 0, 4)).isEqualTo(0x0001_C09E);
        assertThat(bench.vm.readConfig(1 << 3, BAR0, 4) & 0xFFFF_FFF0L).isEqualTo(0x8000_1000L);
        bench.devices.unplug("y");
        assertThat(bench.vm.readConfig(1 << 3, 0, 4)).isEqualTo(-1);
    }

    @Test
    void refusesAnAddressThatIsTakenOrBeyondItsBus() {
        assertThatThrownBy(() -> bench.plug(new SampleFactory(), description("y", "00:03.0")))
                .isInstanceOf(HsmException.class).hasMessageContaining("00:03.0");
        assertThatThrownBy(() -> bench.plug(new SampleFactory(), description("y", "01:03.0")))
                .isInstanceOf(HsmException.class).hasMessageContaining("bus 00 only");
        assertThat(bench.devices.list()).hasSize(1);
    }

    @Test
    void swapsTheDeviceWithoutTouchingItsConfiguration() {
        long base = enable();
        bench.vm.write(base + 0x10, 4, 0xCAFE);
        bench.swapTo(new SampleFactory());
        assertThat(bench.vm.read(base + 0x10, 4)).isEqualTo(0xCAFE);
    }

    @Test
    void swapsTheBusUnderItsDevices() {
        long base = enable();
        enableMsi();
        bench.vm.write(base + ENABLE, 4, 1);
        bench.devices.swapBus(PciOffer.of(new ConventionalPciBusFactory(), 4), Duration.ofSeconds(5));
        bench.vm.write(base + TRIGGER, 4, 1);
        assertThat(bench.vm.interrupts().told()).containsExactly("msi 0xfee01000=0x41");
        assertThat(bench.vm.read(base, 4)).isEqualTo(ID);
        assertThat(bench.devices.targets()).anySatisfy(target -> {
            assertThat(target.name()).isEqualTo("vm1.pci");
            assertThat(target.bundle()).isEqualTo(4);
        });
        bench.vm.writeConfig(BDF, BAR0, 4, 0x9000_0000);
        assertThat(bench.vm.read(0x9000_0000L, 4)).isEqualTo(ID);
    }

    @Test
    void parksTheBusWhenItsPlugInGoesAwayAndTakesItUpAgain() {
        long base = enable();
        bench.devices.leaveBus(model.factory(), List.of());
        assertThat(bench.vm.readConfig(BDF, 0, 4)).isEqualTo(-1);
        assertThat(bench.vm.read(base, 4)).isEqualTo(ID);
        bench.devices.comeBack(List.of(PciOffer.of(new ConventionalPciBusFactory(), 5)));
        assertThat(bench.vm.readConfig(BDF, 0, 4)).isEqualTo(0x0001_C09E);
        assertThat(bar0()).isEqualTo(base);
    }

    @Test
    void saysWhatIsMissingWithoutABus() {
        var bare = new DeviceBench();
        assertThatThrownBy(() -> bare.plug(new SampleFactory(), description("y", ""))).isInstanceOf(HsmException.class)
                .hasMessageContaining("hw-pci");
        assertThat(bare.vm.readConfig(0, 0, 4)).isEqualTo(-1);
    }
}
