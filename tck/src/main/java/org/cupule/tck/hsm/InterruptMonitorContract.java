package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.abi.HypercallIntrMonitor;
import org.cupule.hsm.interrupt.IrqCount;
import org.cupule.types.Errno;
import org.cupule.types.Msi;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The interrupt monitor of a VM and the page that it keeps ({@code hsm.md} 10.4). */
public abstract class InterruptMonitorContract extends TopicFixture {
    private final Arena arena = Arena.ofShared();

    /** Only a contract. */
    protected InterruptMonitorContract() {
    }

    private MemorySegment page(int command, int count, long first) {
        MemorySegment memory = arena.allocate(4096, 4096);
        HypercallIntrMonitor page = new HypercallIntrMonitor(memory);
        page.cmd(command);
        page.count(count);
        page.buffer(0, first);
        return memory;
    }

    private static HypercallIntrMonitor view(MemorySegment page) {
        return new HypercallIntrMonitor(page);
    }

    @Test
    void countsComeAsPairsOfInterruptAndCount() {
        vm.interrupts().line(5, 2);
        vm.interrupts().line(5, 2);
        vm.interrupts().line(20, 0);
        MemorySegment page = page(HypercallIntrMonitor.GET_DATA, 48, 0);

        vm.interrupts().monitor(page, () -> {
        });

        assertThat(view(page).count()).isEqualTo(4);
        assertThat(List.of(view(page).buffer(0), view(page).buffer(1), view(page).buffer(2), view(page).buffer(3)))
                .containsExactly(5L, 2L, 20L, 1L);
    }

    @Test
    void noMoreNumbersAreWrittenThanThePageHasRoomFor() {
        vm.interrupts().line(5, 2);
        vm.interrupts().line(6, 2);
        MemorySegment page = page(HypercallIntrMonitor.GET_DATA, 3, 0);
        view(page).buffer(2, 0xAAAA);

        vm.interrupts().monitor(page, () -> {
        });

        assertThat(view(page).count()).isEqualTo(2);
        assertThat(view(page).buffer(2)).isEqualTo(0xAAAA);
    }

    @Test
    void whatRaisesALineIsCountedOnce() {
        vm.interrupts().line(7, 0);
        vm.interrupts().line(7, 0);
        vm.interrupts().line(7, 1);
        vm.interrupts().line(7, 3);
        vm.interrupts().line(7, 9);

        assertThat(vm.interrupts().counts()).containsExactly(new IrqCount(7, 2));
    }

    @Test
    void messagesAreCountedByTheirVector() {
        vm.interrupts().msi(new Msi(0xFEE0_0000L, 0x41));

        assertThat(vm.interrupts().counts()).containsExactly(new IrqCount(256 + 0x41, 1));
    }

    @Test
    @DisplayName("HSM-INT-06 a count above 48 is EINVAL and the page is released")
    void tooLargeACountReleasesThePage() {
        AtomicInteger released = new AtomicInteger();

        assertThat(Failing.errno(() -> vm.interrupts().monitor(page(0, 49, 0), released::incrementAndGet)))
                .isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> vm.interrupts().monitor(page(0, -1, 0), released::incrementAndGet)))
                .isEqualTo(Errno.EINVAL);

        assertThat(released).hasValue(2);
    }

    @Test
    @DisplayName("HSM-INT-06 an unknown command is EINVAL and the page is released")
    void anUnknownCommandReleasesThePage() {
        AtomicInteger released = new AtomicInteger();

        assertThat(Failing.errno(() -> vm.interrupts().monitor(page(2, 48, 0), released::incrementAndGet)))
                .isEqualTo(Errno.EINVAL);

        assertThat(released).hasValue(1);
    }

    @Test
    @DisplayName("HSM-INT-07 a second page releases the first one, after its own success")
    void theSecondPageReplacesTheFirst() {
        AtomicInteger first = new AtomicInteger();
        AtomicInteger second = new AtomicInteger();
        vm.interrupts().monitor(page(0, 48, 0), first::incrementAndGet);
        assertThat(Failing.errno(() -> vm.interrupts().monitor(page(0, 49, 0), () -> {
        }))).isEqualTo(Errno.EINVAL);
        assertThat(first).as("a refused page replaces nothing").hasValue(0);

        vm.interrupts().monitor(page(0, 48, 0), second::incrementAndGet);

        assertThat(first).hasValue(1);
        assertThat(second).hasValue(0);
    }

    @Test
    @DisplayName("HSM-INT-07 the end of the VM releases the page once")
    void theEndReleasesThePage() {
        AtomicInteger released = new AtomicInteger();
        vm.interrupts().monitor(page(0, 48, 0), released::incrementAndGet);

        vm.close();
        vm.close();

        assertThat(released).hasValue(1);
    }

    @Test
    void aPageForAVmThatIsGoneIsReleasedAtOnce() {
        AtomicInteger released = new AtomicInteger();
        var interrupts = vm.interrupts();
        vm.close();

        assertThat(Failing.errno(() -> interrupts.monitor(page(0, 48, 0), released::incrementAndGet)))
                .isEqualTo(Errno.EINVAL);
        assertThat(released).hasValue(1);
    }

    @Test
    void whatIsNoPageIsRefusedAndReleased() {
        AtomicInteger released = new AtomicInteger();

        assertThat(Failing.errno(() -> vm.interrupts().monitor(page(0, 48, 0).asSlice(8), released::incrementAndGet)))
                .isEqualTo(Errno.EFAULT);
        assertThat(released).hasValue(1);
    }

    @Test
    void aDelayIsAcceptedAndTakenBack() {
        vm.interrupts().delay(5);
        vm.interrupts().delay(0);

        assertThat(Failing.errno(() -> vm.interrupts().delay(-1))).isEqualTo(Errno.EINVAL);
    }
}
