package org.cupule.machine.dev;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.LineSpec;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.device.DeviceOffer;
import org.cupule.pci.BarSpec;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.state.StateSchema;
import org.cupule.types.Behaviour;
import org.cupule.types.ModelInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DevMachineTest {
    private static final MachineDescription EMPTY = new MachineDescription("dev", "", 1 << 20, 1, Optional.empty(),
            List.of(), Map.of(), Behaviour.X86, false, false);

    private static DeviceOffer offer(String kind, DeviceSpec spec) {
        var info = new ModelInfo(kind, "one", "1.0.0", "");
        return DeviceOffer.of(new DeviceFactory() {
            @Override
            public ModelInfo info() {
                return info;
            }

            @Override
            public StateSchema schema() {
                return StateSchema.first(kind);
            }

            @Override
            public DeviceSpec spec() {
                return spec;
            }

            @Override
            public Device create(DeviceContext context) {
                throw new UnsupportedOperationException();
            }
        }, 7);
    }

    @Test
    void tellsTheGuestTheStandardPlace() {
        DeviceOffer offer = offer("com.acme.x", DeviceSpec.of(Window.ports("ports", 4, 0x80))
                .with(new LineSpec("irq", 9)));
        MachineDescription machine = new DevMachine(EMPTY).with(List.of(offer));
        assertThat(DevMachine.commandLine(machine, offer)).isEqualTo("port=128 length=4 irq=9");
        assertThat(machine.devices()).singleElement().satisfies(device -> {
            assertThat(device.name()).isEqualTo("x");
            assertThat(device.windows()).isEmpty();
        });
    }

    @Test
    void findsAPlaceForWhatHasNone() {
        DeviceOffer one = offer("com.acme.one", DeviceSpec.of(Window.memory("registers", 0x1800, -1))
                .with(new LineSpec("irq", -1)));
        DeviceOffer other = offer("com.acme.other", DeviceSpec.of(Window.memory("registers", 4, -1)));
        MachineDescription machine = new DevMachine(EMPTY).with(List.of(one, other));
        assertThat(DevMachine.commandLine(machine, one)).isEqualTo("memory=4275830784 length=6144 irq=5");
        assertThat(DevMachine.commandLine(machine, other)).isEqualTo("memory=4275838976 length=4");
    }

    @Test
    void namesAPciFunctionByItsIds() {
        DeviceOffer offer = offer("com.acme.x", DeviceSpec.of(PciFunctionSpec.simple(0xC09E, 0x0D00, 0xFF0000, 1,
                new BarSpec(0, BarSpec.Kind.MEMORY32, 0x1000))));
        assertThat(DevMachine.commandLine(new DevMachine(EMPTY).with(List.of(offer)), offer))
                .isEqualTo("pci=49310 id=3328 length=4096");
    }

    @ParameterizedTest
    @CsvSource({"ports 0x300-0x303, port=768 length=4", "ports 0x80, port=128 length=1",
            "memory 0xfed40000-0xfed40fff, memory=4275306496 length=4096"})
    void namesTheRangeOfAClient(String range, String commandLine) {
        assertThat(DevMachine.commandLine(range)).isEqualTo(commandLine);
    }

    @Test
    void takesTheOfferedModelForADeviceThatIsThere() {
        DeviceOffer first = offer("com.acme.x", DeviceSpec.of(Window.ports("ports", 4, 0x80)));
        MachineDescription machine = new DevMachine(EMPTY).with(List.of(first));
        assertThat(new DevMachine(machine).with(List.of(first)).devices()).singleElement()
                .satisfies(device -> assertThat(device.model()).isEqualTo("one@1.0.0"));
    }

    @ParameterizedTest
    @CsvSource({"memory=4275830784 length=4096 irq=5,memory=0xfedc0000 length=4096 irq=5",
            "port=768 length=4,port=0x300 length=4", "pci=4660 id=17 length=0,pci=0x1234 id=0x11 length=0"})
    void peopleReadAddressesInHexadecimal(String commandLine, String forPeople) {
        assertThat(DevMachine.hexadecimal(commandLine)).isEqualTo(forPeople);
    }

    @Test
    void theRestOfTheMachineIsAsTheVmFileHasIt() {
        var huge = new MachineDescription("dev", "", 4 << 20, 1, Optional.empty(), List.of(), Map.of(), Behaviour.X86,
                false, false, false, false, 2 << 20);
        var image = new MachineDescription.Image(Optional.empty(), DevMachine.GUEST, "auto", 0, "", List.of());

        assertThat(new DevMachine(huge).with(List.of())).isEqualTo(huge);
        assertThat(DevMachine.withImage(huge, image).pageBytes()).isEqualTo(2 << 20);
    }
}
