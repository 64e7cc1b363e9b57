package org.cupule.hsm.impl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.cupule.host.EventFd;
import org.cupule.host.Host;
import org.cupule.host.linux.LinuxHost;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.ram.Access;
import org.cupule.tck.hsm.FakeHypervisor;
import org.junit.jupiter.api.Test;

class PresentHostTest {
    private static final long RAM_BYTES = 16L << 20;

    private final Host host = new LinuxHost();
    private final RoutingHsm hsm = HsmOn.hsm(List.of(new FakeHypervisor()));

    private VirtualMachine vm() {
        return hsm.create(VmCreation.of("t", 1));
    }

    private static long guestMappings() {
        try {
            return Files.readString(Path.of("/proc/self/maps")).lines().filter(line -> line.contains("memfd:guest-ram"))
                    .count();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void ramComesFromTheHostAndGoesWithItsVm() {
        hsm.bindHost(host);
        byte[] read = new byte[3];
        try (VirtualMachine vm = vm()) {
            vm.memory().addRam(0, RAM_BYTES, Access.ALL);
            vm.memory().write(RAM_BYTES - 3, new byte[]{1, 2, 3}, 0, 3);
            vm.memory().read(RAM_BYTES - 3, read, 0, 3);

            assertThat(guestMappings()).isEqualTo(1);
        }

        assertThat(read).containsExactly(1, 2, 3);
        assertThat(guestMappings()).isZero();
    }

    @Test
    void ramOutlivesTheHostThatItCameFrom() {
        hsm.bindHost(host);
        byte[] read = new byte[1];
        try (VirtualMachine vm = vm()) {
            vm.memory().addRam(0, RAM_BYTES, Access.ALL);
            hsm.unbindHost(host);
            vm.memory().write(0, new byte[]{7}, 0, 1);
            vm.memory().read(0, read, 0, 1);
            vm.memory().addRam(RAM_BYTES, RAM_BYTES, Access.ALL);

            assertThat(guestMappings()).isEqualTo(1);
        }

        assertThat(read).containsExactly(7);
        assertThat(guestMappings()).isZero();
    }

    @Test
    void withoutAHostThereIsRamAndThereAreCountersOfThisProcess() {
        try (VirtualMachine vm = vm(); EventFd counter = vm.eventFds().create()) {
            vm.memory().addRam(0, RAM_BYTES, Access.ALL);
            counter.add(2);

            assertThat(counter.descriptor()).isEmpty();
            assertThat(counter.take()).isEqualTo(2);
            assertThat(vm.memory().mappings()).hasSize(1);
        }
    }

    @Test
    void aHostThatLeftAfterAnotherCameIsNotMissed() {
        Host better = new LinuxHost();
        hsm.bindHost(host);
        hsm.bindHost(better);
        hsm.unbindHost(host);
        try (VirtualMachine vm = vm(); EventFd counter = vm.eventFds().create()) {
            assertThat(counter.descriptor()).isPresent().get().satisfies(org.cupule.host.Descriptor::close);
        }
    }
}
