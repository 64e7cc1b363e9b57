package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.stream.IntStream;
import javax.inject.Inject;
import org.cupule.host.EventFd;
import org.cupule.hsm.eventfd.EventFds;
import org.cupule.hypervisor.Partition;
import org.cupule.machine.Machine;
import org.cupule.machine.Machines;
import org.cupule.swap.Swappable;
import org.cupule.types.Msi;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;

/**
 * Service dynamics must not kill VMs: bundles come, go, stop and are configured, while a guest counts. Its counter
 * never restarts.
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class DynamicsIT {
    private static final List<String> HOSTS = List.of("hsm-impl", "hv-sim", "machine", "deployer");

    @Inject
    private BundleContext context;
    @Inject
    private Machines machines;
    @Inject
    private ConfigurationAdmin configurations;
    @Inject
    private ServiceComponentRuntime components;

    private RunningGuest guest;

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    @Before
    public void startCounting() {
        guest = RunningGuest.start(machines, "swapcount", 1, "every=200");
        guest.awaitMore("count", 2);
    }

    /** Whatever a test did: the guest counted on, saw no register change, and no request was lost. */
    @After
    public void counterNeverRestarted() throws Exception {
        try (RunningGuest ended = guest) {
            guest.awaitMore("count", 2);
            assertThat(guest.verdict()).startsWith("verdict: ok").contains("errors 0");
            List<String> counts = guest.said("count");
            assertThat(counts).isEqualTo(IntStream.rangeClosed(1, counts.size()).mapToObj(n -> "count " + n).toList());
            assertThat(guest.counters().lost() + guest.counters().twice()).isZero();
        }
    }

    @Test
    public void betterHardwareThatIsInstalledReplacesNothing() throws Exception {
        Bundle better = context.installBundle(TestPlatform.plugin("hw-ept-interval").toUri().toString());
        better.start();
        try {
            assertThat(new Owners(context).models("ept")).contains("interval@1.0.0");
            guest.awaitMore("count", 2);
            assertThat(target("ept").model().name()).isEqualTo("four-level");
        } finally {
            better.uninstall();
        }
    }

    @Test
    public void newerDeviceThatIsInstalledReplacesNothing() throws Exception {
        Bundle newer = context.installBundle(TestPlatform.plugin("dev-sample-v2").toUri().toString());
        newer.start();
        try {
            assertThat(new Owners(context).models("org.cupule.sample")).contains("sample@2.0.0");
            assertThat(target("sample").model().version()).isEqualTo("1.0.0");
        } finally {
            newer.uninstall();
        }
    }

    @Test
    public void vmWithoutItsEptPausesWithAReasonAndGoesOnWhenItIsBack() throws Exception {
        Bundle ept = Bundles.one(context, "hw-ept");
        ept.stop();
        guest.await(() -> guest.machine().status().startsWith("paused"), "the pause");
        assertThat(guest.machine().status()).contains("ept").contains("four-level");
        assertThat(guest.machine().vm().state()).isEqualTo(Partition.State.PAUSED);
        assertThat(target("ept").status()).startsWith("parked");

        ept.start();

        guest.await(() -> guest.machine().vm().state() == Partition.State.RUNNING, "the VM to go on");
        guest.await(() -> guest.machine().status().equals("running"), "status running");
        assertThat(target("ept").status()).isEqualTo("running");
    }

    @Test
    public void processorAndLocalApicComeBackWithTheirState() throws Exception {
        for (String folder : List.of("hw-cpu", "hw-lapic", "hw-ioapic", "hw-pic")) {
            Bundle hardware = Bundles.one(context, folder);
            hardware.stop();
            guest.await(() -> guest.machine().vm().state() == Partition.State.PAUSED, folder + " to be missed");
            hardware.start();
            guest.await(() -> guest.machine().vm().state() == Partition.State.RUNNING, folder + " to be back");
            guest.awaitMore("count", 1);
        }
    }

    @Test
    public void stoppedDeviceIsParkedAndComesBackWithItsState() throws Exception {
        Bundle uart = Bundles.one(context, "dev-uart");
        long before = device("com1").accesses();
        uart.stop();
        assertThat(device("com1").status()).startsWith("parked");
        assertThat(guest.machine().status()).isEqualTo("running");

        uart.start();

        guest.await(() -> device("com1").status().equals("running"), "the UART to come back");
        guest.awaitMore("count", 1);
        assertThat(device("com1").accesses()).isGreaterThan(before);
    }

    @Test
    public void stoppedPciBusIsParkedAndComesBack() throws Exception {
        Bundle bus = Bundles.one(context, "hw-pci");
        bus.stop();
        assertThat(target("pci").status()).startsWith("parked");
        guest.awaitMore("count", 1);

        bus.start();

        guest.await(() -> target("pci").status().equals("running"), "the bus to come back");
    }

    @Test
    public void componentsThatHostMachinesSurviveAChangeOfTheirConfiguration() throws Exception {
        for (String folder : HOSTS) {
            for (ComponentDescriptionDTO component : descriptions(folder)) {
                List<Long> before = ids(component);
                for (String pid : component.configurationPid) {
                    configure(pid);
                }
                guest.awaitMore("count", 1);
                assertThat(ids(component)).as(component.name).isEqualTo(before);
            }
        }
        assertThat(guest.machine().status()).isEqualTo("running");
    }

    @Test
    public void settingOfTheHypervisorIsTaken() throws Exception {
        configure("org.cupule.hv.sim", "max.vms", 1);
        try {
            guest.await(() -> !canCreate(), "the limit of one VM");
        } finally {
            configurations.getConfiguration("org.cupule.hv.sim", "?").delete();
        }
        guest.await(this::canCreate, "the old limit");
    }

    @Test
    public void whatTheHostHasMadeOutlivesIt() throws Exception {
        EventFds topic = guest.machine().vm().eventFds();
        Bundle host = Bundles.one(context, "host-linux");
        try (EventFd counter = topic.create()) {
            topic.assign(counter, new Msi(0xFED0_0000L, 0x41)); // refused, and counted
            host.stop();
            counter.signal();
            guest.await(() -> topic.irqFds().getFirst().failures() == 1, "the signal to be heard without the host");
            guest.awaitMore("count", 1);
            assertThat(isReal(topic)).isFalse();
        } finally {
            host.start();
        }
        guest.await(() -> isReal(topic), "the host to be used again");
        assertThat(topic.irqFds()).isEmpty();
    }

    private static boolean isReal(EventFds topic) {
        try (EventFd counter = topic.create()) {
            return counter.descriptor().map(descriptor -> {
                descriptor.close();
                return true;
            }).orElse(false);
        }
    }

    @Test
    public void shellAndDeployerCanBeRestarted() throws Exception {
        for (String folder : List.of("hsm-shell", "deployer")) {
            Bundle bundle = Bundles.one(context, folder);
            bundle.stop();
            guest.awaitMore("count", 1);
            bundle.start();
            guest.awaitMore("count", 1);
        }
        assertThat(context.getServiceReferences((String) null, "(osgi.command.scope=hsm)")).isNotEmpty();
    }

    private boolean canCreate() {
        try (Machine second = machines.create(machines.standard("second"))) {
            return second.vm().vmid() > 0;
        } catch (RuntimeException e) {
            return false;
        }
    }

    private void configure(String pid, Object... setting) throws IOException {
        Dictionary<String, Object> settings = new Hashtable<>();
        settings.put("changed.by", "DynamicsIT");
        IntStream.range(0, setting.length / 2)
                .forEach(i -> settings.put((String) setting[2 * i], setting[2 * i + 1]));
        configurations.getConfiguration(pid, "?").update(settings);
    }

    private List<ComponentDescriptionDTO> descriptions(String folder) {
        return List.copyOf(components.getComponentDescriptionDTOs(Bundles.one(context, folder)));
    }

    /** {@return the ids of a component's configurations: another one means that it was deactivated} */
    private List<Long> ids(ComponentDescriptionDTO component) {
        return components.getComponentConfigurationDTOs(component).stream()
                .map((ComponentConfigurationDTO configuration) -> configuration.id).toList();
    }

    private Machine.DeviceInfo device(String name) {
        return guest.machine().devices().stream().filter(device -> device.name().equals(name)).findFirst()
                .orElseThrow();
    }

    private Swappable.Target target(String place) {
        return new Owners(context).target(guest.target(place));
    }
}
