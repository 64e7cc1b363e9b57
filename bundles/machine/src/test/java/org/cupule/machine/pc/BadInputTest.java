package org.cupule.machine.pc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.hypervisor.Partition;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.fake.FakeHsm;
import org.cupule.machine.fake.Probe;
import org.cupule.state.StateSchema;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever people and plug-ins do wrong gives one sentence, and the machine that runs goes on. */
@Timeout(180)
class BadInputTest {
    private final FakeHsm hsm = new FakeHsm();
    private final PcMachines machines = MachinesForTests.of(hsm);
    private Machine bystander;

    @TempDir
    Path folder;

    @BeforeEach
    void startTheBystander() {
        bystander = machines.create(machines.standard("bystander"));
        bystander.start();
    }

    @AfterEach
    void theBystanderGoesOnAndNothingIsLeft() throws InterruptedException {
        assertThat(bystander.status()).isEqualTo("running");
        assertThat(hsm.vms().getFirst().in(0x3FD, 1)).isEqualTo(0x60);
        assertThat(machines.machines()).containsExactly(bystander);
        assertThat(hsm.vms().stream().skip(1)).allMatch(vm -> vm.state() == Partition.State.POWERED_OFF);
        bystander.close();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().matches("vm[2-9]-control")) {
                assertThat(thread.join(Duration.ofSeconds(30))).as(thread.getName() + " has ended").isTrue();
            }
        }
    }

    private void refuses(Errno errno, MachineDescription description, String... words) {
        assertThatThrownBy(() -> machines.create(description)).isInstanceOf(HsmException.class).satisfies(e -> {
            assertThat(((HsmException) e).errno()).isEqualTo(errno);
            assertThat(e.getMessage()).contains(words);
        });
    }

    private MachineDescription described(Optional<Image> image, DeviceDescription... devices) {
        var base = machines.standard("victim");
        return new MachineDescription(base.name(), "", 2 << 20, 1, image, List.of(devices), Map.of(), base.behaviour(),
                false, false);
    }

    private static DeviceDescription device(String type, String name) {
        return new DeviceDescription(type, name, "", Map.of(), Map.of(), "", Map.of(), "");
    }

    private static Optional<Image> image(Path file, String format) {
        return Optional.of(new Image(Optional.of(file), "", format, 0, "", List.of()));
    }

    @Test
    void imagesThatAreNotThereTruncatedOrTooLarge() throws Exception {
        refuses(Errno.ENOENT, described(image(folder.resolve("none"), "auto")), "there is no file");
        refuses(Errno.ENOENT, described(image(folder, "auto")), "there is no file");
        refuses(Errno.ENOENT,
                described(Optional.of(new Image(Optional.empty(), "../secret", "auto", 0, "", List.of()))),
                "no built-in guest");
        refuses(Errno.EINVAL, described(image(Files.write(folder.resolve("empty"), new byte[0]), "auto")), "empty");
        refuses(Errno.EINVAL, described(image(Files.write(folder.resolve("big"), new byte[3 << 20]), "flat")),
                "give it more memory");
        refuses(Errno.EINVAL, described(image(Files.write(folder.resolve("x"), new byte[700 << 10]), "flat")),
                "does not lie in the machine's RAM");
        refuses(Errno.EINVAL, described(image(Files.write(folder.resolve("y"), new byte[100]), "multiboot")),
                "no multiboot header");
    }

    @Test
    void devicesThatNobodyOffersOrThatOverlap() {
        refuses(Errno.ENODEV, described(Optional.empty(), device("floppy", "a")), "'floppy'", "debugexit");
        refuses(Errno.EINVAL, described(Optional.empty(), device("uart16550", "a"), device("uart16550", "b")),
                "overlaps");
        refuses(Errno.EINVAL, described(Optional.empty(), device("uart16550", "a"), device("debugexit", "a")),
                "another device 'a'");
        refuses(Errno.EINVAL, described(Optional.empty(), new DeviceDescription("uart16550", "a", "", Map.of(),
                Map.of(), "", Map.of("clock", "fast"), "")), "'fast'");
        refuses(Errno.EACCES, described(Optional.empty(), new DeviceDescription("uart16550", "a", "", Map.of(),
                Map.of(), "", Map.of(), "file:" + folder.resolve("no/where"))), "cannot be written");
    }

    static Stream<Arguments> badModels() {
        return Stream.of(
                Arguments.of("create throws", (Consumer<BadFactory>) bad -> bad.makes = context -> {
                    throw new IllegalStateException("no");
                }),
                Arguments.of("create dies", (Consumer<BadFactory>) bad -> bad.makes = context -> {
                    throw new StackOverflowError();
                }),
                Arguments.of("create gives nothing", (Consumer<BadFactory>) bad -> bad.makes = context -> null),
                Arguments.of("create reaches for memory", (Consumer<BadFactory>) bad -> bad.makes = context -> {
                    context.dma().read(0, new byte[1], 0, 1);
                    return null;
                }),
                Arguments.of("two timers of one name", (Consumer<BadFactory>) bad -> bad.makes = context -> {
                    context.timer("t", () -> {
                    });
                    context.timer("t", () -> {
                    });
                    return null;
                }),
                Arguments.of("no PortIo", (Consumer<BadFactory>) bad -> bad.makes = context -> new Mute()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badModels")
    void modelsThatCannotBeMade(String what, Consumer<BadFactory> spoil) {
        var bad = new BadFactory();
        spoil.accept(bad);
        machines.bindDeviceFactory(bad, Map.of());
        refuses(Errno.EIO, described(Optional.empty(), device("bad", "a")), "bad/bad@1.0.0", "'a'");
        assertThatThrownBy(() -> bystander.plug(device("bad", "a"))).isInstanceOf(HsmException.class);
        assertThat(bystander.devices()).hasSize(3);
    }

    @Test
    @DisplayName("a plug-in that does not say what it offers is left out")
    void plugInsThatDoNotSayWhatTheyOffer() {
        machines.bindDeviceFactory(new BadFactory() {
            @Override
            public ModelInfo info() {
                throw new IllegalStateException("no");
            }
        }, Map.of());
        machines.bindDeviceFactory(new BadFactory() {
            @Override
            public DeviceSpec spec() {
                return null;
            }
        }, Map.of());
        machines.bindDeviceFactory(new BadFactory() {
            @Override
            public StateSchema schema() {
                return new StateSchema("bad", Set.of(1), Set.of());
            }
        }, Map.of());
        assertThat(machines.offers()).noneMatch(offer -> offer.model().kind().equals("bad"));
    }

    @Test
    void unknownTargetsModelsAndDevices() {
        var probe = Probe.Factory.of(1);
        machines.bindDeviceFactory(probe, Map.of());
        Duration second = Duration.ofSeconds(1);
        Stream.of("vm9.com1", "com1", "", ".", "vm1.", "vm1.none").forEach(
                target -> assertThatThrownBy(() -> machines.swap(target, -1, "ns16550a", second))
                        .isInstanceOf(HsmException.class)
                        .satisfies(e -> assertThat(((HsmException) e).errno()).isEqualTo(Errno.ENOENT)));
        assertThatThrownBy(() -> machines.swap("vm1.com1", -1, "probe", second)).isInstanceOf(HsmException.class)
                .hasMessageContaining("ns16550a@1.0.0")
                .satisfies(e -> assertThat(((HsmException) e).errno()).isEqualTo(Errno.ENOENT));
        assertThatThrownBy(() -> bystander.unplug("none")).isInstanceOf(HsmException.class)
                .hasMessageContaining("com1").hasMessageContaining("ENOENT");
        assertThatThrownBy(() -> bystander.plug(device("uart16550", "com9"))).isInstanceOf(HsmException.class)
                .hasMessageContaining("overlaps");
    }

    @Test
    void closesAMachineThatRuns() {
        Machine other = machines.create(described(Optional.empty(), device("uart16550", "a")));
        other.start();
        other.close();
        assertThat(other.status()).isEqualTo("closed");
        assertThatThrownBy(other::start).isInstanceOf(HsmException.class).hasMessageContaining("create it anew");
        assertThatThrownBy(other::reset).isInstanceOf(HsmException.class);
    }

    @Test
    void saysThatThereIsNoHsm() {
        machines.unbindHsm(hsm);
        refuses(Errno.ENODEV, described(Optional.empty()), "org.cupule.hsm.impl");
        machines.bindHsm(hsm);
    }

    /** Takes ports by its spec, and implements nothing. */
    private static final class Mute implements Device {
        @Override
        public void reset() {
            // Nothing to set.
        }

        @Override
        public StateSchema schema() {
            return StateSchema.first("bad");
        }

        @Override
        public org.cupule.state.ModelState save(int version) {
            return org.cupule.state.ModelState.of("bad", 1).build();
        }

        @Override
        public void restore(org.cupule.state.ModelState state) {
            // Nothing to take.
        }
    }

    private static class BadFactory implements DeviceFactory {
        java.util.function.Function<DeviceContext, Device> makes = context -> new Mute();

        @Override
        public ModelInfo info() {
            return new ModelInfo("bad", "bad", "1.0.0", "Bad.");
        }

        @Override
        public StateSchema schema() {
            return StateSchema.first("bad");
        }

        @Override
        public DeviceSpec spec() {
            return DeviceSpec.of(Window.ports("p", 1, 0x500));
        }

        @Override
        public Device create(DeviceContext context) {
            return makes.apply(context);
        }
    }
}
