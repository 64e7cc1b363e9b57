package org.cupule.hv.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.cupule.abi.HypercallIntrMonitor;
import org.cupule.types.Msi;
import org.junit.jupiter.api.Test;

/** The delay of injection: VM time stands still until the VM is started, so what is held stays held until then. */
class IrqMonitorTest {
    private static final long MILLIS = 20;

    private static void delay(Rig rig, long millis) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(4096, 4096);
            HypercallIntrMonitor page = new HypercallIntrMonitor(memory);
            page.cmd(HypercallIntrMonitor.DELAY_INTERRUPTS);
            page.count(1);
            page.buffer(0, millis);
            rig.vm.interruptMonitor().monitor(memory);
        }
    }

    private static Rig throttled() {
        Rig rig = Rig.of(List.of(FakeCpu.hlt()));
        delay(rig, MILLIS);
        return rig;
    }

    private static List<String> lines(Rig rig) {
        return rig.ioapic().events.stream().filter(event -> event.startsWith("pin")).toList();
    }

    @Test
    void anAssertionIsHeldForTheDelayInVmTime() {
        try (var rig = throttled()) {
            rig.vm.setIrqLine(5, 0);
            assertThat(lines(rig)).isEmpty();

            rig.started();

            Rig.await("the line rises", () -> !lines(rig).isEmpty());
            assertThat(rig.vm.clock().nanos()).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(MILLIS));
            assertThat(lines(rig)).containsExactly("pin 5 high");
        }
    }

    @Test
    void aStormBecomesOneInterrupt() {
        try (var rig = throttled()) {
            for (int i = 0; i < 1000; i++) {
                rig.vm.setIrqLine(5, 2);
            }

            rig.started();

            Rig.await("the pulse", () -> lines(rig).size() == 2);
            assertThat(lines(rig)).containsExactly("pin 5 high", "pin 5 low");
        }
    }

    @Test
    void aLineIsReleasedAtOnce() {
        try (var rig = Rig.of(List.of(FakeCpu.hlt()))) {
            rig.vm.setIrqLine(5, 0);
            delay(rig, MILLIS);

            rig.vm.setIrqLine(5, 1);

            assertThat(lines(rig)).containsExactly("pin 5 high", "pin 5 low");
        }
    }

    @Test
    void theLevelThatALineHasByNowFollowsTheHeldEdge() {
        try (var rig = throttled()) {
            rig.vm.setIrqLine(5, 0);
            rig.vm.setIrqLine(5, 1);
            rig.vm.setIrqLine(5, 0);

            delay(rig, 0);

            assertThat(lines(rig)).containsExactly("pin 5 high");
        }
    }

    @Test
    void equalMessagesBecomeOneAndOthersAreHeldBeside() {
        try (var rig = throttled()) {
            for (int i = 0; i < 100; i++) {
                rig.vm.injectMsi(new Msi(0xFEE0_0000L, 0x41));
            }
            rig.vm.injectMsi(new Msi(0xFEE0_0000L, 0x42));

            rig.started();

            Rig.await("both", () -> rig.cpu(0).interrupts.size() == 2);
            assertThat(rig.cpu(0).interrupts).containsExactlyInAnyOrder(0x41, 0x42);
            assertThat(rig.vm.clock().nanos()).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(MILLIS));
        }
    }

    @Test
    void noMessageIsLostWhenTooManyAreHeld() {
        try (var rig = throttled()) {
            for (int vector = 0x20; vector < 0x100; vector++) {
                rig.vm.injectMsi(new Msi(0xFEE0_0000L, vector));
                rig.vm.injectMsi(new Msi(0xFEE0_0000L, vector | 0x4000));
            }

            rig.started();

            Rig.await("all", () -> rig.cpu(0).interrupts.stream().distinct().count() == 0xE0);
        }
    }

    @Test
    void zeroEndsTheDelayAndReleasesWhatIsHeld() {
        try (var rig = throttled()) {
            rig.vm.setIrqLine(5, 0);
            rig.vm.setIrqLine(6, 2);

            delay(rig, 0);

            assertThat(lines(rig)).containsExactly("pin 5 high", "pin 6 high", "pin 6 low");
            rig.vm.setIrqLine(7, 0);
            assertThat(lines(rig)).endsWith("pin 7 high");
        }
    }
}
