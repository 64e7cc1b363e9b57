package org.cupule.hsm.impl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.cupule.host.linux.LinuxHost;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.ram.Access;
import org.cupule.ram.Ram;
import org.cupule.tck.hsm.FakeHypervisor;
import org.cupule.types.Behaviour;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Guest memory of huge pages, on a host that has two of them to spare. */
class HugePagesTest {
    private static final Path FREE = Path.of("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
    private static final long HUGE = 2 << 20;

    private final FakeHypervisor hypervisor = new FakeHypervisor();
    private final RoutingHsm hsm = HsmOn.hsm(List.of(hypervisor));
    private final VirtualMachine vm = hsm.create(new VmCreation("huge", "", 1, 0, Behaviour.ACRN, false, false,
            Map.of()));

    @BeforeEach
    void pagesAreSetAside() throws IOException {
        assumeTrue(Files.exists(FREE) && Long.parseLong(Files.readString(FREE).strip()) >= 2,
                "fewer than 2 huge pages are free: echo 2 > " + FREE.resolveSibling("nr_hugepages"));
        hsm.bindHost(new LinuxHost());
    }

    @AfterEach
    void end() {
        vm.close();
    }

    @Test
    void itIsMappedPageByPageAndHoldsWhatIsWritten() {
        Ram ram = vm.memory().allocate(2 * HUGE, HUGE);
        vm.memory().map(HUGE, ram, HUGE, HUGE, Access.ALL);

        assertThat(ram.hpa() % HUGE).isZero();
        assertThat(vm.memory().write(HUGE + 5, new byte[]{7}, 0, 1)).isTrue();
        assertThat(ram.segment().get(java.lang.foreign.ValueLayout.JAVA_BYTE, HUGE + 5)).isEqualTo((byte) 7);
    }

    @Test
    void aPageIsNotCut() {
        Ram ram = vm.memory().allocate(2 * HUGE, HUGE);

        assertThatThrownBy(() -> vm.memory().map(0, ram, 4096, HUGE, Access.ALL)).isInstanceOf(HsmException.class)
                .hasMessageContaining("cut a page");
        assertThatThrownBy(() -> vm.memory().map(0, ram, 0, HUGE + 4096, Access.ALL)).isInstanceOf(HsmException.class)
                .hasMessageContaining("cut a page");
    }

    @Test
    void thePagesAreFreeAgainWhenTheVmIsGone() throws IOException {
        String before = Files.readString(FREE);
        vm.memory().addRam(0, 4096, Access.ALL);
        vm.memory().map(HUGE, vm.memory().allocate(HUGE, HUGE), 0, HUGE, Access.ALL);

        vm.close();

        assertThat(Files.readString(FREE)).isEqualTo(before);
    }
}
