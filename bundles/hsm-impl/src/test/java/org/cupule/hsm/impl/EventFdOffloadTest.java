package org.cupule.hsm.impl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.host.Descriptor;
import org.cupule.host.EventFd;
import org.cupule.host.Host;
import org.cupule.host.LocalEventFd;
import org.cupule.host.linux.LinuxHost;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.eventfd.IoEventFd;
import org.cupule.hypervisor.EventFdOffload;
import org.cupule.tck.hsm.FakeHypervisor;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.cupule.types.Msi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A hypervisor that does ioeventfds and irqfds itself gets those of real eventfds. */
class EventFdOffloadTest {
    private static final Host HOST = new LinuxHost();
    private static final Msi MESSAGE = new Msi(0xFEE0_0000L, 0x41);
    private static final IoEventFd DOORBELL = IoEventFd.port(0x510, 2).matching(3);

    private final Asked asked = new Asked();
    private final FakeHypervisor hypervisor = new FakeHypervisor(asked);
    private final VirtualMachine vm = HsmOn.hsm(List.of(hypervisor)).create(VmCreation.of("t", 1));
    private final EventFd real = HOST.eventFd(0);

    @AfterEach
    void end() {
        vm.close();
        real.close();
    }

    /** Writes down what it is asked. */
    private static final class Asked implements EventFdOffload {
        final List<String> journal = new CopyOnWriteArrayList<>();
        boolean refuse;

        private void write(String what, Descriptor eventFd) {
            journal.add(what + " " + eventFd.target());
            if (refuse) {
                throw new HsmException(Errno.ENOSPC, what, "as the test wants");
            }
        }

        @Override
        public void assignIoEventFd(Descriptor eventFd, IoRange range, OptionalLong match) {
            write("assign " + range + " " + match.orElse(-1), eventFd);
        }

        @Override
        public void deassignIoEventFd(Descriptor eventFd, IoRange range, OptionalLong match) {
            write("deassign " + range + " " + match.orElse(-1), eventFd);
        }

        @Override
        public void assignIrqFd(Descriptor eventFd, Msi msi) {
            write("assign " + msi, eventFd);
        }

        @Override
        public void deassignIrqFd(Descriptor eventFd) {
            write("deassign irqfd", eventFd);
        }
    }

    @Test
    void anIoEventFdOfARealEventFdIsTheHypervisors() {
        vm.eventFds().assign(real, DOORBELL);
        assertThat(vm.ioRequests().clients()).isEmpty();
        assertThat(vm.eventFds().ioEventFds()).singleElement().satisfies(info -> assertThat(info.offloaded()).isTrue());
        vm.eventFds().deassignIoEventFd(real);

        assertThat(asked.journal).containsExactly("assign PORTIO 0x510-0x511 3 anon_inode:[eventfd]",
                "deassign PORTIO 0x510-0x511 3 anon_inode:[eventfd]");
    }

    @Test
    void anIrqFdOfARealEventFdIsTheHypervisorsUntilItHangsUp() {
        vm.eventFds().assign(real, MESSAGE);
        real.signal();
        assertThat(vm.eventFds().irqFds()).singleElement().satisfies(info -> assertThat(info.offloaded()).isTrue());
        real.close();

        assertThat(vm.eventFds().irqFds()).isEmpty();
        assertThat(asked.journal).containsExactly("assign " + MESSAGE + " anon_inode:[eventfd]",
                "deassign irqfd anon_inode:[eventfd]");
        assertThat(hypervisor.partition().journal()).noneMatch(line -> line.startsWith("msi"));
    }

    @Test
    void theEndOfTheVmTakesAllBack() {
        vm.eventFds().assign(real, DOORBELL);
        vm.eventFds().assign(real, MESSAGE);
        asked.journal.clear();
        vm.close();

        assertThat(asked.journal).containsExactly("deassign PORTIO 0x510-0x511 3 anon_inode:[eventfd]",
                "deassign irqfd anon_inode:[eventfd]");
    }

    @Test
    void aCounterOfThisProcessIsTheHsms() {
        try (EventFd local = LocalEventFd.create(0)) {
            vm.eventFds().assign(local, DOORBELL);
            vm.eventFds().assign(local, MESSAGE);
            hypervisor.partition().out(0, 0x510, 2, 3);

            assertThat(asked.journal).isEmpty();
            assertThat(local.take()).isEqualTo(1);
            assertThat(hypervisor.partition().journal()).endsWith(MESSAGE.toString());
        }
    }

    @Test
    void whatTheHypervisorRefusesIsNotThere() {
        asked.refuse = true;
        assertThatExceptionOfType(HsmException.class).isThrownBy(() -> vm.eventFds().assign(real, DOORBELL))
                .extracting(HsmException::errno).isEqualTo(Errno.ENOSPC);
        assertThatExceptionOfType(HsmException.class).isThrownBy(() -> vm.eventFds().assign(real, MESSAGE))
                .extracting(HsmException::errno).isEqualTo(Errno.ENOSPC);

        assertThat(vm.eventFds().ioEventFds()).isEmpty();
        assertThat(vm.eventFds().irqFds()).isEmpty();
    }
}
