package org.cupule.hv.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.Partition;
import org.cupule.tck.hypervisor.PartitionFixture;
import org.junit.jupiter.api.Test;

/** Two vCPUs of real machine code that need each other. */
class TwoCpusTest extends PartitionFixture {
    private final SimHypervisor hypervisor = RealHardware.hypervisor();
    private final AtomicLong rounds = new AtomicLong();

    @Override
    protected Hypervisor hypervisor() {
        return hypervisor;
    }

    private Partition pingPong() {
        onRequest = () -> rounds.set(page.value(0));
        gate(0x41, Guests.PING_PONG_HANDLER);
        load(0x9000, Guests.AP);
        Partition vm = start(partition(2), Guests.PING_PONG);
        passes(100);
        return vm;
    }

    private void passes(int more) {
        long target = rounds.get() + more;
        await("rounds, after " + (target - more), () -> rounds.get() >= target);
    }

    @Test
    void noInterruptAndNoWakeUpIsLost() {
        pingPong();
        passes(2000);
    }

    @Test
    void noneIsLostWhileTheHardwareIsSwapped() {
        Partition vm = pingPong();
        var models = List.of("lapic0 xapic", "lapic1 xapic", "cpu0 interpreter", "cpu1 interpreter", "ept interval",
                "ept four-level", "ioapic wide", "pic cascaded");
        for (int i = 0; i < 80; i++) {
            String[] model = models.get(i % models.size()).split(" ");
            hypervisor.swap("vm" + vm.vmid() + "." + model[0], -1, model[1], Rig.DEADLINE);
        }
        passes(100);
    }

    @Test
    void noneIsLostOverPauses() {
        Partition vm = pingPong();
        for (int i = 0; i < 100; i++) {
            vm.pause();
            vm.resume();
        }
        passes(100);
    }

    @Test
    void splitLocksLoseNoIncrement() {
        load(0x9000, Guests.AP);
        Partition vm = start(partition(2), Guests.SPLIT);

        await("both", () -> written(0x82).size() == 2);

        assertThat(ram.segment().get(ValueLayout.JAVA_INT_UNALIGNED, 0x403E)).isEqualTo(40_000);
        assertThat(vm.describe()).anyMatch(line -> line.startsWith("vcpu1") && line.contains("exclusive 20"));
    }

    @Test
    void pausesGetThroughAStormOfSplitLocks() {
        load(0x9000, Guests.AP);
        byte[] storm = Guests.SPLIT.clone();
        // mov ecx,0x7fffffff at 0x102d
        System.arraycopy(new byte[]{-1, -1, -1, 0x7F}, 0, storm, 0x2E, 4);
        Partition vm = start(partition(2), storm);
        await("both", () -> ram.segment().get(ValueLayout.JAVA_INT_UNALIGNED, 0x4103) > 100);
        for (int i = 0; i < 50; i++) {
            vm.pause();
            int locked = ram.segment().get(ValueLayout.JAVA_INT_UNALIGNED, 0x403E);
            vm.resume();
            await("goes on", () -> ram.segment().get(ValueLayout.JAVA_INT_UNALIGNED, 0x403E) != locked);
        }
    }
}
