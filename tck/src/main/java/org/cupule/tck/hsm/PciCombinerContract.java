package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.ioreq.IoAccess;
import org.cupule.types.Behaviour;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How ports 0xCF8 to 0xCFF become configuration space ({@code hsm.md} section 8). */
public abstract class PciCombinerContract extends HsmFixture {
    private static final int ADDRESS = 0xCF8;
    private static final int DATA = 0xCFC;

    private final List<String> seen = new CopyOnWriteArrayList<>();

    /** Only a contract. */
    protected PciCombinerContract() {
    }

    @BeforeEach
    void addClients() {
        vm.ioRequests().inline("ports", access -> note("ports", access)).add(IoRange.ports(0xCF0, 16));
        vm.ioRequests().inlineDefault("bus", access -> note("bus", access));
        vm.start();
    }

    private long note(String client, IoAccess access) {
        seen.add(access.type() == IoRequestPage.PCICFG
                ? "%s %02x:%02x.%x reg %x size %d".formatted(client, access.bdf() >> 8, access.bdf() >> 3 & 0x1F,
                        access.bdf() & 7, access.register(), access.size())
                : "%s port %x size %d".formatted(client, access.address(), access.size()));
        return 0x12345678;
    }

    @Test
    @DisplayName("HSM-PCI-01 what is written to CF8 is read back, and no client sees it")
    void addressPortKeepsWhatIsWritten() {
        partition.out(0, ADDRESS, 4, 0xDEAD_BEEFL);

        assertThat(partition.in(1, ADDRESS, 4)).isEqualTo(0xDEAD_BEEFL);
        assertThat(seen).isEmpty();
    }

    @Test
    @DisplayName("HSM-PCI-02 with bit 31 clear a read of CFC gives all ones and a write is dropped")
    void disabledDataPortIsEmpty() {
        partition.out(0, ADDRESS, 4, 0x0001_1A40L);

        assertThat(partition.in(0, DATA, 4)).isEqualTo(0xFFFF_FFFFL);
        assertThat(partition.in(0, DATA + 3, 1)).isEqualTo(0xFFFF_FFFFL);
        partition.out(0, DATA, 4, 1);
        assertThat(seen).isEmpty();
    }

    @Test
    @DisplayName("HSM-PCI-03 0x80011A40 and port 0xCFE of 2 bytes are bus 1, device 3, function 2, register 0x42")
    void dataPortBecomesConfigurationSpace() {
        partition.out(0, ADDRESS, 4, 0x8001_1A40L);

        assertThat(partition.in(0, DATA + 2, 2)).isEqualTo(0x5678);
        assertThat(seen).containsExactly("bus 01:03.2 reg 42 size 2");
    }

    @Test
    @DisplayName("HSM-PCI-03 direction, size and value stay, and the page shows the configuration request")
    void pageShowsTheRequest() {
        partition.out(0, ADDRESS, 4, 0x80FF_FFFCL);
        partition.write(0, IoRequestPage.PORTIO, true, DATA, 4, 0xCAFE_F00DL);
        partition.upcall(0);
        partition.awaitState(0, IoRequestPage.COMPLETE);
        IoRequestPage page = partition.page();

        assertThat(page.type(0)).isEqualTo(IoRequestPage.PCICFG);
        assertThat(List.of(page.bus(0), page.device(0), page.function(0), page.register(0))).containsExactly(0xFF, 0x1F,
                7, 0xFC);
        assertThat(page.write(0)).isTrue();
        assertThat(page.size(0)).isEqualTo(4);
        assertThat(page.value(0)).isEqualTo(0xCAFE_F00DL);
    }

    @Test
    @DisplayName("HSM-PCI-04 bits 27:24 become register bits 11:8")
    void extendedRegistersAreReached() {
        partition.out(0, ADDRESS, 4, 0x8500_0010L);
        partition.in(0, DATA, 4);

        assertThat(seen).containsExactly("bus 00:00.0 reg 510 size 4");
    }

    @Test
    @DisplayName("HSM-PCI-05 a configuration request goes to the default client whatever range covers 0xCFC")
    void rangeDoesNotCatchConfiguration() {
        partition.out(0, ADDRESS, 4, 0x8000_0000L);
        partition.in(0, DATA, 4);

        assertThat(seen).containsExactly("bus 00:00.0 reg 0 size 4");
    }

    @Test
    @DisplayName("HSM-PCI-06 the reset port 0xCF9 and its neighbours are plain ports")
    void resetPortIsPlain() {
        partition.out(0, ADDRESS + 1, 1, 6);
        partition.in(0, ADDRESS + 2, 2);

        assertThat(seen).containsExactly("ports port cf9 size 1", "ports port cfa size 2");
    }

    @Test
    @DisplayName("the latch survives data accesses and a reset of the VM")
    void latchSurvives() {
        partition.out(0, ADDRESS, 4, 0x8000_0800L);
        partition.in(0, DATA, 4);
        partition.in(0, DATA, 4);
        vm.pause();
        vm.reset();
        vm.start();

        assertThat(partition.in(3, ADDRESS, 4)).isEqualTo(0x8000_0800L);
        assertThat(seen).hasSize(2);
    }

    @Test
    @DisplayName("under ACRN an access of any size reaches the address register")
    void addressPortOfAnySizeUnderAcrn() {
        partition.out(0, ADDRESS, 4, 0x1122_3344L);

        assertThat(partition.in(0, ADDRESS, 1)).isEqualTo(0x1122_3344L);
        assertThat(seen).isEmpty();
    }

    @Test
    @DisplayName("under x86 only four bytes do: others are plain port accesses")
    void addressPortOfFourBytesUnderX86() {
        var x86 = hsm.create(new VmCreation("x86", "", 1, 0, Behaviour.X86, false, creation().queuedUpcall(),
                java.util.Map.of()));
        x86.ioRequests().inlineDefault("bus", access -> note("bus", access));
        PartitionBelow guest = hypervisor.partition();

        guest.out(0, ADDRESS, 4, 0x1122_3344L);
        assertThat(guest.in(0, ADDRESS, 1)).isEqualTo(0x78);

        assertThat(seen).containsExactly("bus port cf8 size 1");
        assertThat(guest.in(0, ADDRESS, 4)).isEqualTo(0x1122_3344L);
        x86.close();
    }
}
