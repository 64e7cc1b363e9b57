package org.cupule.linux.acrn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.cupule.abi.IoctlNumber;
import org.cupule.host.EventFd;
import org.cupule.host.Host;
import org.cupule.host.linux.LinuxHost;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.eventfd.IoEventFd;
import org.cupule.tck.hsm.FakeHypervisor;
import org.cupule.types.Behaviour;
import org.cupule.types.Msi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Event counters that the driver serves: the HSM above hears nothing of what they do. */
class AcrnEventFdsTest {
    private static final int DEADLINE_SECONDS = 60;
    private static final int DOORBELL = 0x510;
    private static final Msi MESSAGE = new Msi(0xFEE0_1000L, 0x4031);
    private static final Host HOST = new LinuxHost();

    private final FakeHypervisor below = new FakeHypervisor();
    private final TwinDriver driver = new TwinDriver(List.of(below));
    private final HypervisorServiceModule hsm = Above.hsm(Above.acrn(driver));
    private final VirtualMachine vm = hsm.create(new VmCreation("vm", "", 1, 0, Behaviour.ACRN, false, false,
            Map.of()));
    private final EventFd counter = HOST.eventFd(0);

    private static void await(String what, BooleanSupplier holds) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() - until > 0) {
                throw new AssertionError("not within " + DEADLINE_SECONDS + " s: " + what);
            }
            Thread.yield();
        }
    }

    @AfterEach
    void end() {
        vm.close();
        counter.close();
        assertThat(driver.hazards()).isEmpty();
    }

    private List<String> messages() {
        return below.partition().journal().stream().filter(line -> line.startsWith("msi")).toList();
    }

    @Test
    void theDriverSignalsAnIoEventFd() {
        vm.ioRequests().inlineDefault("bus", access -> 1);
        vm.eventFds().assign(counter, IoEventFd.port(DOORBELL, 2));
        vm.start();

        below.partition().out(0, DOORBELL, 2, 5);

        assertThat(counter.take()).isOne();
        assertThat(vm.ioRequests().counters().posted()).isZero();
    }

    @Test
    void onlyTheValueThatIsWaitedForSignals() {
        vm.eventFds().assign(counter, IoEventFd.port(DOORBELL, 2).matching(7));
        vm.start();

        below.partition().out(0, DOORBELL, 2, 5);
        assertThat(counter.take()).isZero();
        below.partition().out(0, DOORBELL, 2, 7);
        assertThat(counter.take()).isOne();
    }

    @Test
    void anIoEventFdThatIsTakenBackIsAnAccessAgain() {
        vm.ioRequests().inlineDefault("bus", access -> 1);
        vm.eventFds().assign(counter, IoEventFd.port(DOORBELL, 2));
        vm.eventFds().deassignIoEventFd(counter);
        vm.start();

        below.partition().out(0, DOORBELL, 2, 5);

        assertThat(counter.take()).isZero();
        await("the request", () -> vm.ioRequests().counters().completed() == 1);
    }

    @Test
    void theDriverInjectsForAnIrqFd() {
        vm.eventFds().assign(counter, MESSAGE);
        vm.start();

        counter.signal();

        await("the message", () -> messages().size() == 1);
        assertThat(messages()).containsExactly(MESSAGE.toString());
        assertThat(driver.asked()).doesNotContain(IoctlNumber.INJECT_MSI);
    }

    @Test
    void anIrqFdThatIsTakenBackInjectsNothing() {
        vm.eventFds().assign(counter, MESSAGE);
        vm.eventFds().deassignIrqFd(counter);

        counter.signal();
        vm.close();

        assertThat(messages()).isEmpty();
    }

    @Test
    void aVmThatIsDestroyedWithThemLeavesNothing() {
        vm.eventFds().assign(counter, IoEventFd.port(DOORBELL, 2));
        vm.eventFds().assign(counter, MESSAGE);

        vm.close();

        assertThat(driver.openFiles()).isZero();
        assertThat(driver.asked()).filteredOn(IoctlNumber.IRQFD::equals).hasSize(1);
    }
}
